//! Whether entries that each lie between their one-sided slopes are one subgradient together.
//!
//! At a tie of max(p₀, p₁) each entry of (1, 1) lies between 0 and 1, and along (1, 1) the slope is 1 and not 2.
//! A subgradient has D⁻ ≤ g·u ≤ D⁺ along every direction u (Clarke 1983), so a few random ones are tried among the
//! entries at kinks. The verdict on what was seen is the judge's.

use finite_diff::{Domain, Real};

use crate::error::CheckError;
use crate::evidence::{AlongKinks, Evidence};
use crate::seen::Seen;
use crate::verdict::{self, Comparison, Rule, Tie, Verdict};

/// How many directions are tried: one of positive entries, and others of random signs.
const DIRECTIONS: u64 = 4;

/// Fewer entries than these have no direction but their own.
const ENOUGH_ENTRIES: usize = 2;

/// Looks along random directions among the entries that agree as subgradients. Nothing is looked at where J knows its
/// smooth pieces, whose owner says what a unit does at its kink, nor next to a bound.
pub(crate) fn look_along_kinks<T: Real>(
    evidence: &mut Evidence,
    seen: &mut Seen<'_, T>,
) -> Result<(), CheckError> {
    let at_kinks: Vec<Comparison> = verdict::compare_all(evidence, seen.problem.layout)
        .into_iter()
        .flat_map(|(_, comparisons)| comparisons)
        .filter(|c| c.verdict == Verdict::Agree && c.subgradient)
        .collect();
    let domain = seen.problem.domain();
    let bounded = |c: &Comparison| domain.is_some_and(|d| is_bounded(d, c.coordinate));
    if at_kinks.len() < ENOUGH_ENTRIES
        || evidence.interrupted
        || at_kinks.iter().any(bounded)
        || !seen.is_black_box()
    {
        return Ok(());
    }
    let rule = Rule::of(evidence);
    let coordinates: Vec<usize> = at_kinks.iter().map(|c| c.coordinate).collect();
    for number in 0..DIRECTIONS {
        let Some(slopes) = seen.slopes_along(&coordinates, number)? else {
            continue;
        };
        let direction = seen.direction(&coordinates, number);
        let terms = || {
            let pairs = at_kinks.iter().zip(&direction);
            pairs.map(|(c, (_, u))| c.analytic * u)
        };
        let rounding = rule.constants.rounding * rule.working_epsilon + rule.claim.accuracy;
        let mut along = AlongKinks {
            left: slopes.left,
            right: slopes.right,
            error_bar: slopes.error_bar,
            beside: [slopes.left.min(slopes.right), slopes.left.max(slopes.right)],
            analytic: terms().sum(),
            rounding: rounding * terms().map(f64::abs).sum::<f64>(),
        };
        if verdict::tie(&along, rule.constants.safety) != Tie::Together {
            let [lowest, highest] = seen.slopes_beside(&coordinates, number);
            let [low, high] = &mut along.beside;
            (*low, *high) = (low.min(lowest), high.max(highest));
        }
        evidence.along_kinks.push(along);
    }
    evidence.interrupted |= seen.interrupted;
    Ok(())
}

fn is_bounded(domain: &Domain, coordinate: usize) -> bool {
    let (lower, upper) = domain.bounds(coordinate);
    lower.is_finite() || upper.is_finite()
}
