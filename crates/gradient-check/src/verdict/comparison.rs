//! The comparison of one coordinate after the other: g held against d by its bar, and the verdict on it.

use finite_diff::ladder::{Motion, Support};
use finite_diff::{Estimate, ParameterLayout};

use super::judge::{Allowance, Tie, hold_against, tie};
use super::{NonFinite, Reason, Scales, Verdict};
use crate::constants::Constants;
use crate::evidence::{Evidence, Observation};
use crate::settings::Claim;

/// The comparison of one coordinate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Comparison {
    /// The flat index.
    pub coordinate: usize,
    /// g.
    pub analytic: f64,
    /// d; `None` where it could not be had.
    pub numeric: Option<f64>,
    /// B, the error bar of d.
    pub error_bar: Option<f64>,
    /// K·B + r, and what accuracy was granted: the distance from which |g − d| counts as an error (docs/theory/verdict.md,
    /// equation 13).
    pub tolerance: f64,
    /// The least error that is called wrong, however sharp the comparison is: a millionth of the scale where nobody says
    /// that both sides are exact, else 0.
    pub least: f64,
    /// How far beyond `tolerance` a gradient in single precision is still inconclusive and not wrong
    /// (docs/theory/verdict.md, equation 25).
    pub doubt: f64,
    /// The verdict on the coordinate.
    pub verdict: Verdict,
    /// The origin of a NaN or an infinity, where there is one.
    pub non_finite: Option<NonFinite>,
    /// D⁻ and D⁺ where they differ: J has a kink at the very point, and d is their mean and no
    /// derivative.
    pub one_sided: Option<[f64; 2]>,
    /// Whether J has a kink at the point and g is one of its subgradients (Clarke 1983).
    pub subgradient: bool,
    /// Whether J does not change with the coordinate and g is zero.
    pub flat: bool,
    /// Whether no entry of the block is known beyond its bar, and this one is zero to within its own.
    pub zero: bool,
    /// Whether the verdict was settled by a second method, the same function on complex numbers, so that no
    /// further look is wanted.
    pub settled: bool,
}

impl Comparison {
    /// The smallest error in this coordinate that would have been called wrong whatever its sign: what the
    /// tolerance leaves room for, and what it takes to get past d (docs/theory/verdict.md, equation 28).
    /// `None` where the power does not speak of it: it does not agree, or has no one derivative.
    pub fn smallest_visible(&self) -> Option<f64> {
        let d = self.numeric?;
        let told = self.verdict == Verdict::Agree && !self.subgradient;
        let visible = || self.tolerance + self.doubt + (self.analytic - d).abs();
        told.then(|| visible().max(self.least))
    }

    /// Whether an entry that is missing, or has the wrong sign, need not show here: neither g nor d is more than the
    /// smallest visible error. What is flat is counted apart (docs/theory/verdict.md, equation 40).
    pub fn is_near_zero(&self) -> bool {
        let size = self.analytic.abs().max(self.numeric.unwrap_or(0.0).abs());
        let told = self.error_bar.is_some() && !self.flat && !self.zero;
        let small = |visible| 0.0 < size && size <= visible;
        told && self.smallest_visible().is_some_and(small)
    }

    /// Whether the coordinate agrees, but less sharply than the target in a block of this scale
    /// (docs/theory/verdict.md, equation 29).
    pub fn wants_sharper_look(&self, scale: f64, rule: &Rule) -> bool {
        let Constants {
            target, rounding, ..
        } = rule.constants;
        // What is sharper than the least error that is called wrong serves nobody.
        let target = if rule.claim.exact {
            target.max(2.0 * rounding * rule.working_epsilon) * scale
        } else {
            f64::INFINITY
        };
        self.verdict == Verdict::Agree && !self.flat && self.tolerance > target
    }
}

/// The rule by which coordinates are compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rule {
    /// J at the point.
    pub cost: f64,
    /// K, λ, ρ and the rest.
    pub constants: Constants,
    /// The claims about cost and gradient.
    pub claim: Claim,
    /// ε of the type the gradient was computed in.
    pub working_epsilon: f64,
    /// The rounding error of a derivative by the complex step, where none was supplied.
    pub complex_noise: f64,
    /// Whether second estimates may be missing.
    pub interrupted: bool,
}

