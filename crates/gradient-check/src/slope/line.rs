//! From the readings along one line to a verdict: the slope, the linear term, the kinks, the power.
//!
//! Pure functions of numbers; refuses to know blocks and how the readings were made. The tolerances
//! of the slope test stand here, but for those it shares with the judge ([`Constants`](crate::Constants)).

use super::fit::{Power, leading, power};
use super::{SlopeReason, SlopeVerdict};

/// A slope says right above it, wrong below: halfway between 1, where there is a linear term, and 3, where
/// the first term is cubic. Where the cubic vanishes the slope is 5.
const BETWEEN: f64 = 2.0;
/// Below it E does not fall as an error would but stays, as noise does: halfway between 0 and 1.
const NOISE: f64 = 0.5;
/// How far the t of a fit must reach.
const DECADE: f64 = 10.0;
/// How seldom kinks at θ may pass for a linear term: one direction in a thousand, the rate that the bars are
/// allowed too (docs/theory/verdict.md, "The constants").
const ODDS: f64 = 1e-3;

/// What was seen at one t.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Reading {
    pub(crate) t: f64,
    /// J(θ+tu) − J(θ−tu) − g·Δ, Δ the displacement really taken; with its sign.
    pub(crate) residual: f64,
    /// J(θ+tu) + J(θ−tu) − 2J(θ).
    pub(crate) even: f64,
    /// ε_f, the noise of one evaluation.
    pub(crate) noise: f64,
    /// Σ r_i|Δ_i|: what rounding in g may add to the residual.
    pub(crate) rounding: f64,
}

impl Reading {
    /// What E may be though g is right: (L4).
    fn floor(&self) -> f64 {
        2.0 * self.noise + self.rounding
    }

    fn is_above(&self, safety: f64) -> bool {
        self.residual.abs() > safety * self.floor()
    }
}

/// What is known beside the readings.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Setting {
    /// Whether J said itself that all points lie on the smooth piece of θ.
    pub(crate) known_smooth: bool,
    /// K, how many bars make a difference.
    pub(crate) safety: f64,
    /// How many times its rounding g may be off beyond that, where it is in single precision and its
    /// rounding was not worked out; 0 elsewhere.
    pub(crate) doubt: f64,
    /// The reason to give where there is nothing to judge.
    pub(crate) end: SlopeReason,
}

/// The word on one line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Judged {
    pub(crate) power: Option<Power>,
    /// (∇J − g)·u and its bar.
    pub(crate) error: Option<(f64, f64)>,
    pub(crate) verdict: SlopeVerdict,
}

/// Judges the readings, which come with the narrowest t first.
pub(crate) fn judge(readings: &[Reading], setting: &Setting) -> Judged {
    judge_beside(readings, setting, kink(readings, setting.safety))
}

/// Like [`judge`], where it is known already what kinks at θ may do: that does not depend on g.
fn judge_beside(readings: &[Reading], setting: &Setting, kink: Option<Kink>) -> Judged {
    let safety = setting.safety;
    let undecided = |reason| SlopeVerdict::Undecided(reason);
    let Some(start) = start(readings, safety) else {
        return Judged {
            power: None,
            error: linear_term(readings, safety),
            verdict: bound(readings, safety).unwrap_or(undecided(setting.end)),
        };
    };
    let (below, above) = readings.split_at(start);
    let error = linear_term(above, safety).or_else(|| linear_term(readings, safety));
    let Some(decade) = decade(above) else {
        // Too few above the noise for a slope; those below it give a bound.
        return Judged {
            power: None,
            error,
            verdict: bound(below, safety).unwrap_or(undecided(setting.end)),
        };
    };
    let points: Vec<_> = decade
        .iter()
        .map(|r| (r.t, r.residual.abs(), r.floor()))
        .collect();
    let Some(fit) = power(&points) else {
        return Judged {
            power: None,
            error,
            verdict: undecided(SlopeReason::Noise),
        };
    };
    let margin = safety * fit.standard_error;
    let verdict = if fit.slope - margin > BETWEEN {
        SlopeVerdict::Right
    } else if fit.slope - margin > NOISE && fit.slope + margin < BETWEEN {
        match error {
            Some(error) => linear(below, error, decade, setting, kink),
            None => undecided(SlopeReason::TooFewPoints),
        }
    } else if fit.slope + margin < 1.0 {
        undecided(SlopeReason::Noise)
    } else {
        undecided(SlopeReason::Mixed)
    };
    Judged {
        power: Some(fit),
        error,
        verdict,
    }
}

/// A slope of 1 with its linear term: whether anything but a wrong gradient explains it.
fn linear(
    below: &[Reading],
    (error, bar): (f64, f64),
    decade: &[Reading],
    setting: &Setting,
    kink: Option<Kink>,
) -> SlopeVerdict {
    let (size, bar) = (error.abs(), setting.safety * bar);
    if size <= bar {
        return SlopeVerdict::Undecided(SlopeReason::Noise);
    }
    // A linear term goes on below, down to the noise; what ends before that begins at a kink.
    let ends = |r: &Reading| 2.0 * r.t * (size - bar) > (setting.safety + 1.0) * r.floor();
    if below.iter().any(ends) {
        return SlopeVerdict::Undecided(SlopeReason::Kink);
    }
    let may_explain = |kink: Kink| kink.may_explain(size, setting.safety);
    if !setting.known_smooth && kink.is_none_or(may_explain) {
        return SlopeVerdict::Undecided(SlopeReason::Kink);
    }
    let rounding = decade.first().map_or(0.0, |r| r.rounding / (2.0 * r.t));
    if size <= bar + setting.doubt * rounding {
        return SlopeVerdict::Undecided(SlopeReason::Rounding);
    }
    SlopeVerdict::Wrong
}

