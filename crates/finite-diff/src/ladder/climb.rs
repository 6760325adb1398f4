//! One climb: all steps of a span, the rungs they make, and what these say of J around x.
//!
//! Invariant: decides nothing about which steps are looked at.

use super::climbed::Climbed;
use super::jumps::with_jumps;
use super::rungs::{CENTRAL, extrapolate, one_sided, plateau, sharpest};
use super::span::Span;
use super::{ENOUGH_QUOTIENTS, Ground, Motion, Refined, Support};
use crate::line::{COARSEST, Line, Obstacle, ProbeFailure};
use crate::objective::Piece;
use crate::{Estimate, Noise, Outcome, Real};

/// Two measures of the same noise differ by less than this: nine values tell a σ to a third, and a run of steps no better.
const LOUDER: f64 = 16.0;

/// J moves for sure where it does by so many times its noise.
const CLEARLY: f64 = 8.0;

/// Estimates on all steps of the span, sharing evaluations.
///
/// With D(h) the central quotient, a rung is R(h) = (4D(h) − D(2h))/3 with the bar
/// max(|R(h) − R(2h)|, |R(2h) − R(4h)|/16) + 0.95·ε_f/h (Richardson 1911; the truncation of R(h) is
/// about a fifteenth of the first difference, which is not trusted), or that extrapolated further with the ratios 16 and
/// 64, whichever is sharpest. One-sided rungs extrapolate
/// once, with the ratio 2, or three times, with 2, 4 and 8, whichever is sharper: the one has the
/// shorter reach, the other the higher order. (docs/theory/derivatives.md, equations 8 and 9.)
///
/// Two things then widen the bar of a rung (equations 10 and 11 there):
/// - **What its two sides say.** A kink much nearer than h looks like smooth ground from both sides
///   together: R(h) settles on the mean of the two slopes, whatever h. So half of the jump of the slope that the sides
///   leave room for is added.
///   Where J knows its smooth pieces ([`Piece`]), only points on the piece of x are used, and there
///   is nothing to add.
/// - **What narrower rungs say**: until none of them contradicts it; narrower ones, because a step
///   can only be spoiled by what lies within its reach.
///
/// The rung with the smallest widened bar wins. The noise ε_f is no less than what the line itself shows: what
/// neighboring quotients differ by on every run of steps (equation 12 there).
pub(super) fn climb<T: Real>(
    line: &mut Line<'_, T>,
    span: &Span,
    noise: Noise,
) -> Result<Climbed, ProbeFailure> {
    let h = span.step(span.from);
    let room = span.room(line);
    let bounded = room != [span.len(); 2];
    let pieces = match survey(line, span, room) {
        Ok(pieces) => pieces,
        Err(obstacle) => {
            return obstacle
                .into_outcome(h)
                .map(|outcome| Climbed::without(outcome, span));
        }
    };
    let mut central = Vec::new();
    let mut below = Vec::new();
    let mut above = Vec::new();
    for rung in 0..span.len() as usize {
        let step = span.step(span.from + rung as i32);
        let mut failure: Option<Obstacle> = None;
        let mut take = |into: &mut Vec<f64>, from, to, wanted: bool| {
            // Each list ends at the first gap: what lies beyond a kink is of no use.
            if wanted && into.len() == rung {
                match line.quotient(from, to, step) {
                    Ok(quotient) => into.push(quotient),
                    // Of several the first one, which says more than that the next is not asked for.
                    Err(obstacle) => {
                        failure.get_or_insert(obstacle);
                    }
                }
            }
        };
        let (left, right) = (rung < pieces.below, rung < pieces.above);
        take(&mut below, -1, 0, left);
        take(&mut above, 0, 1, right);
        take(&mut central, -1, 1, left && right);
        match failure {
            // A wide step may leave the domain of J; the narrower ones stand all the same.
            Some(obstacle) if rung >= ENOUGH_QUOTIENTS => {
                line.pass_over(obstacle);
                break;
            }
            Some(obstacle) => {
                return obstacle
                    .into_outcome(h)
                    .map(|outcome| Climbed::without(outcome, span));
            }
            None => {}
        }
    }

    let longest = below.len().max(above.len()).max(1) as i32;
    let quotients = Quotients {
        central,
        below,
        above,
    };
    let x = line.x();
    let at_x = line.magnitude(0.0);
    let scatter = plateau(&quotients.central, h);
    // Where it lies still on narrow steps, the smallest move that it makes at last is noise as well.
    let floor = scatter.max(line.first_move().unwrap_or(0.0));
    let epsilon_f = |distance: f64| {
        // Rounding may put a point a little further away; the next one is twice as far.
        let magnitude = line.magnitude(1.5 * distance);
        // Noise that was measured at x does not know how far J grows on the way.
        let grown = Noise::default().at::<T>(magnitude - at_x);
        noise.within(magnitude, x, distance).max(grown).max(floor)
    };
    // By the noise that J is said to have: whether there is more to see on narrower steps.
    let innermost = quotients
        .central_rungs(h, &|distance| {
            noise.within(line.magnitude(1.5 * distance), x, distance)
        })
        .first()
        .copied();
    Ok(Climbed {
        span: *span,
        outcome: conclude(&pieces, &quotients, h, bounded, &epsilon_f),
        innermost,
        widest: span.step(span.from + longest - 1),
        drowned: {
            let all = line.magnitude(2.0 * span.step(span.from + longest - 1));
            all > 0.0 && noise.within(at_x, x, h) > COARSEST * all
        },
        loud: scatter > LOUDER * noise.within(line.magnitude(h), x, h) && scatter > COARSEST * at_x,
        flat: line.is_flat(),
        motion: if line.is_flat() || line.first_move().is_some() {
            Motion::Still
        } else if line.moves_by() > CLEARLY * epsilon_f(span.step(span.from + longest - 1)) {
            Motion::Clear
        } else {
            Motion::Noise
        },
    })
}

