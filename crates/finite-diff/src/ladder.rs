//! The second, finer estimate of a suspect: Richardson extrapolation over a ladder of steps, the
//! one-sided derivatives beside it, and bars that are widened until the rungs are consistent.
//!
//! A real error of a gradient does not depend on h; a kink in reach, or rounding, does.

mod bound;
mod own_size;
mod rungs;

use crate::estimate::{Line, Noise, Obstacle, ProbeFailure, point};
use crate::{Estimate, Outcome, Piece, Real};
use bound::refine_at_a_bound;
pub use own_size::is_below_ladder;
use own_size::refine_by_the_size_of_x;
pub(crate) use own_size::{glance, has_own_size};
use rungs::{extrapolate, one_sided, sharpest};

/// The quotients that a rung and its bar take: D(h), D(2h), D(4h).
const ENOUGH_QUOTIENTS: usize = 3;

/// One more tells by which order a one-sided rung converges.
const ENOUGH_FOR_ORDER: usize = 4;

/// Twice what rounding alone makes the bar of a rung, in units of ε_f/h: 1.5 of its own, and 9.1 of its sides, whose
/// difference is as much again at most (equations 9 and 10).
const MOSTLY_NOISE: f64 = 2.0 * (RUNG_NOISE + 2.0 * 9.1);

/// The noise of a central rung in that unit.
const RUNG_NOISE: f64 = 1.5;

/// A derivative estimated on a whole ladder of steps.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Refined {
    /// The derivative: from both sides, or from the only one on which J is known to be smooth, or on which a
    /// bound leaves room.
    pub derivative: Estimate,
    /// From x and below only: D⁻.
    pub left: Estimate,
    /// From x and above only: D⁺.
    pub right: Estimate,
    /// What J is like around x.
    pub ground: Ground,
    /// The narrowest step of the ladder that leaves the smooth piece of x, on whichever side: a kink lies
    /// within it, and none within half of it. `None` where none leaves it or J does not know its pieces.
    pub other_piece_within: Option<f64>,
    /// From the narrowest steps that both sides have, which need not be sharp; `None` where one side has none.
    pub narrowest: Option<Estimate>,
}

impl Refined {
    /// Whether any digit of the derivative is known, or nothing but noise hides it. Rungs that don't converge are none.
    pub fn is_settled(&self) -> bool {
        let Estimate {
            derivative,
            truncation,
            noise,
            ..
        } = self.derivative;
        truncation < derivative.abs() || truncation <= MOSTLY_NOISE / RUNG_NOISE * noise
    }
}

/// What J is like around the point.
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
        /// Whether they still do at the smallest step, beyond its bars: only then is the kink known to
        /// be at x, and not a cluster of small ones around it.
        resolved: bool,
    },
    /// x lies on a kink, or between kinks that are nearer on both sides than any step can resolve:
    /// between them the slope may be another one than outside.
    Fenced,
}

/// Estimates on the steps s·2⁻ᵏ, s = max(1, |x|) to the next power of two, from about ε^0.15 down to
/// ε^0.5 (4e-3 to 1.5e-8 in `f64`, 0.1 to 2e-4 in `f32`), sharing evaluations: 38 of them in `f64`.
///
/// With D(h) the central quotient, a rung is R(h) = (4D(h) − D(2h))/3 with the bar
/// max(|R(h) − R(2h)|, |R(2h) − R(4h)|/16) + 1.5·ε_f/h (Richardson 1911; the truncation of R(h) is
/// about a fifteenth of the first difference, which is not trusted). One-sided rungs extrapolate
/// once, with the ratio 2, or three times, with 2, 4 and 8, whichever is sharper: the one has the
/// shorter reach, the other the higher order. (docs/theory/derivatives.md, equations 8 and 9.)
///
/// Two things then widen the bar of a rung (equations 10 and 11 there):
/// - **What its two sides say.** A kink much nearer than h looks like smooth ground from both sides
///   together: R(h) settles on the mean of the two slopes, whatever h. So half of what the one-sided
///   rungs of the same reach differ by, their own bars included, is added.
///   Where J knows its smooth pieces ([`Piece`]), only points on the piece of x are used, and there
///   is nothing to add.
/// - **What narrower rungs say**: until none of them contradicts it; narrower ones, because a step
///   can only be spoilt by what lies within its reach.
///
/// The rung with the smallest widened bar wins.
pub(crate) fn refine<T: Real>(
    line: &mut Line<'_, T>,
    x: T,
    noise: Noise,
) -> Result<Outcome<Refined>, ProbeFailure> {
    let (narrowest, widest) = exponents::<T>();
    let h = scale(x) * 2f64.powi(-narrowest);
    let rungs = usize::try_from(narrowest - widest + 1).unwrap_or(0);
    let room = room(line, h, rungs);
    if room != [rungs; 2] {
        return refine_at_a_bound(line, x, h, rungs, noise);
    }
    let first = climb(line, x, h, rungs, room, noise)?;
    refine_by_the_size_of_x(line, x, h, rungs, first, noise)
}

