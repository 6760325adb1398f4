//! The comparison of one coordinate after the other: g held against d by its bar, and the verdict on it.

use finite_diff::{Estimate, Ground, Motion, Outcome, ParameterLayout, Refined, Side, Support};

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
    /// How far beyond `tolerance` a gradient in single precision is still undecided and not wrong
    /// (docs/theory/verdict.md, equation 25).
    pub doubt: f64,
    /// The verdict on the coordinate.
    pub verdict: Verdict,
    /// Who made a NaN or an infinity, where there is one.
    pub non_finite: Option<NonFinite>,
    /// D⁻ and D⁺ where they differ: J has a kink at the very point, and d is their mean and no
    /// derivative.
    pub one_sided: Option<[f64; 2]>,
    /// Whether J has a kink at the point and g is one of its subgradients (Clarke 1983).
    pub subgradient: bool,
    /// Whether J does not move with the coordinate and g is zero.
    pub flat: bool,
    /// Whether no entry of the block is known beyond its bar, and this one is zero to within its own.
    pub zero: bool,
    /// Whether the word was settled by a second method, the same function on complex numbers, so that no
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

/// By what coordinates are compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rule {
    /// J at the point.
    pub cost: f64,
    /// K, λ, ρ and the rest.
    pub constants: Constants,
    /// What is claimed of cost and gradient.
    pub claim: Claim,
    /// ε of the type the gradient was computed in.
    pub working_epsilon: f64,
    /// How far a derivative by the complex step may be off by rounding, where nobody worked that out.
    pub complex_noise: f64,
    /// Whether second looks may be missing.
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
        match measured {
            None => rounding * unit,
            Some(sigma) => (deviations * sigma).clamp(rounding * unit, most_rounding * unit),
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

/// What separates g from d without being an error, and in what errors are measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Allowance {
    /// r, what rounding may do to g.
    pub(crate) rounding: f64,
    /// How far beyond that a gradient in single precision is undecided and not wrong.
    pub(crate) doubt: f64,
    /// What cost and gradient may be off by as granted.
    pub(crate) granted: f64,
    /// The least difference that is called wrong.
    pub(crate) least: f64,
    /// s = max(scale, |d|), at a kink the larger one of both sides.
    pub(crate) size: f64,
    /// How blunt a comparison may be, relative to `size`, where neither rounding nor noise is what it ends at.
    pub(crate) resolution: f64,
    /// How many times the gap of the one-sided slopes kinks may hide of an error: none where there is one kink to a
    /// line, as along a coordinate, and many along a direction that crosses several, whose gaps may cancel.
    pub(crate) gaps: f64,
}

impl Allowance {
    fn of_coordinate(observation: &Observation, best: &Estimate, scale: f64, rule: &Rule) -> Self {
        let constants = &rule.constants;
        // Where no derivative has a size, J says what the terms of g may round to.
        let rounded_in = match scale == 0.0 && rule.cost.is_finite() {
            true => rule.cost.abs() / observation.unit,
            false => scale,
        };
        let rounding = rule.rounding(
            observation.analytic,
            observation.analytic_rounding,
            observation.analytic_noise,
            rounded_in,
        );
        let is_doubtful =
            rule.working_epsilon > f64::EPSILON && observation.analytic_rounding.is_none();
        let size = scale.max(observation.size().unwrap_or(0.0));
        // One that is far below what the block resolves is measured by itself where its own bar allows it.
        let own = best.derivative.abs();
        let alone = own < constants.resolution * size && own > constants.safety * best.error_bar();
        let measured_in = if alone { own } else { size };
        let usual = constants
            .resolution
            .max(4.0 * constants.rounding * rule.working_epsilon);
        Self {
            rounding,
            doubt: if is_doubtful {
                constants.doubt * rounding
            } else {
                0.0
            },
            granted: rule.claim.accuracy * size,
            least: if rule.claim.exact {
                0.0
            } else {
                constants.resolution * measured_in
            },
            size,
            resolution: usual.max(observation.enough),
            gaps: 0.0,
        }
    }
}

