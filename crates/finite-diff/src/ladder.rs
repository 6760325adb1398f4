//! One ladder of steps along one line: from values of J to a derivative with its bar, both sides, and how well it is
//! supported.
//!
//! A real error of a gradient does not depend on h; a kink in reach, or rounding, does. The ladder begins on the steps
//! that suit a parameter of size 1, and goes on as the function asks for it: to narrower ones as long as these say
//! something else, to wider ones as long as noise is the larger part of the bar.

mod climb;
mod climbed;
mod jumps;
mod rungs;
mod span;

use crate::line::{Line, ProbeFailure, point};
pub use crate::sweep::differentiate_closely;
use crate::{Estimate, Noise, Outcome, Real};
use climb::climb;
use climbed::Climbed;
use span::Span;

/// The quotients that a rung and its bar take: D(h), D(2h), D(4h).
const ENOUGH_QUOTIENTS: usize = 3;

/// The quotients from which it shows by which order a one-sided rung converges: one more than a bar takes.
const ENOUGH_FOR_ORDER: i32 = 4;

/// The noise of a central rung of a black box, in units of ε_f/h: 0.95 of its own, and 1.7 that may hide a kink.
const RUNG_NOISE: f64 = 2.7;

/// A bar whose truncation is at most so many times its noise is one that noise made: a truncation is the largest of
/// several differences of rungs, and rungs as noisy as this differ by up to ten times the noise of one.
const MADE_BY_NOISE: f64 = 16.0;

/// The innermost rung of a line may be off by so many times its noise; beyond that, and beyond an eighth of the
/// derivative, J does something on narrower steps still. Noise is underestimated by a factor of ten at most.
const SWINGING: f64 = 100.0;

/// The widest step is 2² times max(1, |x|), or |x| where narrower steps were needed: beyond that a step says nothing of
/// what is at x.
const WIDEST: i32 = 2;

/// How far to look for a move of a J that is the same on all steps: a sure class of a softmax moves when its logit
/// falls by some forty.
const WIDEST_FLAT: i32 = 8;

/// How often steps are continued downward where nothing says how short they have to be.
const DEEPEST: usize = 4;

/// A derivative estimated on a whole ladder of steps.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Refined {
    /// The derivative: from both sides, or from the only one on which J is known to be smooth, or on which a
    /// bound leaves room.
    pub derivative: Estimate,
    /// The one-sided derivative D⁻, from x and below only.
    pub left: Estimate,
    /// The one-sided derivative D⁺, from x and above only.
    pub right: Estimate,
    /// The character of J around x: smooth, or with a kink.
    pub ground: Ground,
    /// The support of the derivative.
    pub support: Support,
    /// The motion of J along the line.
    pub motion: Motion,
    /// The narrowest step of the ladder that leaves the smooth piece of x, on whichever side: a kink lies
    /// within it, and none within half of it. `None` where none leaves it or J does not know its pieces.
    pub other_piece_within: Option<f64>,
}

/// The motion of J on the steps that were tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Motion {
    /// Not at all on the steps near x: it rounds to one number there, whatever the derivative is.
    Still,
    /// The move is no more than noise.
    Noise,
    /// The move is more than noise.
    Clear,
}

/// The support of a derivative: what its error bar consists of, and whether it is reliable at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Support {
    /// Neighboring steps agree, and what they differ by is the larger part of the bar.
    Converged,
    /// The bar is what noise in J allows.
    Noise,
    /// Steps don't agree, and noise does not explain it: no digit of the derivative is known, or J varies on a length
    /// below the narrowest step.
    Unresolved,
}

/// The character of J around the point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ground {
    /// Smooth, for all that is known.
    Smooth {
        /// Whether a wider step gave another value than a narrower one, by more than twice what its own
        /// bar allows: something within its reach is not smooth.
        kink_in_reach: bool,
        /// Whether J said itself that all points used lie on the smooth piece of x.
        known: bool,
    },
    /// The one-sided derivatives differ: a kink at x.
    Kink {
        /// Whether the one-sided derivatives still differ at the smallest step, beyond its bars: only then is the
        /// kink known to be at x, and not a cluster of small ones around it.
        resolved: bool,
    },
    /// x lies on a kink, or between kinks that are nearer on both sides than any step can resolve:
    /// between them the slope may be another one than outside.
    Fenced,
}

