//! One coordinate after the other: g held against d by its bar, and the word on it.

use finite_diff::{Estimate, Ground, Outcome, Refined, Side, Support};

use super::{NonFinite, Reason, Verdict};
use crate::constants::Constants;
use crate::evidence::{Evidence, Observation};
use crate::root_mean_square::root_mean_square;

/// One coordinate, compared.
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
    /// K·B + r, the distance from which |g − d| counts as wrong (docs/theory/verdict.md, equation 13).
    pub tolerance: f64,
    /// How far beyond `tolerance` a gradient in single precision is still undecided and not wrong
    /// (docs/theory/verdict.md, equation 25).
    pub doubt: f64,
    /// The word on it.
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
        told.then(|| self.tolerance + self.doubt + (self.analytic - d).abs())
    }

    /// Whether an entry that is missing, or has the wrong sign, need not show here: neither g nor d is more than the
    /// smallest visible error. What is flat is counted apart (docs/theory/verdict.md, equation 40).
    pub fn is_near_zero(&self) -> bool {
        let size = self.analytic.abs().max(self.numeric.unwrap_or(0.0).abs());
        let told = self.error_bar.is_some() && !self.flat;
        let small = |visible| 0.0 < size && size <= visible;
        told && self.smallest_visible().is_some_and(small)
    }

    /// Whether it agrees, but less sharply than the target in a block of this scale
    /// (docs/theory/verdict.md, equation 29).
    pub fn wants_sharper_look(&self, scale: f64, rule: &Rule) -> bool {
        let Constants {
            target, rounding, ..
        } = rule.constants;
        let target = target.max(2.0 * rounding * rule.working_epsilon) * scale;
        self.verdict == Verdict::Agree && !self.flat && self.tolerance > target
    }
}

/// A typical |d| of a block: the root mean square of the numeric derivatives.
pub fn scale<'a>(observations: impl IntoIterator<Item = &'a Observation>) -> f64 {
    let derivatives: Vec<f64> = observations
        .into_iter()
        .filter_map(|o| Some(o.best()?.derivative))
        .collect();
    root_mean_square(derivatives.into_iter())
}

/// By what coordinates are compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rule {
    /// K, λ, ρ and the rest.
    pub constants: Constants,
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
            constants: evidence.constants,
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

/// Compares one coordinate. `scale` is its block's.
///
/// - agree when |g − d| ≤ K·B + r and K·B + r ≤ resolution·max(scale, |d|), or g and J are flat;
/// - disagree when |g − d| > K·B + r after the second pass, and no kink at the point explains it;
/// - inconclusive otherwise, with the reason.
///
/// docs/theory/verdict.md, equations 13 and 14, 25 (doubt), 26 (the coarser resolution), 27 (stationary);
/// docs/theory/kinks.md, equation 12 and the table below it.
pub fn compare(observation: &Observation, scale: f64, rule: &Rule) -> Comparison {
    let g = observation.analytic;
    let mut comparison = Comparison {
        coordinate: observation.coordinate,
        analytic: g,
        numeric: None,
        error_bar: None,
        tolerance: f64::INFINITY,
        doubt: 0.0,
        verdict: Verdict::Inconclusive(Reason::BelowResolution),
        non_finite: made_by(observation),
        one_sided: None,
        subgradient: false,
        flat: observation.is_flat(),
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

    let rounding = rule.rounding(
        g,
        observation.analytic_rounding,
        observation.analytic_noise,
        scale,
    );
    if rule.working_epsilon > f64::EPSILON && observation.analytic_rounding.is_none() {
        comparison.doubt = rule.constants.doubt * rounding;
    }
    let constants = &rule.constants;
    let sharp = constants
        .resolution
        .max(4.0 * constants.rounding * rule.working_epsilon);
    comparison.numeric = Some(best.derivative);
    comparison.error_bar = Some(best.error_bar());
    comparison.tolerance = constants.safety * best.error_bar() + rounding;
    // Where the arithmetic of the gradient is known, and it and nothing else is what the comparison ends
    // at, no method could tell more; the power says how much that is.
    let at_the_end = observation.analytic_rounding.is_some() && best.error_bar() <= rounding;
    let sharp = if at_the_end {
        sharp.max(constants.coarsest)
    } else {
        sharp
    };
    let resolution = sharp * scale.max(best.derivative.abs());

    let look = Look {
        observation,
        rule,
        rounding,
        resolution,
    };
    if observation.shadow.is_some() && observation.fine.is_none() {
        return look.on_complex_numbers(comparison);
    }
    match observation.fine.as_ref().and_then(Outcome::estimated) {
        Some(refined) if matches!(refined.ground, Ground::Kink { .. } | Ground::Fenced) => {
            look.at_a_kink(refined, comparison)
        }
        _ => look.on_smooth_ground(&best, comparison),
    }
}

/// What the word on one coordinate is said by.
struct Look<'a> {
    observation: &'a Observation,
    rule: &'a Rule,
    /// r.
    rounding: f64,
    /// ρ, in absolute terms.
    resolution: f64,
}

