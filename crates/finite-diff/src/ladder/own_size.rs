//! The ladder once more by the size of x itself, where that is far below 1.
//!
//! Refuses to know what a rung is.

use super::{
    ENOUGH_QUOTIENTS, Ground, MOSTLY_NOISE, Refined, climb, exponents, is_representable,
    power_above, room, scale,
};
use crate::estimate::{Line, Noise, ProbeFailure};
use crate::{Estimate, Outcome, Real};

/// Whether the rungs agree with one another, and the bar is a small part of the derivative, or as wide as it is
/// from nothing but the noise `epsilon_f` of J at x. Further away J may be huge, and its noise with it.
fn converged<T: Real>(found: &Refined, epsilon_f: f64) -> bool {
    let Estimate {
        derivative, step, ..
    } = found.derivative;
    let bar = found.derivative.error_bar();
    let agree = matches!(
        found.ground,
        Ground::Smooth {
            kink_in_reach: false,
            ..
        }
    );
    let small = T::EPSILON.sqrt() * derivative.abs();
    agree && (bar <= small || bar <= MOSTLY_NOISE * epsilon_f / step)
}

/// Once more on steps that x itself sets the scale of, where they are shorter: a length in metres may be one that J
/// varies by in nanometres, and steps for parameters of size 1 pass over all of that, or leave the domain of J. The
/// rungs are those narrower than `h`, and as many wider ones as extrapolation takes, but no more than the `first`
/// climb had. Where they contradict it its bar is widened until they do not, as among rungs; the sharper one is
/// taken.
///
/// A first climb that has converged might have done so by an accident: steps that are near multiples of a
/// period look alike. One rung amid the narrower ones tells, for six evaluations in place of a climb.
/// (docs/theory/derivatives.md, section 5.)
pub(super) fn refine_by_the_size_of_x<T: Real>(
    line: &mut Line<'_, T>,
    x: T,
    h: f64,
    most: usize,
    first: Outcome<Refined>,
    noise: Noise,
) -> Result<Outcome<Refined>, ProbeFailure> {
    let Some((short, rungs)) = own_rungs(x, h, most) else {
        return Ok(first);
    };
    line.restart();
    let epsilon_f = noise.at::<T>(line.magnitude(0));
    if let Some(wide) = first.estimated()
        && converged::<T>(wide, epsilon_f)
    {
        let closer = one_rung(line, x, short, rungs, noise)?;
        if !closer
            .estimated()
            .is_some_and(|closer| excess(wide, closer) > wide.derivative.truncation)
        {
            return Ok(first);
        }
        line.restart();
    }
    let second = climb(line, x, short, rungs, [rungs; 2], noise)?;
    let Some(close) = second.estimated() else {
        return Ok(first);
    };
    let Outcome::Estimated(mut wide) = first else {
        return Ok(second);
    };
    wide.derivative.truncation = wide.derivative.truncation.max(excess(&wide, close));
    if close.derivative.error_bar() < wide.derivative.error_bar() {
        Ok(second)
    } else {
        Ok(Outcome::Estimated(wide))
    }
}

/// The narrowest step by the size of x, and how many rungs there are from it on; `None` where they are not narrower
/// than `h` by more than a rung or two.
fn own_rungs<T: Real>(x: T, h: f64, most: usize) -> Option<(f64, usize)> {
    let size = x.widen().abs();
    if size == 0.0 {
        return None;
    }
    let (narrowest, _) = exponents::<T>();
    let narrowest = power_above(size) * 2f64.powi(-narrowest);
    let mut short = h;
    let mut rungs = ENOUGH_QUOTIENTS;
    while short > narrowest && is_representable(x, short / 2.0) {
        short /= 2.0;
        rungs += 1;
    }
    (rungs >= 2 * ENOUGH_QUOTIENTS).then(|| (short, rungs.min(most)))
}

/// The one amid them.
fn one_rung<T: Real>(
    line: &mut Line<'_, T>,
    x: T,
    short: f64,
    rungs: usize,
    noise: Noise,
) -> Result<Outcome<Refined>, ProbeFailure> {
    let amid = short * 2f64.powi((rungs / 2) as i32);
    let room = room(line, amid, ENOUGH_QUOTIENTS);
    climb(line, x, amid, ENOUGH_QUOTIENTS, room, noise)
}

/// Whether `x` is so small that steps of its own size are far narrower than those for parameters of size 1.
pub(crate) fn has_own_size<T: Real>(x: T) -> bool {
    own_ladder(x).is_some()
}

fn own_ladder<T: Real>(x: T) -> Option<(f64, usize)> {
    let (narrowest, widest) = exponents::<T>();
    let most = usize::try_from(narrowest - widest + 1).unwrap_or(0);
    own_rungs(x, scale(x) * 2f64.powi(-narrowest), most)
}

/// One rung by steps of the size of `x`, which has one.
pub(crate) fn glance<T: Real>(
    line: &mut Line<'_, T>,
    x: T,
    noise: Noise,
) -> Result<Outcome<Refined>, ProbeFailure> {
    match own_ladder(x) {
        Some((short, rungs)) => one_rung(line, x, short, rungs, noise),
        None => Ok(Outcome::StepNotRepresentable { step: 0.0 }),
    }
}

/// By how much a derivative is off at least, if a closer look is right.
fn excess(wide: &Refined, closer: &Refined) -> f64 {
    let apart = (wide.derivative.derivative - closer.derivative.derivative).abs();
    apart - closer.derivative.error_bar() - wide.derivative.noise
}

/// Whether a step is narrower than the ladder around `x` would go for a parameter of size 1: then J varies by a length far
/// below that, or a bound is near.
pub fn is_below_ladder<T: Real>(step: f64, x: T) -> bool {
    let (narrowest, _) = exponents::<T>();
    step < scale(x) * 2f64.powi(-narrowest)
}