impl Rule {
    /// The rule for what was measured in one check.
    pub fn of(evidence: &Evidence) -> Self {
        Self {
            cost: evidence.cost,
            constants: evidence.constants,
            claim: evidence.claim,
            working_epsilon: evidence.working_epsilon,
            complex_noise: evidence.complex_noise,
            interrupted: evidence.interrupted,
        }
    }

    /// How far beyond its rounding a gradient in single precision is inconclusive and not wrong, unless the rounding was worked
    /// out (docs/theory/verdict.md, equation 25).
    pub(crate) fn doubt(&self, rounding: f64, is_worked_out: bool) -> f64 {
        match self.working_epsilon > f64::EPSILON && !is_worked_out {
            true => self.constants.doubt * rounding,
            false => 0.0,
        }
    }

    /// The least difference that is called wrong of what is measured in `size`: a millionth, unless the caller declares that both
    /// sides are exact.
    pub(crate) fn least(&self, size: f64) -> f64 {
        match self.claim.exact {
            true => 0.0,
            false => self.constants.resolution * size,
        }
    }

    /// r, how far g may be off by rounding: as worked out from the arithmetic, else as measured, else
    /// some bits of the block's scale (docs/theory/verdict.md, equations 13 and 14).
    pub(crate) fn rounding(
        &self,
        analytic: f64,
        worked_out: Option<f64>,
        measured: Option<f64>,
        scale: f64,
    ) -> f64 {
        let size = analytic.abs().max(scale);
        if !size.is_finite() {
            return 0.0;
        }
        let Constants {
            rounding,
            deviations,
            most_rounding,
            ..
        } = self.constants;
        // One that overflowed while it was worked out says nothing.
        if let Some(sigma) = worked_out.filter(|sigma| sigma.is_finite()) {
            return deviations * sigma;
        }
        let unit = self.working_epsilon * size;
        // Without a scale there is no unit to doubt a noise by: what varies as much as it is large is nothing else.
        let most = if scale > 0.0 {
            most_rounding * unit
        } else {
            f64::INFINITY
        };
        match measured {
            None => rounding * unit,
            Some(sigma) => (deviations * sigma).max(rounding * unit).min(most),
        }
    }
}

/// Compares one coordinate, whose errors are measured in `scale` ([`Scale::at`](super::Scale::at), or that of the whole
/// gradient where the block is zero to within its bars).
///
/// With s = max(scale, |d|), at a kink the larger one of both sides:
/// - agree when |g − d| ≤ K·B + r and K·B + r ≤ resolution·s, or g and J are flat;
/// - disagree when |g − d| > K·B + r after the second pass, and no kink at the point explains it; but where nobody says
///   that both sides are exact, inexact when it is less than a millionth of s;
/// - inconclusive otherwise, with the reason.
///
/// docs/theory/verdict.md, equations 13 and 14, 25 (doubt), 26 (the coarser resolution), 27 (stationary);
/// docs/theory/kinks.md, equation 12 and the table below it.
pub fn compare(observation: &Observation, scale: f64, rule: &Rule) -> Comparison {
    let allowance = |best: &Estimate| Allowance::of_coordinate(observation, best, scale, rule);
    hold_against(observation, rule, allowance)
}

/// Compares every coordinate, block by block in the order of the layout, each block with its scale: that of the whole
/// gradient where the block is zero to within its bars.
pub fn compare_all(evidence: &Evidence, layout: &ParameterLayout) -> Vec<(f64, Vec<Comparison>)> {
    compare_beside(evidence, layout, 0.0)
}

/// Like [`compare_all`], of one row of a Jacobian: where none of it is known beyond its bars it is measured in the scale
/// `beside` of the other rows.
pub(crate) fn compare_beside(
    evidence: &Evidence,
    layout: &ParameterLayout,
    beside: f64,
) -> Vec<(f64, Vec<Comparison>)> {
    let mut scales = Scales::of(evidence, layout);
    if scales.whole == 0.0 {
        scales.whole = beside;
    }
    let safety = evidence.constants.safety;
    let is_subgradient = evidence
        .along_kinks
        .iter()
        .all(|seen| tie(seen, safety) != Tie::Broken);
    evidence
        .by_block(layout)
        .enumerate()
        .map(|(block, observations)| {
            let mut compared = compare_block(evidence, observations, block, &scales);
            if !is_subgradient {
                // Each is one by itself, and all of them together are none.
                let alone = |c: &&mut Comparison| c.subgradient && c.verdict == Verdict::Agree;
                for comparison in compared.iter_mut().filter(alone) {
                    comparison.verdict = Verdict::Disagree;
                }
            }
            (scales.of_block(block), compared)
        })
        .collect()
}