impl Look<'_> {
    /// K·B + r.
    fn tolerance(&self, bar: f64) -> f64 {
        self.rule.constants.safety * bar + self.rounding
    }

    /// By the derivative of the same function on complex numbers, at a point that is known to be smooth: the
    /// last word.
    fn on_complex_numbers(&self, mut c: Comparison) -> Comparison {
        let d = c.numeric.unwrap_or(f64::NAN);
        let apart = (c.analytic - d).abs();
        let zero = c.analytic.abs().max(d.abs()) <= c.tolerance;
        let sharp = c.tolerance <= self.resolution && self.resolution > 0.0;
        c.settled = true;
        if apart <= c.tolerance && sharp {
            c.verdict = Verdict::Agree;
        } else if apart > c.tolerance + c.doubt || apart.is_nan() {
            c.verdict = Verdict::Disagree;
        } else if zero && self.observation.analytic_rounding.is_some() {
            c.verdict = Verdict::Inconclusive(Reason::Stationary);
        }
        c
    }

    /// By the derivatives on either side of a kink at the point.
    fn at_a_kink(&self, refined: &Refined, mut c: Comparison) -> Comparison {
        let (left, right) = (refined.left.derivative, refined.right.derivative);
        let bar = self.tolerance(refined.left.error_bar().max(refined.right.error_bar()));
        // Any g between the one-sided derivatives is a subgradient at a kink.
        let outside = (left.min(right) - c.analytic).max(c.analytic - left.max(right));
        // What a slope inside a cluster of kinks may be is not known.
        let possible = match refined.ground {
            Ground::Kink { resolved: true } => bar,
            Ground::Kink { resolved: false } => {
                bar + self.rule.constants.safety * (right - left).abs()
            }
            _ => f64::INFINITY,
        };
        c.tolerance = bar;
        c.one_sided = Some([left, right]);
        c.subgradient = outside <= bar;
        c.verdict = if c.subgradient && bar <= self.resolution {
            Verdict::Agree
        } else if outside.is_nan() || (outside > possible && refined.support != Support::Unresolved)
        {
            Verdict::Disagree
        } else {
            Verdict::Inconclusive(Reason::Kink)
        };
        c
    }

    /// By finite differences, those of the ladder if they were asked for.
    fn on_smooth_ground(&self, best: &Estimate, mut c: Comparison) -> Comparison {
        let g = c.analytic;
        let fine = self.observation.fine;
        let (kink_in_reach, known_smooth) = match fine.as_ref().and_then(Outcome::estimated) {
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
            && self.observation.before_the_ladder().is_some_and(|first| {
                first.error_bar() < best.error_bar()
                    && (g - first.derivative).abs() > self.tolerance(first.error_bar())
            });
        c.verdict = if within && !let_pass && (c.tolerance <= self.resolution || c.flat) {
            Verdict::Agree
        } else if self.rule.interrupted && fine.is_none() {
            // It wanted a second look, which was cancelled.
            Verdict::Inconclusive(Reason::Interrupted)
        } else if within && kink_in_reach {
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
                Some(Outcome::Estimated(refined))
                    if g.is_finite() && !known_smooth && refined.support == Support::Unresolved =>
                {
                    Verdict::Inconclusive(Reason::BelowResolution)
                }
                // A g that is not a number ends here too: it is not within anything.
                _ => Verdict::Disagree,
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

/// Compares every coordinate of one block, its measured noise steadied (docs/theory/verdict.md, equation 24).
pub fn compare_block(evidence: &Evidence, observations: &[Observation]) -> Vec<Comparison> {
    let scale = scale(observations);
    let rule = Rule::of(evidence);
    // A handful of values tell a σ to a third at best; the block's own is steadier. Its median, so that
    // entries that a kink was crossed for do not speak for the others.
    let mut sigmas: Vec<f64> = observations
        .iter()
        .filter_map(|o| o.analytic_noise)
        .collect();
    sigmas.sort_by(f64::total_cmp);
    let typical = sigmas.get(sigmas.len() / 2).copied().unwrap_or(0.0);
    let mut comparisons: Vec<Comparison> = observations
        .iter()
        .map(|o| {
            let size = if scale > 0.0 {
                (o.analytic.abs() / scale).max(1.0)
            } else {
                1.0
            };
            let most = 3.0 * typical * size;
            // An entry whose own σ could not be told has that of its block.
            let known = o.analytic_noise.or((!sigmas.is_empty()).then_some(typical));
            let steadied = known.map(|sigma| sigma.min(most).max(typical));
            Observation {
                analytic_noise: steadied,
                ..*o
            }
        })
        .map(|o| compare(&o, scale, &rule))
        .collect();
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
    comparisons
}
