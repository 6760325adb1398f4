//! The derivative along one coordinate, with its error bar. All numerics live here and in
//! [`ladder`](crate::ladder), on functions of one variable.
//!
//! Invariant: knows nothing of how many coordinates there are.

use crate::error::Side;
use crate::formula::Choice;
use crate::growth::Growth;
use crate::line::{Line, Obstacle, ProbeFailure};
use crate::{Real, Stencil};

/// A numeric derivative with its error bar B = truncation + noise.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The derivative d.
    pub derivative: f64,
    /// The bound on the truncation error of the formula: 3·|D(2h) − D(h)|/(2ᵖ − 1) for a stencil of order p.
    pub truncation: f64,
    /// The bound on the rounding error from J: c·ε_f/h, c the stencil's noise amplification.
    pub noise: f64,
    /// The step h it was taken with.
    pub step: f64,
    /// Whether J was the same at every point, so that it does not change with the coordinate.
    pub flat: bool,
    /// Whether the slopes on the two sides of x differ beyond noise, and by as much at h as at 2h: on smooth ground
    /// their gap is twice as large at 2h (docs/theory/kinks.md, equation K3).
    pub kink: bool,
}

impl Estimate {
    /// B, the half-width of the interval around `derivative` that should hold the true one.
    pub fn error_bar(&self) -> f64 {
        self.truncation + self.noise
    }
}

/// The outcome at one coordinate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Outcome<E = Estimate> {
    /// A derivative.
    Estimated(E),
    /// J was NaN or infinite at one of the points.
    NonFinite {
        /// The point of the stencil.
        side: Side,
        /// The value of J at that point.
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

/// The source of the absolute noise ε_f of one evaluation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Noise {
    /// ε_f = c·ε·|J|, with ε of the type J is computed in. The default, with c = 2.
    Relative(f64),
    /// ε_f as measured.
    Absolute(f64),
    /// ε_f as measured, where it grows with the distance t from the point: ε_f(t) = at_point + growth(t).
    Growing {
        /// ε_f at the point itself.
        at_point: f64,
        /// The growth of the noise with the distance t.
        growth: Growth,
        /// The unit of the distance t.
        unit: Unit,
    },
}

/// The length that a step or a distance along a coordinate is measured in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Unit {
    /// max(1, |x|): parameters are of size 1 unless they are larger.
    #[default]
    One,
    /// |x|, and 1 where x = 0: a length in meters may be one that J varies by in nanometers.
    Own,
}

impl Unit {
    /// The unit at the value `x`.
    #[inline]
    pub fn at<T: Real>(self, x: T) -> f64 {
        let size = x.widen().abs();
        match self {
            Self::Own if size > 0.0 => size,
            _ => size.max(1.0),
        }
    }
}

impl Default for Noise {
    fn default() -> Self {
        Self::Relative(2.0)
    }
}

impl Noise {
    /// ε_f at the point, for values of J up to `magnitude`.
    #[inline]
    pub fn at<T: Real>(self, magnitude: f64) -> f64 {
        self.within(magnitude, T::zero(), 0.0)
    }

    /// ε_f within `reach` of the value `x` of a coordinate, for values of J up to `magnitude`.
    #[inline]
    pub fn within<T: Real>(self, magnitude: f64, x: T, reach: f64) -> f64 {
        let noise = match self {
            Self::Relative(c) => c * T::EPSILON * magnitude,
            Self::Absolute(noise) => noise,
            Self::Growing {
                at_point,
                growth,
                unit,
            } => at_point + growth.at(reach / unit.at(x)),
        };
        // Below the normal numbers the spacing no longer shrinks with the value.
        noise.max(2.0 * T::EPSILON * T::min_positive_value().widen())
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
    let epsilon_f = noise.within(line.magnitude(f64::INFINITY), line.x(), stencil.reach() * h);
    let noise = stencil.noise_amplification() * epsilon_f / h;
    let [derivative, wider, _] = derivatives;
    let kink = match stencil.is_central() && !choice.formula.inward {
        true => has_kink(line, h, epsilon_f),
        false => Ok(false),
    };
    let kink = match kink {
        Ok(kink) => kink,
        Err(obstacle) => return obstacle.into_outcome(h),
    };
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
        kink,
    }))
}

/// The multiple of its noise that a jump of the slope must exceed.
const SEEN: f64 = 2.0;

/// Whether the gap G(h) = (J(x+h) − 2J(x) + J(x−h))/h of the two one-sided slopes does not shrink with h.
/// On smooth ground 2G(h) − G(2h) is of third order, beside G(h) = h·J″; at a kink at x it is the jump of the slope, and
/// so is G(h). Its noise is at most 8ε_f/h. All four points are those of D(h) and D(2h).
fn has_kink<T: Real>(line: &mut Line<'_, T>, h: f64, epsilon_f: f64) -> Result<bool, Obstacle> {
    let mut gap = |stretch: i32| -> Result<f64, Obstacle> {
        Ok(line.quotient(0, stretch, h)? - line.quotient(-stretch, 0, h)?)
    };
    let (narrow, wide) = (gap(1)?, gap(2)?);
    let jump = (2.0 * narrow - wide).abs();
    Ok(jump > SEEN * JUMP_NOISE * epsilon_f / h && jump > 0.5 * narrow.abs())
}

/// The noise of 2G(h) − G(2h) in units of ε_f/h, all of the worst sign: its weights are 2, 2, 3, ½ and ½.
const JUMP_NOISE: f64 = 8.0;

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
