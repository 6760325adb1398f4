//! The derivative along one coordinate, with its error bar. All numerics live here and in
//! [`ladder`](crate::ladder), on functions of one variable.
//!
//! Refuses to know how many coordinates there are.

use crate::domain::Interval;
use crate::error::Side;
use crate::formula::Choice;
use crate::{EvaluationError, Growth, Neighborhood, Piece, Real, Stencil};

/// A numeric derivative with its error bar B = truncation + noise.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The derivative d.
    pub derivative: f64,
    /// How far the formula itself may be off: 3·|D(2h) − D(h)|/(2ᵖ − 1) for a stencil of order p.
    pub truncation: f64,
    /// How far rounding in J may throw it off: c·ε_f/h, c the stencil's noise amplification.
    pub noise: f64,
    /// The step h it was taken with.
    pub step: f64,
    /// Whether J was the same at every point: it does not move with the coordinate.
    pub flat: bool,
}

impl Estimate {
    /// B, the half-width of the interval around `derivative` that should hold the true one.
    pub fn error_bar(&self) -> f64 {
        self.truncation + self.noise
    }
}

/// What came of one coordinate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Outcome<E = Estimate> {
    /// A derivative.
    Estimated(E),
    /// J was NaN or infinite at one of the points.
    NonFinite {
        /// Which one.
        side: Side,
        /// What J was there.
        value: f64,
    },
    /// x + h rounds to x, or past the largest number, so that there is nothing to divide by.
    StepNotRepresentable {
        /// The step asked for.
        step: f64,
    },
}

impl<E> Outcome<E> {
    /// The derivative, if there is one.
    pub fn estimated(&self) -> Option<&E> {
        match self {
            Self::Estimated(estimate) => Some(estimate),
            _ => None,
        }
    }
}

/// How the absolute noise ε_f of one evaluation is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Noise {
    /// ε_f = c·ε·|J|, with ε of the type J is computed in. The default, with c = 2.
    Relative(f64),
    /// ε_f as measured.
    Absolute(f64),
    /// The same where it grows with the distance t·max(1, |x|) from the point:
    /// ε_f(t) = at_point + growth(t).
    Growing {
        /// ε_f at the point itself.
        at_point: f64,
        /// What it grows by.
        growth: Growth,
    },
}

impl Default for Noise {
    fn default() -> Self {
        Self::Relative(2.0)
    }
}

impl Noise {
    /// ε_f at the point, for values of J up to `magnitude`.
    pub fn at<T: Real>(self, magnitude: f64) -> f64 {
        self.within::<T>(magnitude, 0.0)
    }

    /// ε_f up to the distance `distance`·max(1, |x|) from the point, for values of J up to
    /// `magnitude`.
    pub fn within<T: Real>(self, magnitude: f64, distance: f64) -> f64 {
        let noise = match self {
            Self::Relative(c) => c * T::EPSILON * magnitude,
            Self::Absolute(noise) => noise,
            Self::Growing { at_point, growth } => at_point + growth.at(distance),
        };
        // Below the normal numbers the spacing no longer shrinks with the value.
        noise.max(2.0 * T::EPSILON * T::min_positive_value().widen())
    }
}

/// A probe that failed: where, and with what.
pub(crate) type ProbeFailure = (Side, EvaluationError);

/// A point x + offset·h of a line, and J there.
pub(crate) type Seen<T> = (i32, T, f64);

