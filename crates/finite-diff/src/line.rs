//! J along one coordinate: every value is evaluated once and remembered by its point.
//!
//! Invariant: knows no formula and no step rule. All steps that are powers of two times one another share their points,
//! whichever look asks for them.

use crate::domain::Interval;
use crate::error::Side;
use crate::objective::{Neighborhood, Piece};
use crate::{EvaluationError, Outcome, Real};

/// A probe that failed: where, and with what.
pub(crate) type ProbeFailure = (Side, EvaluationError);

/// A value of the coordinate, and J there.
pub(crate) type Seen<T> = (T, f64);

/// On so many points beside x a J that rounds has the same value.
const STILL: usize = 4;

/// A cost is known to a thousandth at least: what it moves by beyond that is no rounding.
pub(crate) const COARSEST: f64 = 1e-3;

/// t ↦ J(x + t·e_i), with what is known of it. The first point seen is x itself.
pub(crate) struct Line<'a, T> {
    near: &'a mut dyn Neighborhood<T>,
    coordinate: usize,
    x: T,
    /// The interval in which J may be evaluated, where not everywhere.
    interval: Option<Interval>,
    points: &'a mut Vec<Seen<T>>,
    /// How far from x J failed, at the nearest: it is not asked again so far away.
    fails_from: f64,
    pieces: Vec<(T, Piece)>,
    pub(crate) evaluations: u64,
    /// The first failure that was taken for J having no value so far away.
    pub(crate) passed_over: Option<ProbeFailure>,
}

/// Why a line has no value to give.
pub(crate) enum Obstacle {
    NonFinite { side: Side, value: f64 },
    NotRepresentable,
    Failed(ProbeFailure),
}

impl<'a, T: Real> Line<'a, T> {
    /// The line along `coordinate` through its value `x`, with what was `seen` on it: J at x first, and perhaps
    /// more. There each evaluation is remembered.
    pub(crate) fn new(
        near: &'a mut dyn Neighborhood<T>,
        coordinate: usize,
        x: T,
        interval: Option<Interval>,
        seen: &'a mut Vec<Seen<T>>,
    ) -> Self {
        Self {
            near,
            coordinate,
            x,
            interval,
            evaluations: seen.len().saturating_sub(1) as u64,
            points: seen,
            fails_from: f64::INFINITY,
            pieces: Vec::new(),
            passed_over: None,
        }
    }

    /// The value of the coordinate at the point itself.
    pub(crate) fn x(&self) -> T {
        self.x
    }

    /// Whether a bound limits the coordinate at all.
    pub(crate) fn is_bounded(&self) -> bool {
        self.interval.is_some()
    }

    /// Goes on without the value that could not be had.
    pub(crate) fn pass_over(&mut self, obstacle: Obstacle) {
        if let Obstacle::Failed(failure) = obstacle {
            self.passed_over.get_or_insert(failure);
        }
    }

    /// Whether x + offset·h is a point where J may be evaluated.
    pub(crate) fn admits(&self, offset: i32, h: f64) -> bool {
        let Some(interval) = &self.interval else {
            return true;
        };
        offset == 0 || point(self.x, offset, h).is_some_and(|x| interval.admits(x))
    }

    fn point(&self, offset: i32, h: f64) -> Result<(T, Side), Obstacle> {
        let replacement = point(self.x, offset, h)
            .filter(|_| self.admits(offset, h))
            .ok_or(Obstacle::NotRepresentable)?;
        Ok((
            replacement,
            Side {
                offset,
                replacement: replacement.widen(),
            },
        ))
    }

    /// The point x + offset·h as formed in the working type, and J there.
    ///
    /// Inlined: what is known already is asked for four times a coordinate, and takes longer to be handed over
    /// than to be found.
    #[inline(always)]
    pub(crate) fn at(&mut self, offset: i32, h: f64) -> Result<(f64, f64), Obstacle> {
        let (replacement, side) = self.point(offset, h)?;
        let known = self.points.iter().find(|seen| seen.0 == replacement);
        let value = match known {
            Some(&(_, value)) => value,
            None => self.evaluate(replacement, side)?,
        };
        if !value.is_finite() {
            return Err(Obstacle::NonFinite { side, value });
        }
        Ok((side.replacement, value))
    }

    fn distance(&self, replacement: T) -> f64 {
        (replacement.widen() - self.x.widen()).abs()
    }