/// Holds g against what was seen: of a coordinate, or of J less g along a direction, where both should be 0. What g may
/// be off by is asked for where there is a derivative.
pub(crate) fn hold_against(
    observation: &Observation,
    rule: &Rule,
    allowance: impl FnOnce(&Estimate) -> Allowance,
) -> Comparison {
    let g = observation.analytic;
    let mut comparison = Comparison {
        coordinate: observation.coordinate,
        analytic: g,
        numeric: None,
        error_bar: None,
        tolerance: f64::INFINITY,
        least: 0.0,
        doubt: 0.0,
        verdict: Verdict::Inconclusive(Reason::BelowResolution),
        non_finite: made_by(observation),
        one_sided: None,
        subgradient: false,
        flat: observation.is_flat(),
        zero: false,
        settled: false,
    };
    let Some(best) = observation.best() else {
        comparison.verdict = Verdict::Inconclusive(match observation.first {
            Outcome::StepNotRepresentable { .. } => Reason::StepNotRepresentable,
            _ => Reason::NonFinite,
        });
        return comparison;
    };
    if !best.derivative.is_finite() || !best.error_bar().is_finite() {
        // The values were finite and their difference was not.
        if g.is_finite() {
            comparison.non_finite = Some(NonFinite::Difference);
            comparison.verdict = Verdict::Inconclusive(Reason::NonFinite);
        } else {
            comparison.verdict = Verdict::Disagree;
        }
        return comparison;
    }
    let judge = Judge {
        observation,
        rule,
        allowance: allowance(&best),
    };
    comparison.numeric = Some(best.derivative);
    comparison.error_bar = Some(best.error_bar());
    comparison.tolerance = judge.tolerance(best.error_bar());
    comparison.least = judge.allowance.least;
    comparison.doubt = judge.allowance.doubt;
    if observation.shadow.is_some() && observation.fine.is_none() {
        return judge.on_complex_numbers(comparison);
    }
    match observation.refined() {
        Some(refined) if matches!(refined.ground, Ground::Kink { .. } | Ground::Fenced) => {
            judge.at_a_kink(refined, comparison)
        }
        _ => judge.on_smooth_ground(&best, comparison),
    }
}

/// What the verdict on one line rests on.
struct Judge<'a> {
    observation: &'a Observation,
    rule: &'a Rule,
    allowance: Allowance,
}