/// Whether x ± h are two numbers beside x.
fn is_representable<T: Real>(x: T, h: f64) -> bool {
    [1, -1].iter().all(|&o| point(x, o, h).is_some())
}

/// How many rungs from the narrowest on lie where J may be evaluated, below and above.
fn room<T: Real>(line: &Line<'_, T>, h: f64, rungs: usize) -> [usize; 2] {
    if line.interval.is_none() {
        return [rungs; 2];
    }
    let fits = |sign: i32| {
        (0..rungs)
            .take_while(|rung| line.admits(sign * (1 << rung), h))
            .count()
    };
    [fits(-1), fits(1)]
}

/// The rungs from h on, at most so many of them on either side, and what they say.
fn climb<T: Real>(
    line: &mut Line<'_, T>,
    x: T,
    h: f64,
    rungs: usize,
    room: [usize; 2],
    noise: Noise,
) -> Result<Outcome<Refined>, ProbeFailure> {
    let bounded = room != [rungs; 2];
    let pieces = match survey(line, h, room) {
        Ok(pieces) => pieces,
        Err(obstacle) => return obstacle.into_outcome(h),
    };
    let mut central = Vec::new();
    let mut below = Vec::new();
    let mut above = Vec::new();
    for rung in 0..rungs {
        let reach = 1 << rung;
        let mut failure = None;
        let mut take = |into: &mut Vec<f64>, from, to, wanted: bool| {
            // Each list ends at the first gap: what lies beyond a kink is of no use.
            if wanted && into.len() == rung {
                match line.quotient(from, to, h) {
                    Ok(quotient) => into.push(quotient),
                    Err(obstacle) => failure = Some(obstacle),
                }
            }
        };
        let (left, right) = (rung < pieces.below, rung < pieces.above);
        take(&mut below, -reach, 0, left);
        take(&mut above, 0, reach, right);
        take(&mut central, -reach, reach, left && right);
        match failure {
            // A wide step may leave the domain of J; the narrower ones stand all the same.
            Some(obstacle) if rung >= ENOUGH_QUOTIENTS => {
                line.pass_over(obstacle);
                break;
            }
            Some(obstacle) => return obstacle.into_outcome(h),
            None => {}
        }
    }

    let size = x.widen().abs().max(1.0);
    let at_x = line.magnitude(0);
    let epsilon_f = |distance: f64| {
        let magnitude = line.magnitude((distance / h) as i32);
        // Noise that was measured at x does not know how far J grows on the way.
        let grown = Noise::default().at::<T>(magnitude - at_x);
        noise.within::<T>(magnitude, distance / size).max(grown)
    };
    let below = one_sided(&below, h, &epsilon_f, bounded);
    let above = one_sided(&above, h, &epsilon_f, bounded);
    let central = extrapolate(&central, h, &[4.0], 16.0, 1.0, &epsilon_f, false);
    Ok(conclude(&pieces, central, below, above, h, bounded))
}

/// The widest step of the ladder around `x`: how far the second look reaches on either side, s·ε^0.15 with
/// s the power of two at or above max(1, |x|).
pub fn ladder_reach<T: Real>(x: T) -> f64 {
    let (_, widest) = exponents::<T>();
    scale(x) * 2f64.powi(-widest)
}

/// The points beside `x` of all rungs, in the order in which they are asked for where J is smooth; those that are no
/// numbers beside `x` left out.
pub(crate) fn rungs<T: Real>(x: T) -> impl Iterator<Item = T> {
    let (narrowest, widest) = exponents::<T>();
    let h = scale(x) * 2f64.powi(-narrowest);
    let offsets = (0..=narrowest - widest).flat_map(|rung| [-(1 << rung), 1 << rung]);
    offsets.filter_map(move |offset| point(x, offset, h))
}

/// −log₂ of the narrowest and the widest step: ε^0.5 and ε^0.15.
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

/// How far the smooth piece of x is known to reach on each side, in rungs.
struct Survey {
    below: usize,
    above: usize,
    known: bool,
    fenced: bool,
    /// The narrowest step that leaves the piece.
    leaves: Option<f64>,
}

/// Asks for the piece at x and at each point of the ladder that there is `room` for, from the narrowest on.
fn survey<T: Real>(line: &mut Line<'_, T>, h: f64, room: [usize; 2]) -> Result<Survey, Obstacle> {
    let all = |known| Survey {
        below: room[0],
        above: room[1],
        known,
        fenced: false,
        leaves: None,
    };
    let center = match line.piece(0, h)? {
        Piece::Unknown => return Ok(all(false)),
        Piece::Everywhere => return Ok(all(true)),
        center @ Piece::Numbered { .. } => center,
    };
    let mut leaves: Option<f64> = None;
    let mut reach = |sign: i32, room: usize| -> Result<usize, Obstacle> {
        for rung in 0..room {
            match line.piece(sign * (1 << rung), h) {
                Ok(piece) if piece == center => {}
                Ok(_) => {
                    let step = h * 2f64.powi(rung as i32);
                    leaves = Some(leaves.map_or(step, |nearest| nearest.min(step)));
                    return Ok(rung);
                }
                Err(Obstacle::NotRepresentable) => return Ok(rung),
                Err(obstacle) => return Err(obstacle),
            }
        }
        Ok(room)
    };
    let (below, above) = (reach(-1, room[0])?, reach(1, room[1])?);
    if below.max(above) < ENOUGH_QUOTIENTS {
        // No side is smooth far enough: look at both as at those of a black box.
        return Ok(Survey {
            fenced: true,
            leaves,
            ..all(false)
        });
    }
    Ok(Survey {
        below,
        above,
        known: true,
        fenced: false,
        leaves,
    })
}

