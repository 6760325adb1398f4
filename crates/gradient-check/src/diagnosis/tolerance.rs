//! Errors so small that a tolerance or single precision explains them as well as a mistake, and what would accept them.
//!
//! Invariant: knows no other cause.

use super::Exhibit;
use super::numbers::rounded_up;
use crate::verdict::Verdict;

/// An error so small beside the derivative that a factor says nothing.
pub(super) const LITTLE: f64 = 1e-4;

/// What a constant in single precision, or a tolerance, may be off by.
pub(super) const TINY: f64 = 1e-6;

/// The largest error that a user would accept.
const MOST_GRANTED: f64 = 1e-3;

/// How to accept the errors of a block, as the end of a sentence: `; accuracy = 2e-7 would accept it`. Empty where both
/// sides are declared exact, and where the errors are too large to be accepted.
pub(super) fn advice(e: &Exhibit<'_>) -> String {
    // Nothing is too small to be wrong where both sides are exact.
    let exact = e.comparisons.iter().all(|c| c.least == 0.0);
    let share = largest_share(e);
    if exact || share.is_nan() || share > MOST_GRANTED {
        return String::new();
    }
    let accuracy = rounded_up(share);
    match e.comparisons.iter().any(|c| c.verdict == Verdict::Disagree) {
        true => format!("; `accuracy = {accuracy}` would accept it"),
        false => format!(
            "; set `accuracy = {accuracy}` to accept it, or `exact` if both sides are computed to rounding"
        ),
    }
}

/// The largest error of the block but for its bar, each relative to what accuracy is granted by: the larger of the scale
/// and |d|.
fn largest_share(e: &Exhibit<'_>) -> f64 {
    let shares = e.comparisons.iter().filter_map(|c| {
        let d = c.numeric?;
        let apart = (c.analytic - d).abs() - c.error_bar.unwrap_or(0.0);
        Some(apart / d.abs().max(e.scale))
    });
    // A NaN is more than any.
    shares.fold(0.0, |most: f64, share| {
        if share.is_nan() || share > most {
            share
        } else {
            most
        }
    })
}