/// The derivative on a ladder of steps s·2ᵏ, s = max(1, |x|) to the next power of two.
///
/// The first steps are those from ε^0.5 up to about ε^0.15 (1.5e-8 to 4e-3 in `f64`, 2e-4 to 0.1 in `f32`): 38
/// evaluations in `f64`. What they say is held against
/// - **narrower steps**, where a bound leaves too little room, where x is so small that steps of its own size are
///   narrower than these, and where the narrowest steps have not converged;
/// - **wider steps**, up to 4s, as long as noise is the larger part of the bar, and further where J has not moved at all.
///
/// See [`climb`] for a rung and its bar, and docs/theory/derivatives.md, section 5.
pub(crate) fn refine<T: Real>(
    line: &mut Line<'_, T>,
    noise: Noise,
) -> Result<Outcome<Refined>, ProbeFailure> {
    let (narrowest, widest) = exponents::<T>();
    let mut first = Span {
        unit: scale(line.x()),
        from: -narrowest,
        to: -widest,
    };
    // A bound may leave room for narrower steps only.
    while first.room(line).into_iter().max() < Some(ENOUGH_FOR_ORDER) {
        first.from -= 1;
        first.to -= 1;
        if !first.is_representable(line.x()) {
            let step = scale(line.x()) * 2f64.powi(-narrowest);
            return Ok(Outcome::StepNotRepresentable { step });
        }
    }
    let mut found = climb(line, &first, noise)?;
    if let Some(span) = first.near_a_bound(line, found.is_blunt()) {
        found = found.beside(climb(line, &span, noise)?);
    }
    if let Some(span) = first.of_own_size(line)
        && wants_own_size(line, &span, &found, noise)?
    {
        found = found.beside(climb(line, &span, noise)?);
    }
    let mut deeper = first;
    for _ in 0..DEEPEST {
        if !found.wants_narrower_steps::<T>() {
            break;
        }
        let Some(span) = deeper.below(line.x()) else {
            break;
        };
        let closer = climb(line, &span, noise)?;
        if closer.loud && !found.swings() {
            // It is noise after all: narrower steps have more of it.
            break;
        }
        found = found.beside_deeper::<T>(closer);
        deeper = span;
    }
    widen(line, found, noise).map(Climbed::into_outcome)
}

/// Goes on to wider steps as long as noise is the larger part of the bar, and two more have not been in vain.
fn widen<T: Real>(
    line: &mut Line<'_, T>,
    mut found: Climbed,
    noise: Noise,
) -> Result<Climbed, ProbeFailure> {
    let mut span = found.span;
    let mut in_vain = 0;
    while in_vain < 2 && found.wants_wider_steps() && found.reaches(&span) {
        let most = if line.is_flat() { WIDEST_FLAT } else { WIDEST };
        if span.to >= span.size(line.x()) + most {
            break;
        }
        span.to += 1;
        let (was_flat, before) = (found.is_flat(), found.bar());
        let wider = climb(line, &span, noise)?;
        // What J is seen to round to is not forgotten.
        found = if was_flat { wider } else { wider.beside(found) };
        in_vain = if was_flat || found.bar() < before {
            0
        } else {
            in_vain + 1
        };
    }
    Ok(found)
}

/// Whether steps of the size of a small x are needed: where the first ones have not converged, or one rung amid the
/// narrower ones contradicts them. Steps that are near multiples of a period look alike.
fn wants_own_size<T: Real>(
    line: &mut Line<'_, T>,
    span: &Span,
    found: &Climbed,
    noise: Noise,
) -> Result<bool, ProbeFailure> {
    if !found.has_converged::<T>(noise.at::<T>(line.magnitude(0.0))) {
        return Ok(true);
    }
    let amid = span.amid();
    let closer = climb(line, &amid, noise)?;
    Ok(found.is_contradicted_by(&closer))
}

/// One rung by steps of the size of x, where that is far below 1.
pub(crate) fn glance<T: Real>(
    line: &mut Line<'_, T>,
    noise: Noise,
) -> Result<Outcome<Refined>, ProbeFailure> {
    match first_span(line.x()).of_own_size(line) {
        Some(span) => climb(line, &span.amid(), noise).map(Climbed::into_outcome),
        None => Ok(Outcome::StepNotRepresentable { step: 0.0 }),
    }
}

/// Whether `x` is so small that steps of its own size are far narrower than those for parameters of size 1.
pub fn has_own_size<T: Real>(x: T) -> bool {
    first_span(x).own_size(x).is_some()
}

fn first_span<T: Real>(x: T) -> Span {
    let (narrowest, widest) = exponents::<T>();
    Span {
        unit: scale(x),
        from: -narrowest,
        to: -widest,
    }
}

/// Whether a step is narrower than the first steps of the ladder around `x`: then J varies by a length far below
/// that, or a bound is near.
pub fn is_below_ladder<T: Real>(step: f64, x: T) -> bool {
    let span = first_span(x);
    step < span.step(span.from)
}

/// The widest of the first steps of the ladder around `x`: how far it reaches on either side unless noise asks for
/// more, s·ε^0.15 with s the power of two at or above max(1, |x|).
pub fn ladder_reach<T: Real>(x: T) -> f64 {
    let span = first_span(x);
    span.step(span.to)
}

/// The points beside `x` of the first steps, in the order in which they are asked for where J is smooth; those that are
/// no numbers beside `x` left out.
pub(crate) fn rungs<T: Real>(x: T) -> impl Iterator<Item = T> {
    let span = first_span(x);
    let sides = (span.from..=span.to).flat_map(|k| [(-1, k), (1, k)]);
    sides.filter_map(move |(side, k)| point(x, side, span.step(k)))
}

/// −log₂ of the narrowest and the widest of the first steps: ε^0.5 and ε^0.15.
fn exponents<T: Real>() -> (i32, i32) {
    let bits = f64::from(T::MANTISSA_BITS);
    ((0.5 * bits).round() as i32, (0.15 * bits).round() as i32)
}

fn scale<T: Real>(x: T) -> f64 {
    power_above(x.widen().abs().max(1.0))
}

/// The power of two at or above `size`.
fn power_above(size: f64) -> f64 {
    size.log2().ceil().exp2()
}
