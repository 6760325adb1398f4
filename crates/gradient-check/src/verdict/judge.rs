//! The judge of one line: g is compared with the estimates, allowing for everything that may make them differ.
//!
//! A coordinate and a direction, along which J minus g is estimated, are judged alike.

use finite_diff::error::Side;
use finite_diff::ladder::{Ground, Refined, Support};
use finite_diff::{Estimate, Outcome};

use super::comparison::{Comparison, Rule};
use super::{NonFinite, Reason, Verdict};
use crate::constants::Constants;
use crate::evidence::{AlongKinks, Observation};

/// The differences between g and d that are no error, and the scale of errors.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Allowance {
    /// r, what rounding may do to g.
    pub(crate) rounding: f64,
    /// How far beyond that a gradient in single precision is inconclusive and not wrong.
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

/// How many times the gap of the one-sided derivatives an error along a direction must be, where there is a kink at θ:
/// several kinks may cancel in the gap and not in g·u, which happens to one direction in a thousand then ((D5) of
/// docs/theory/directions.md).
const GAPS: f64 = 800.0;

impl Allowance {
    /// Along a direction: of a g·u of this `size`, whose entries may be off by `rounding` together, and are measured in
    /// `granted_in` where accuracy is granted. An error of a thousandth of the size would have to show.
    pub(crate) fn of_direction(
        size: f64,
        rounding: f64,
        granted_in: f64,
        is_worked_out: bool,
        rule: &Rule,
    ) -> Self {
        Self {
            rounding,
            doubt: rule.doubt(rounding, is_worked_out),
            granted: rule.claim.accuracy * granted_in,
            least: rule.least(granted_in),
            size,
            resolution: rule.constants.coarsest,
            gaps: GAPS,
        }
    }

    /// This allowance rescaled to another measure of the gradient's size.
    pub(crate) fn scaled_to(self, size: f64) -> Self {
        let share = match self.size > 0.0 {
            true => size / self.size,
            false => 0.0,
        };
        Self {
            rounding: share * self.rounding,
            doubt: share * self.doubt,
            granted: share * self.granted,
            least: share * self.least,
            size,
            ..self
        }
    }

    /// K·B + r, and what was granted (docs/theory/verdict.md, equation 13).
    pub(crate) fn tolerance(&self, bar: f64, rule: &Rule) -> f64 {
        rule.constants.safety * bar + self.rounding + self.granted
    }

    pub(super) fn of_coordinate(
        observation: &Observation,
        best: &Estimate,
        scale: f64,
        rule: &Rule,
    ) -> Self {
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
        let size = scale.max(observation.size().unwrap_or(0.0));
        // One that is far below what the block resolves is measured by itself where its own bar allows it.
        let own = best.derivative.abs();
        let alone = own < constants.resolution * size && own > constants.safety * best.error_bar();
        let measured_in = if alone { own } else { size };
        // In half precision too an agreement blunter than a thousandth is none.
        let of_type = 4.0 * constants.rounding * rule.working_epsilon;
        let usual = constants.resolution.max(of_type.min(constants.coarsest));
        Self {
            rounding,
            doubt: rule.doubt(rounding, observation.analytic_rounding.is_some()),
            granted: rule.claim.accuracy * size,
            least: rule.least(measured_in),
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
    fn tolerance(&self, bar: f64) -> f64 {
        self.allowance.tolerance(bar, self.rule)
    }

    /// Whether this error bar is small enough to confirm g, whatever accuracy was granted.
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

/// What a direction among entries at kinks, each of which is a subgradient by itself, says of all of them together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tie {
    /// g·u lies between the two slopes, as that of a subgradient does.
    Together,
    /// g·u lies outside them, so that g is no subgradient.
    Broken,
    /// g·u lies outside them, and g may be a limit of gradients all the same.
    Open,
}

/// By how much of itself a slope may differ next to θ, where J is curved: one of another piece differs by more in most
/// directions.
const BENT: f64 = 0.02;

/// The verdict on one direction among entries at kinks. Of a convex J, such as max(p₀, p₁), a g·u outside of the two slopes is
/// no subgradient's. Of max(p₀, 0) − max(p₁, 0) at 0 both slopes along (1, 1) are 0, and (1, 0), a limit of gradients, has
/// 1: there slopes next to θ are none of the two at θ (docs/theory/kinks.md).
pub(crate) fn tie(seen: &AlongKinks, safety: f64) -> Tie {
    let [least, most] = [seen.left.min(seen.right), seen.left.max(seen.right)];
    let outside = |slope: f64| (least - slope).max(slope - most);
    let bent = BENT * least.abs().max(most.abs()).max(seen.analytic.abs());
    let [lowest, highest] = seen.beside;
    if outside(seen.analytic) <= safety * seen.error_bar + seen.rounding {
        Tie::Together
    } else if outside(seen.analytic) > bent && outside(lowest).max(outside(highest)) <= bent {
        Tie::Broken
    } else {
        Tie::Open
    }
}