/// The first of two neighbors above the noise, or the last of all: one alone may be an accident.
fn start(readings: &[Reading], safety: f64) -> Option<usize> {
    let above = |r: &Reading| r.is_above(safety);
    (0..readings.len()).find(|&i| above(&readings[i]) && readings.get(i + 1).is_none_or(above))
}

/// The narrowest of these that reach over a decade.
fn decade(readings: &[Reading]) -> Option<&[Reading]> {
    let from = readings.first()?.t;
    let last = readings.iter().position(|r| r.t >= DECADE * from)?;
    readings.get(..=last)
}

/// Every run of readings that reaches over a decade.
fn decades(readings: &[Reading]) -> impl Iterator<Item = &[Reading]> {
    (0..readings.len()).filter_map(|i| decade(&readings[i..]))
}

/// (∇J − g)·u and its bar: the linear term of residual = 2t·δ + c·t³ on each decade, the sharpest that the
/// narrowest one does not contradict. (L7)
fn linear_term(readings: &[Reading], safety: f64) -> Option<(f64, f64)> {
    let term = |decade: &[Reading]| {
        let points: Vec<_> = decade
            .iter()
            .map(|r| (r.t, r.residual, 2.0 * r.noise))
            .collect();
        let last = decade.last()?;
        let fit = leading(&points, [1, 3])?;
        let rounding = last.rounding / (2.0 * last.t);
        let bar = (fit.carried + fit.scatter) / (2.0 * last.t) + rounding;
        Some((fit.value / (2.0 * last.t), bar))
    };
    let mut terms = decades(readings).filter_map(term);
    let narrowest = terms.next()?;
    let consistent =
        |(error, bar): &(f64, f64)| (error - narrowest.0).abs() <= safety * (bar + narrowest.1);
    terms
        .filter(consistent)
        .chain([narrowest])
        .min_by(|a, b| a.1.total_cmp(&b.1))
}

/// What even = a·t + b·t² + c·t⁴ says of a kink at θ.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Kink {
    /// The most that one may add to (∇J − g)·u: half of the jump of the slope along u, |a|/2.
    most: f64,
    /// Whether there is one, beyond the bars of a.
    seen: bool,
}

impl Kink {
    /// Whether kinks may be what a linear term of this size comes from.
    ///
    /// One kink adds no more than `most`. Several may cancel in the even part and not in the odd one: of
    /// those that are seen it is asked that they do so in one direction of a thousand only.
    fn may_explain(&self, size: f64, safety: f64) -> bool {
        if self.seen {
            0.8 * self.most > ODDS * size
        } else {
            safety * self.most > size
        }
    }
}

/// The kink at θ, from the decade that bounds it best; `None` where no decade does. (L8)
///
/// A kink at θ shows in every decade, so that what a narrower one sees is the least that a wider one may
/// make of it: that may reach over kinks elsewhere, which undo it by accident.
fn kink(readings: &[Reading], safety: f64) -> Option<Kink> {
    let mut least = 0.0f64;
    let mut best: Option<Kink> = None;
    for decade in decades(readings) {
        let points: Vec<_> = decade
            .iter()
            .map(|r| (r.t, r.even, 4.0 * r.noise))
            .collect();
        let (Some(fit), Some(last)) = (leading(&points, [1, 2, 4]), decade.last()) else {
            continue;
        };
        let half = |even: f64| even / last.t / 2.0;
        let (size, bar) = (
            half(fit.value.abs()),
            half(safety * (fit.carried + fit.scatter)),
        );
        least = least.max(size - bar);
        let kink = Kink {
            most: (size + bar).max(least),
            seen: least > 0.0,
        };
        if best.is_none_or(|best| kink.most < best.most) {
            best = Some(kink);
        }
    }
    best
}

/// How small the linear term is where two neighboring t are at the noise, from the two widest: a cubic
/// can hide it at one of them and not at both. (L6)
fn bound(readings: &[Reading], safety: f64) -> Option<SlopeVerdict> {
    let [.., near, far] = readings else {
        return None;
    };
    let most = |r: &Reading| (safety + 1.0) * r.floor();
    let ratio = (far.t / near.t).powi(3);
    let within = (ratio * most(near) + most(far)) / (2.0 * (ratio * near.t - far.t));
    within.is_finite().then_some(SlopeVerdict::Exact { within })
}

/// The smallest linear term from which on every larger one, up to `most`, would have been called wrong:
/// planted in the readings with either sign, after what is there is taken out where it was called wrong.
/// (L9)
pub(crate) fn would_have_seen(
    readings: &[Reading],
    setting: &Setting,
    judged: &Judged,
    most: f64,
) -> Option<f64> {
    let there = match (judged.verdict, judged.error) {
        (SlopeVerdict::Wrong, Some((error, _))) => error,
        _ => 0.0,
    };
    let kink = kink(readings, setting.safety);
    let mut planted = readings.to_vec();
    let mut seen = |error: f64| {
        for (p, r) in planted.iter_mut().zip(readings) {
            p.residual = r.residual + 2.0 * r.t * (error - there);
        }
        judge_beside(&planted, setting, kink).verdict == SlopeVerdict::Wrong
    };
    let mut smallest = None;
    let mut error = most;
    // It ends at the noise, or at the last bit of what it began with.
    while error > most * f64::EPSILON && seen(error) && seen(-error) {
        smallest = Some(error);
        error /= 2.0;
    }
    smallest
}
