//! The rules that choose the step size h.

use std::fmt;

use crate::{Real, Stencil};

/// The rule by which the step size h follows from the coordinate's value x.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum StepSize {
    /// One h for every x, taken as given; the course's rule with h = 1e-7.
    Absolute(f64),
    /// h = r·max(1, |x|), rounded to a power of two.
    Relative(f64),
    /// h = ε^(1/(p+1))·max(1, |x|) for a stencil of order p, rounded to a power of two: the step
    /// at which truncation and rounding balance for a function whose value and derivatives are all
    /// of order 1 (Nocedal & Wright 2006, section 8.1; Press et al. 2007, section 5.7). 1.5e-8 for
    /// forward, 6e-6 for central, 7e-4 for five-point differences in `f64`.
    Optimal,
}

impl fmt::Display for StepSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absolute(step) => write!(f, "{step}"),
            Self::Relative(step) => write!(f, "{step}·max(1, |x|)"),
            Self::Optimal => f.write_str("optimal"),
        }
    }
}

impl StepSize {
    /// h for the value `x` under `stencil`, evaluated in the type `T`.
    ///
    /// Powers of two, so that x + h is exact, or nearly, wherever h is not smaller than the spacing of
    /// the numbers around x; quotients divide by the step really taken all the same.
    pub fn at<T: Real>(self, x: T, stencil: &Stencil) -> f64 {
        self.under::<T>(stencil).at(x)
    }

    /// The rule for a stencil, for whoever asks for many steps.
    pub fn under<T: Real>(self, stencil: &Stencil) -> StepRule {
        StepRule(match self {
            Self::Absolute(h) => Rule::Absolute(h),
            Self::Relative(r) => Rule::Relative(r),
            Self::Optimal => Rule::Relative(T::EPSILON.powf(1.0 / f64::from(stencil.order() + 1))),
        })
    }

    /// Whether the rule gives a usable step size: finite and above zero.
    pub fn is_valid(self) -> bool {
        match self {
            Self::Absolute(h) | Self::Relative(h) => h.is_finite() && h > 0.0,
            Self::Optimal => true,
        }
    }
}

/// A [`StepSize`] for one stencil and one type of numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepRule(Rule);

#[derive(Debug, Clone, Copy, PartialEq)]
enum Rule {
    Absolute(f64),
    Relative(f64),
}

impl StepRule {
    /// h for the value `x`; see [`StepSize::at`].
    pub fn at<T: Real>(self, x: T) -> f64 {
        match self.0 {
            Rule::Absolute(h) => h,
            Rule::Relative(r) => power_of_two(r * x.widen().abs().max(1.0)),
        }
    }

    /// h for each of `x`, the same numbers as of [`at`](Self::at): a loop without branches, inlined so that it
    /// is compiled for the processor of whoever calls it.
    ///
    /// ```
    /// use finite_diff::{Stencil, StepSize};
    /// let rule = StepSize::Optimal.under::<f64>(&Stencil::CENTRAL);
    /// let mut steps = [0.0; 2];
    /// rule.at_each(&[0.5, -1e6], &mut steps);
    /// assert_eq!(steps, [rule.at(0.5), rule.at(-1e6)]);
    /// ```
    #[inline(always)]
    pub fn at_each(self, x: &[f64], steps: &mut [f64]) {
        match self.0 {
            Rule::Absolute(h) => steps.fill(h),
            Rule::Relative(r) => {
                let mut normal = true;
                for (step, &x) in steps.iter_mut().zip(x) {
                    let size = x.abs();
                    let value = r * if size > 1.0 { size } else { 1.0 };
                    normal &= is_normal_and_positive(value);
                    *step = nearest_power(value);
                }
                if !normal {
                    for (step, &x) in steps.iter_mut().zip(x) {
                        *step = self.at(x);
                    }
                }
            }
        }
    }
}

/// The power of two nearest to `value` on the logarithmic scale: 2^e or 2^(e+1) for 2^e·f with f below or from
/// √2 on. Read off the bits, since it is asked for each coordinate of each example; what is no normal number
/// above 0 goes by logarithms.
fn power_of_two(value: f64) -> f64 {
    if is_normal_and_positive(value) {
        nearest_power(value)
    } else {
        value.log2().round().exp2()
    }
}

#[inline(always)]
fn is_normal_and_positive(value: f64) -> bool {
    (f64::MIN_POSITIVE..f64::INFINITY).contains(&value)
}

/// [`power_of_two`] of a normal number above 0.
#[inline(always)]
fn nearest_power(value: f64) -> f64 {
    const MANTISSA: u64 = (1 << 52) - 1;
    let power = f64::from_bits(value.to_bits() & !MANTISSA);
    // Exact, as the quotient of the two would be.
    if value >= std::f64::consts::SQRT_2 * power {
        2.0 * power
    } else {
        power
    }
}