/// The estimates and the ground from the rungs of each kind.
fn conclude(
    pieces: &Survey,
    central: Vec<Estimate>,
    below: Vec<Estimate>,
    above: Vec<Estimate>,
    h: f64,
    bounded: bool,
) -> Outcome<Refined> {
    let narrowest = central.first().copied();
    let innermost_differ = below
        .first()
        .zip(above.first())
        .is_some_and(|(left, right)| differ(left, right));
    let (left, right) = (sharpest(&below), sharpest(&above));
    let kink_at_x = left
        .zip(right)
        .is_some_and(|((left, _), (right, _))| differ(&left, &right));
    if bounded && !pieces.fenced && (pieces.known || !kink_at_x) {
        let central = match pieces.known {
            true => central,
            false => with_sides(central, &below, &above),
        };
        return sharpest_side(pieces, sharpest(&central), left, right, narrowest, h);
    }
    if pieces.known {
        // One-sided rungs, where the piece of x ends on the other side.
        let (rungs, only) = match (left, right) {
            _ if !central.is_empty() => (central, None),
            (Some((left, _)), None) => (below, Some(left)),
            (None, Some((right, _))) => (above, Some(right)),
            (Some((l, _)), Some((r, _))) if l.error_bar() <= r.error_bar() => (below, Some(l)),
            _ => (above, right.map(|(right, _)| right)),
        };
        let Some((derivative, kink_in_reach)) = sharpest(&rungs) else {
            return Outcome::StepNotRepresentable { step: h };
        };
        let side = |estimate: Option<(Estimate, bool)>| {
            estimate.map_or(only.unwrap_or(derivative), |(estimate, _)| estimate)
        };
        return Outcome::Estimated(Refined {
            derivative,
            left: side(left),
            right: side(right),
            ground: Ground::Smooth {
                kink_in_reach,
                known: true,
            },
            other_piece_within: pieces.leaves,
            narrowest,
        });
    }

    let with_sides = with_sides(central, &below, &above);
    let (Some((derivative, kink_in_reach)), Some((left, _)), Some((right, _))) =
        (sharpest(&with_sides), left, right)
    else {
        return Outcome::StepNotRepresentable { step: h };
    };
    let ground = if pieces.fenced {
        Ground::Fenced
    } else if kink_at_x {
        Ground::Kink {
            resolved: innermost_differ,
        }
    } else {
        Ground::Smooth {
            kink_in_reach,
            known: false,
        }
    };
    Outcome::Estimated(Refined {
        derivative,
        left,
        right,
        ground,
        other_piece_within: pieces.leaves,
        narrowest,
    })
}

/// The central rungs of a black box: what the two sides of a rung say widens its bar.
fn with_sides(central: Vec<Estimate>, below: &[Estimate], above: &[Estimate]) -> Vec<Estimate> {
    central
        .into_iter()
        .zip(below.iter().zip(above))
        .map(|(rung, (left, right))| {
            let apart = (right.derivative - left.derivative).abs();
            let kink = (apart + left.error_bar() + right.error_bar()) / 2.0;
            Estimate {
                truncation: rung.truncation + kink,
                ..rung
            }
        })
        .collect()
}

/// Where a bound cuts rungs off: the sharpest of what both sides say together and what each says by itself,
/// since all of them are the derivative. A side that has none of its own says what that one does.
fn sharpest_side(
    pieces: &Survey,
    central: Option<(Estimate, bool)>,
    left: Option<(Estimate, bool)>,
    right: Option<(Estimate, bool)>,
    narrowest: Option<Estimate>,
    h: f64,
) -> Outcome<Refined> {
    let sharpest = [central, left, right]
        .into_iter()
        .flatten()
        .min_by(|(a, _), (b, _)| a.error_bar().total_cmp(&b.error_bar()));
    let Some((derivative, kink_in_reach)) = sharpest else {
        return Outcome::StepNotRepresentable { step: h };
    };
    let side = |own: Option<(Estimate, bool)>| own.map_or(derivative, |(own, _)| own);
    Outcome::Estimated(Refined {
        derivative,
        left: side(left),
        right: side(right),
        ground: Ground::Smooth {
            kink_in_reach,
            known: pieces.known,
        },
        other_piece_within: pieces.leaves,
        narrowest,
    })
}

/// Whether two one-sided derivatives differ by more than their bars (docs/theory/kinks.md, equation 12).
fn differ(left: &Estimate, right: &Estimate) -> bool {
    (right.derivative - left.derivative).abs() > 2.0 * (left.error_bar() + right.error_bar())
}
