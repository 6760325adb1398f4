//! Two gradients that were computed elsewhere, compared with each other. Without error bars there is
//! only the course's rule to go by.

use finite_diff::ParameterLayout;
use finite_diff::layout::LayoutError;

use super::bands::{BUG_FROM, Band};
use super::difference::difference;
use crate::root_mean_square::root_mean_square;
use crate::verdict::{Comparison, NonFinite, Reason, Verdict};

/// The comparisons of each block, in the order of the layout, with the scale of the block.
pub(crate) fn compare(
    analytic: &[f64],
    numeric: &[f64],
    layout: &ParameterLayout,
) -> Result<Vec<(f64, Vec<Comparison>)>, LayoutError> {
    let pairs = layout
        .unflatten(analytic)?
        .into_iter()
        .zip(layout.unflatten(numeric)?);
    Ok(layout
        .blocks()
        .iter()
        .zip(pairs)
        .map(|(block, (g, d))| compare_block(block.range().start, g, d))
        .collect())
}

fn compare_block(offset: usize, analytic: &[f64], numeric: &[f64]) -> (f64, Vec<Comparison>) {
    // What is no number counts as zero.
    let finite = |d: &f64| if d.is_finite() { *d } else { 0.0 };
    let scale = match root_mean_square(numeric.iter().map(finite)) {
        // The sum of nothing is −0, and the reports have always shown it.
        0.0 => -0.0,
        scale => scale,
    };
    // Of what can be compared; the rest has its own word below.
    let (g, d): (Vec<f64>, Vec<f64>) = analytic
        .iter()
        .zip(numeric)
        .filter(|(g, d)| g.is_finite() && d.is_finite())
        .unzip();
    let band = Band::of(difference(&g, &d));
    let zero = analytic.iter().chain(numeric).all(|v| *v == 0.0);
    let comparisons = analytic
        .iter()
        .zip(numeric)
        .enumerate()
        .map(|(i, (&g, &d))| {
            let tolerance = BUG_FROM * scale;
            let verdict = if zero {
                Verdict::Inconclusive(Reason::Vacuous)
            } else if !g.is_finite() {
                Verdict::Disagree
            } else if !d.is_finite() {
                Verdict::Inconclusive(Reason::NonFinite)
            } else if (g - d).abs() >= tolerance && g != d {
                Verdict::Disagree
            } else if band == Band::LikelyRight {
                Verdict::Agree
            } else {
                Verdict::Inconclusive(Reason::BelowResolution)
            };
            Comparison {
                coordinate: offset + i,
                analytic: g,
                numeric: Some(d),
                error_bar: None,
                tolerance,
                doubt: 0.0,
                least: 0.0,
                verdict,
                non_finite: if !g.is_finite() {
                    Some(NonFinite::Backward)
                } else if !d.is_finite() {
                    Some(NonFinite::Difference)
                } else {
                    None
                },
                one_sided: None,
                subgradient: false,
                flat: g == 0.0 && d == 0.0,
                zero: false,
                settled: true,
            }
        })
        .collect();
    (scale, comparisons)
}