/// Evaluates J along one coordinate and remembers what it has.
pub(crate) struct Line<'a, T> {
    near: &'a mut dyn Neighborhood<T>,
    coordinate: usize,
    x: T,
    /// Between which J may be evaluated, where not everywhere.
    pub(crate) interval: Option<Interval>,
    points: &'a mut Vec<Seen<T>>,
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
    /// The line along `coordinate` through its value `x`, with what was `seen` on it: J at x, and perhaps
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
            passed_over: None,
        }
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

    /// Forgets all points but x, for another step.
    pub(crate) fn restart(&mut self) {
        self.points.retain(|point| point.0 == 0);
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
        let (replacement, value) = match self.points.iter().find(|p| p.0 == offset) {
            Some(&(_, x, value)) => (x.widen(), value),
            None => self.evaluate(offset, h)?,
        };
        if !value.is_finite() {
            let side = Side {
                offset,
                replacement,
            };
            return Err(Obstacle::NonFinite { side, value });
        }
        Ok((replacement, value))
    }

    fn evaluate(&mut self, offset: i32, h: f64) -> Result<(f64, f64), Obstacle> {
        let (replacement, side) = self.point(offset, h)?;
        self.evaluations += 1;
        let value = match self.near.value_with(self.coordinate, replacement) {
            Ok(value) => value.widen(),
            Err(source) => return Err(Obstacle::Failed((side, source))),
        };
        self.points.push((offset, replacement, value));
        Ok((replacement.widen(), value))
    }

    /// The smooth piece of J at x + offset·h. It costs a forward pass, and is counted as one, where
    /// there is more than one piece.
    pub(crate) fn piece(&mut self, offset: i32, h: f64) -> Result<Piece, Obstacle> {
        let (replacement, side) = self.point(offset, h)?;
        let piece = self
            .near
            .piece_with(self.coordinate, replacement)
            .map_err(|source| Obstacle::Failed((side, source)))?;
        self.evaluations += u64::from(matches!(piece, Piece::Numbered { .. }));
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
    fn is_flat(&self) -> bool {
        self.points.iter().all(|point| point.2 == self.points[0].2)
    }

    /// The largest |J| seen on the line, so many steps from x at most.
    pub(crate) fn magnitude(&self, reach: i32) -> f64 {
        self.points
            .iter()
            .filter(|point| point.0.abs() <= reach)
            .map(|point| point.2.abs())
            .filter(|value| value.is_finite())
            .fold(0.0, f64::max)
    }
}

/// The point x + offset·h as formed in the working type; `None` where it rounds to x or past the largest
/// number.
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

/// The derivative by the formula chosen at its h, with the error bar from a second step 2h:
/// B = 3·|D(2h) − D(h)|/(2ᵖ − 1) + c·ε_f/h (docs/theory/derivatives.md, equation 5), or from a second and a
/// third where the formula was chosen for a bound (docs/theory/bounds.md, equation B3).
///
/// The points of D(2h) are shared with D(h) where they coincide: 2 evaluations for forward
/// differences, 4 for central, 6 for five-point, J(x) being known.
pub(crate) fn estimate<T: Real>(
    line: &mut Line<'_, T>,
    choice: &Choice<'_>,
    noise: Noise,
) -> Result<Outcome, ProbeFailure> {
    let (stencil, h) = (&choice.formula.stencil, choice.step);
    let mut derivatives = [0.0; 3];
    let steps = if choice.formula.inward { 3 } else { 2 };
    for (derivative, stretch) in derivatives.iter_mut().zip([1, 2, 4]).take(steps) {
        match combine(line, stencil, stretch, h) {
            Ok(d) => *derivative = d,
            Err(obstacle) => return obstacle.into_outcome(h),
        }
    }
    let distance = stencil.reach() * h / line.x.widen().abs().max(1.0);
    let epsilon_f = noise.within::<T>(line.magnitude(i32::MAX), distance);
    let noise = stencil.noise_amplification() * epsilon_f / h;
    let [derivative, wider, _] = derivatives;
    Ok(Outcome::Estimated(Estimate {
        derivative,
        truncation: if choice.formula.inward {
            // D(2h) has half the noise of D(h).
            stencil.observed_truncation(derivatives, 1.5 * noise)
        } else {
            stencil.truncation(derivative, wider)
        },
        noise,
        step: h,
        flat: line.is_flat(),
    }))
}

/// D(stretch·h) on the grid of h (docs/theory/derivatives.md, equation 1).
fn combine<T: Real>(
    line: &mut Line<'_, T>,
    stencil: &Stencil,
    stretch: i32,
    h: f64,
) -> Result<f64, Obstacle> {
    let mut sum = 0.0;
    for q in stencil.quotients() {
        sum += q.weight * line.quotient(q.from * stretch, q.to * stretch, h)?;
    }
    Ok(sum)
}