impl Judge<'_> {
    /// K·B + r, and what was granted.
    fn tolerance(&self, bar: f64) -> f64 {
        self.rule.constants.safety * bar + self.allowance.rounding + self.allowance.granted
    }

    /// Whether a comparison with this bar is sharp enough to confirm g. What was granted is no bluntness.
    fn is_sharp(&self, bar: f64) -> bool {
        let Constants {
            safety, coarsest, ..
        } = self.rule.constants;
        let Allowance {
            rounding,
            size,
            resolution: usual,
            ..
        } = self.allowance;
        // Where the arithmetic of the gradient is known, and it and nothing else is what the comparison ends
        // at, or noise in J is, no method could tell more; the report says how much that is.
        let ends_at_rounding = self.observation.analytic_rounding.is_some() && bar <= rounding;
        let ends_at_noise = self
            .observation
            .refined()
            .is_some_and(|refined| refined.support == Support::Noise);
        let resolution = match self.rule.claim.resolution {
            Some(demanded) => demanded,
            None if ends_at_rounding || ends_at_noise => usual.max(coarsest),
            None => usual,
        };
        size > 0.0 && safety * bar + rounding <= resolution * size
    }

    /// The verdict on a difference that is no artifact of bars: wrong, unless a tolerance explains it as well.
    fn definite(&self, apart: f64, comparison: &Comparison) -> Verdict {
        if apart < comparison.least {
            Verdict::Inconclusive(Reason::Inexact)
        } else {
            // A g that is not a number ends here too: it is not within anything.
            Verdict::Disagree
        }
    }

    /// By the derivative of the same function on complex numbers, at a point that is known to be smooth: nothing is
    /// looked at after it.
    fn on_complex_numbers(&self, mut c: Comparison) -> Comparison {
        let d = c.numeric.unwrap_or(f64::NAN);
        let apart = (c.analytic - d).abs();
        let zero = c.analytic.abs().max(d.abs()) <= c.tolerance;
        c.settled = true;
        if apart <= c.tolerance && self.is_sharp(c.error_bar.unwrap_or(f64::INFINITY)) {
            c.verdict = Verdict::Agree;
        } else if apart > c.tolerance + c.doubt || apart.is_nan() {
            c.verdict = self.definite(apart, &c);
        } else if zero && self.observation.analytic_rounding.is_some() {
            c.verdict = Verdict::Inconclusive(Reason::Stationary);
        }
        c
    }

    /// By the derivatives on either side of a kink at the point.
    fn at_a_kink(&self, refined: &Refined, mut c: Comparison) -> Comparison {
        let (left, right) = (refined.left.derivative, refined.right.derivative);
        let bar = refined.left.error_bar().max(refined.right.error_bar());
        let tolerance = self.tolerance(bar);
        // Any g between the one-sided derivatives is a subgradient at a kink.
        let outside = (left.min(right) - c.analytic).max(c.analytic - left.max(right));
        let gap = (right - left).abs();
        // Where gaps may cancel, what they are is no more than a bar of the slope.
        let (hidden, blunt) = match self.allowance.gaps {
            0.0 => (0.0, bar),
            gaps => (gaps * (gap + bar) + self.allowance.doubt, bar + gap),
        };
        // What a slope inside a cluster of kinks may be is not known.
        let possible = match refined.ground {
            Ground::Kink { resolved: true } => tolerance + hidden,
            Ground::Kink { resolved: false } => {
                tolerance + hidden.max(self.rule.constants.safety * gap)
            }
            _ => f64::INFINITY,
        };
        c.tolerance = tolerance;
        c.one_sided = Some([left, right]);
        c.subgradient = outside <= tolerance;
        c.verdict = if c.subgradient && self.is_sharp(blunt) {
            Verdict::Agree
        } else if outside.is_nan() || (outside > possible && refined.support != Support::Unresolved)
        {
            self.definite(outside, &c)
        } else {
            Verdict::Inconclusive(Reason::Kink)
        };
        c
    }

    /// By finite differences, those of the ladder if they were asked for.
    fn on_smooth_ground(&self, best: &Estimate, mut c: Comparison) -> Comparison {
        let g = c.analytic;
        let fine = self.observation.fine;
        let (kink_in_reach, known_smooth) = match self.observation.refined() {
            Some(refined) => match refined.ground {
                Ground::Smooth {
                    kink_in_reach,
                    known,
                } => (kink_in_reach, known),
                _ => (false, false),
            },
            None => (false, false),
        };
        let apart = (g - best.derivative).abs();
        let within = apart <= c.tolerance;
        // The ladder is the more careful look and not always the sharper one: what only its wider bar lets
        // pass is not confirmed, unless all of its points are known to be on smooth ground and those of the
        // first look are not.
        let let_pass = !known_smooth
            && fine.is_some()
            && self.observation.before_the_ladder().is_some_and(|first| {
                // Wider steps are spoiled by what narrower ones see, and not the other way round.
                first.error_bar() < best.error_bar()
                    && first.step <= best.step
                    && !first.kink
                    && (g - first.derivative).abs() > self.tolerance(first.error_bar())
            });
        let sharp = self.is_sharp(best.error_bar());
        let confirmed = c.flat || !let_pass && sharp && !best.kink;
        c.verdict = if within && confirmed {
            Verdict::Agree
        } else if self.rule.interrupted && fine.is_none() {
            // It wanted a second look, which was cancelled.
            Verdict::Inconclusive(Reason::Interrupted)
        } else if within && (kink_in_reach || best.kink) {
            Verdict::Inconclusive(Reason::Kink)
        } else if within {
            Verdict::Inconclusive(Reason::BelowResolution)
        } else {
            match fine {
                // The second look that would have to confirm it could not be had.
                Some(Outcome::NonFinite { .. }) if g.is_finite() => {
                    Verdict::Inconclusive(Reason::NonFinite)
                }
                Some(Outcome::StepNotRepresentable { .. }) if g.is_finite() => {
                    Verdict::Inconclusive(Reason::StepNotRepresentable)
                }
                _ if apart <= c.tolerance + c.doubt => {
                    Verdict::Inconclusive(Reason::BelowResolution)
                }
                // One that no step finds may be infinite, as that of √x at 0.
                Some(Outcome::Estimated(refined))
                    if !g.is_nan() && !known_smooth && refined.support == Support::Unresolved =>
                {
                    Verdict::Inconclusive(Reason::BelowResolution)
                }
                _ => self.definite(apart, &c),
            }
        };
        c
    }
}

/// Who made the first number that is none, of those that were looked at for one coordinate.
fn made_by(observation: &Observation) -> Option<NonFinite> {
    let at = |side: Side, cost: f64| match side.offset {
        0 => NonFinite::Forward { cost },
        _ => NonFinite::Probe { side, cost },
    };
    match (observation.first, observation.fine) {
        (Outcome::NonFinite { side, value }, _) | (_, Some(Outcome::NonFinite { side, value })) => {
            Some(at(side, value))
        }
        _ => (!observation.analytic.is_finite()).then_some(NonFinite::Backward),
    }
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
        .all(|seen| seen.is_between(safety));
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