/// D(h), D(2h), D(4h), … from both sides together and from each.
struct Quotients {
    central: Vec<f64>,
    below: Vec<f64>,
    above: Vec<f64>,
}

impl Quotients {
    /// D⁺(h) − D⁻(h) for each step.
    fn gaps(&self) -> Vec<f64> {
        let sides = self.below.iter().zip(&self.above);
        sides.map(|(left, right)| right - left).collect()
    }

    /// The sharpest of one, two and three extrapolations for each rung: fewer have the shorter reach, more the higher
    /// order.
    fn central_rungs(&self, h: f64, epsilon_f: &dyn Fn(f64) -> f64) -> Vec<Estimate> {
        let extrapolated =
            |ratios, gap| extrapolate(&self.central, h, ratios, gap, CENTRAL, epsilon_f, false);
        let mut rungs: Vec<Estimate> = extrapolated(&[4.0], 16.0);
        let longer = [
            extrapolated(&[4.0, 16.0], 64.0),
            extrapolated(&[4.0, 16.0, 64.0], 256.0),
        ];
        for long in longer {
            for (rung, long) in rungs.iter_mut().zip(long) {
                if long.error_bar() < rung.error_bar() {
                    *rung = long;
                }
            }
        }
        rungs
    }
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
fn survey<T: Real>(
    line: &mut Line<'_, T>,
    span: &Span,
    room: [i32; 2],
) -> Result<Survey, Obstacle> {
    let room = room.map(|rungs| usize::try_from(rungs).unwrap_or(0));
    let all = |known| Survey {
        below: room[0],
        above: room[1],
        known,
        fenced: false,
        leaves: None,
    };
    let center = match line.piece(0, span.step(span.from))? {
        Piece::Unknown => return Ok(all(false)),
        Piece::Everywhere => return Ok(all(true)),
        center @ Piece::Numbered { .. } => center,
    };
    let mut leaves: Option<f64> = None;
    let mut reach = |sign: i32, room: usize| -> Result<usize, Obstacle> {
        for rung in 0..room {
            let step = span.step(span.from + rung as i32);
            match line.piece(sign, step) {
                Ok(piece) if piece == center => {}
                Ok(_) => {
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
    quotients: &Quotients,
    h: f64,
    bounded: bool,
    epsilon_f: &dyn Fn(f64) -> f64,
) -> Outcome<Refined> {
    let central = quotients.central_rungs(h, epsilon_f);
    let below = one_sided(&quotients.below, h, epsilon_f, bounded);
    let above = one_sided(&quotients.above, h, epsilon_f, bounded);
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
            false => with_jumps(central, &quotients.gaps(), h, epsilon_f),
        };
        return sharpest_side(pieces, sharpest(&central), left, right, h);
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
            support: Support::Converged,
            motion: Motion::Clear,
            other_piece_within: pieces.leaves,
        });
    }

    let with_jumps = with_jumps(central, &quotients.gaps(), h, epsilon_f);
    let (Some((derivative, kink_in_reach)), Some((left, _)), Some((right, _))) =
        (sharpest(&with_jumps), left, right)
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
        support: Support::Converged,
        motion: Motion::Clear,
        other_piece_within: pieces.leaves,
    })
}

/// Where a bound cuts rungs off: the sharpest of what both sides say together and what each says by itself,
/// since all of them are the derivative. A side that has none of its own says what that one does.
fn sharpest_side(
    pieces: &Survey,
    central: Option<(Estimate, bool)>,
    left: Option<(Estimate, bool)>,
    right: Option<(Estimate, bool)>,
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
        support: Support::Converged,
        motion: Motion::Clear,
        other_piece_within: pieces.leaves,
    })
}

/// Whether two one-sided derivatives differ by more than their bars (docs/theory/kinks.md, equation 12).
fn differ(left: &Estimate, right: &Estimate) -> bool {
    (right.derivative - left.derivative).abs() > 2.0 * (left.error_bar() + right.error_bar())
}