    fn evaluate(&mut self, replacement: T, side: Side) -> Result<f64, Obstacle> {
        if self.distance(replacement) >= self.fails_from {
            return Err(Obstacle::NotRepresentable);
        }
        self.evaluations += 1;
        let value = match self.near.value_with(self.coordinate, replacement) {
            Ok(value) => value.widen(),
            Err(source) => {
                self.fails_from = self.distance(replacement).min(self.fails_from);
                return Err(Obstacle::Failed((side, source)));
            }
        };
        self.points.push((replacement, value));
        Ok(value)
    }

    /// The smooth piece of J at x + offset·h. It costs a forward pass, and is counted as one, where
    /// there is more than one piece.
    pub(crate) fn piece(&mut self, offset: i32, h: f64) -> Result<Piece, Obstacle> {
        let (replacement, side) = self.point(offset, h)?;
        if let Some((_, piece)) = self.pieces.iter().find(|seen| seen.0 == replacement) {
            return Ok(*piece);
        }
        let piece = self
            .near
            .piece_with(self.coordinate, replacement)
            .map_err(|source| Obstacle::Failed((side, source)))?;
        self.evaluations += u64::from(matches!(piece, Piece::Numbered { .. }));
        self.pieces.push((replacement, piece));
        Ok(piece)
    }

    /// (J(x_t) − J(x_f))/(x_t − x_f), by the distance the two points really have.
    #[inline]
    pub(crate) fn quotient(&mut self, from: i32, to: i32, h: f64) -> Result<f64, Obstacle> {
        let (x_from, j_from) = self.at(from, h)?;
        let (x_to, j_to) = self.at(to, h)?;
        if x_to == x_from {
            return Err(Obstacle::NotRepresentable);
        }
        Ok((j_to - j_from) / (x_to - x_from))
    }

    /// Whether every value seen is the same; the sign of a zero is none.
    pub(crate) fn is_flat(&self) -> bool {
        self.points.iter().all(|seen| seen.1 == self.points[0].1)
    }

    /// The smallest change of J next to x: the rounding of what it adds up, where that is larger than
    /// that of J. `None` where it moves at once, never, or by so much that it is a jump and no rounding.
    pub(crate) fn first_move(&self) -> Option<f64> {
        let (x, center) = (self.x.widen(), self.points.first()?.1);
        let away = |seen: &Seen<T>| (seen.0.widen() - x).abs();
        let moved = self.points.iter().filter(|seen| seen.1 != center);
        let nearest = moved.min_by(|a, b| away(a).total_cmp(&away(b)))?;
        let still = self.points.iter().filter(|seen| away(seen) < away(nearest));
        let step = (nearest.1 - center).abs();
        let is_rounding = center == 0.0 || step <= COARSEST * center.abs();
        (still.count() > STILL && is_rounding).then_some(step)
    }

    /// The largest finite |J − J(x)| seen.
    pub(crate) fn moves_by(&self) -> f64 {
        let center = self.points.first().map_or(f64::NAN, |seen| seen.1);
        let apart = self.points.iter().map(|seen| (seen.1 - center).abs());
        apart.filter(|apart| apart.is_finite()).fold(0.0, f64::max)
    }

    /// The largest finite |J| seen on the line, so far from x at most.
    pub(crate) fn magnitude(&self, distance: f64) -> f64 {
        let x = self.x.widen();
        self.points
            .iter()
            .filter(|seen| (seen.0.widen() - x).abs() <= distance)
            .map(|seen| seen.1.abs())
            .filter(|value| value.is_finite())
            .fold(0.0, f64::max)
    }
}

/// The point x + offset·h as formed in the working type; `None` where it rounds to x or past the largest
/// number.
#[inline]
pub(crate) fn point<T: Real>(x: T, offset: i32, h: f64) -> Option<T> {
    let replacement = T::narrow(x.widen() + f64::from(offset) * h);
    let vanished = offset != 0 && replacement == x;
    (!vanished && replacement.is_finite()).then_some(replacement)
}

impl Obstacle {
    /// The outcome it amounts to, or the failure that stops the run.
    pub(crate) fn into_outcome<E>(self, step: f64) -> Result<Outcome<E>, ProbeFailure> {
        match self {
            Self::NonFinite { side, value } => Ok(Outcome::NonFinite { side, value }),
            Self::NotRepresentable => Ok(Outcome::StepNotRepresentable { step }),
            Self::Failed(failure) => Err(failure),
        }
    }
}
