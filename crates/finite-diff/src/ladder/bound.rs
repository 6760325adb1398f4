//! The ladder where a bound cuts rungs off.

use super::{ENOUGH_FOR_ORDER, ENOUGH_QUOTIENTS, Ground, Refined, climb, is_representable, room};
use crate::estimate::{Line, Noise, ProbeFailure};
use crate::{Outcome, Real};

/// The same where a bound is within reach: on as many rungs as fit on either side, on narrower ones where
/// these are too few on both. Where they are too few on one side that has any room, or truncation is more of the
/// bar than noise is, J may be singular at the bound, and the distance to it a length of its own: then once
/// more on steps as short as that. The sharper of the two is taken, unless the second sees a kink at x
/// ((B5) to (B8) of docs/theory/bounds.md).
pub(super) fn refine_at_a_bound<T: Real>(
    line: &mut Line<'_, T>,
    x: T,
    h: f64,
    rungs: usize,
    noise: Noise,
) -> Result<Outcome<Refined>, ProbeFailure> {
    let enough = |line: &Line<'_, T>, h: f64| {
        let [below, above] = room(line, h, rungs);
        below.max(above) >= ENOUGH_FOR_ORDER
    };
    let mut wide = h;
    while !enough(line, wide) {
        wide /= 2.0;
        if !is_representable(x, wide) {
            return Ok(Outcome::StepNotRepresentable { step: h });
        }
    }
    let caps = room(line, wide, rungs);
    let first = climb(line, x, wide, rungs, caps, noise)?;
    let [below, above] = caps;
    let blunt = |refined: &Refined| refined.derivative.truncation > refined.derivative.noise;
    if below.min(above) >= ENOUGH_QUOTIENTS && !first.estimated().is_some_and(blunt) {
        return Ok(first);
    }
    // As many rungs as there are, the widest just inside the nearer bound.
    let mut short = wide;
    while room(line, short, rungs).contains(&0) && is_representable(x, short) {
        short /= 2.0;
    }
    let mut fitting = 1;
    while fitting < rungs && is_representable(x, short / 2.0) {
        short /= 2.0;
        fitting += 1;
    }
    let caps = room(line, short, fitting);
    if caps.iter().any(|rungs| *rungs < ENOUGH_FOR_ORDER) {
        return Ok(first);
    }
    line.restart();
    let second = climb(line, x, short, fitting, caps, noise)?;
    Ok(match (first.estimated(), second.estimated()) {
        (Some(wide), Some(short)) => {
            let kink = !matches!(short.ground, Ground::Smooth { .. });
            if kink || short.derivative.error_bar() < wide.derivative.error_bar() {
                second
            } else {
                first
            }
        }
        (None, Some(_)) => second,
        _ => first,
    })
}