/// Compares every coordinate of one block, its measured noise steadied (docs/theory/verdict.md, equation 24).
fn compare_block(
    evidence: &Evidence,
    observations: &[Observation],
    block: usize,
    scales: &Scales,
) -> Vec<Comparison> {
    let rule = Rule::of(evidence);
    let scale = scales.of_block(block);
    let is_known = scales.blocks[block].is_known;
    // A handful of values tell a σ to a third at best; the block's own is steadier. Its median, so that
    // entries that a kink was crossed for do not speak for the others.
    let mut sigmas: Vec<f64> = observations
        .iter()
        .filter_map(|o| o.analytic_noise)
        .collect();
    sigmas.sort_by(f64::total_cmp);
    let typical = sigmas.get(sigmas.len() / 2).copied().unwrap_or(0.0);
    let steadied = |o: &Observation| {
        let size = if scale > 0.0 {
            (o.analytic.abs() / scale).max(1.0)
        } else {
            1.0
        };
        let most = 3.0 * typical * size;
        // An entry whose own σ could not be told has that of its block.
        let known = o.analytic_noise.unwrap_or(typical);
        Observation {
            analytic_noise: Some(known.min(most).max(typical)),
            ..*o
        }
    };
    let scale_of = |o: &Observation| match is_known {
        true => scales.blocks[block].at(o.unit),
        false => scale,
    };
    let mut comparisons: Vec<Comparison> = observations
        .iter()
        .map(|o| match sigmas.is_empty() {
            true => compare(o, scale_of(o), &rule),
            false => compare(&steadied(o), scale_of(o), &rule),
        })
        .collect();
    if !is_known {
        for (comparison, observation) in comparisons.iter_mut().zip(observations) {
            without_scale(comparison, observation, scales.whole);
        }
    }
    let reason = if !evidence.cost.is_finite() {
        Some(Reason::NonFinite)
    } else if !evidence.deterministic {
        Some(Reason::NotDeterministic)
    } else if !comparisons.is_empty() && comparisons.iter().all(|comparison| comparison.flat) {
        Some(Reason::Vacuous)
    } else {
        None
    };
    if let Some(reason) = reason {
        for comparison in &mut comparisons {
            comparison.verdict = Verdict::Inconclusive(reason);
        }
    }
    if evidence.spread > 0.0 {
        // Evaluations that vary are the noise that was in the way.
        let blunt =
            |c: &&mut Comparison| c.verdict == Verdict::Inconclusive(Reason::BelowResolution);
        for comparison in comparisons.iter_mut().filter(blunt) {
            comparison.verdict = Verdict::Inconclusive(Reason::NotDeterministic);
        }
    }
    comparisons
}

/// An entry of a block of which nothing is known beyond its bars: zero to within them, which is an agreement beside a
/// gradient that has a scale, and where all of it is zero a minimum, a saddle, or a cost that does not move.
fn without_scale(c: &mut Comparison, observation: &Observation, whole: f64) {
    let within = match (c.numeric, c.error_bar) {
        (Some(d), Some(_)) => (c.analytic - d).abs() <= c.tolerance,
        _ => false,
    };
    c.zero = within && c.verdict == Verdict::Agree && !c.flat;
    if !within || whole > 0.0 || c.verdict != Verdict::Inconclusive(Reason::BelowResolution) {
        return;
    }
    // A bar that no step supports is no measure of zero.
    let refined = observation.refined();
    let resolved = refined.filter(|refined| refined.support != Support::Unresolved);
    match resolved.map(|refined| refined.motion) {
        Some(Motion::Still) => c.verdict = Verdict::Inconclusive(Reason::Vacuous),
        Some(Motion::Clear) => c.verdict = Verdict::Inconclusive(Reason::Stationary),
        _ => {}
    }
}
