//! The numbers over which forward code can be generic.
//!
//! Analytic operations only, so that a function means the same on complex numbers. Invariant: knows
//! nothing of absolute values, norms and conjugates; each discards or negates the imaginary part.

mod complex;
mod real;

use num_traits::NumAssign;

/// A number that a forward pass can run on: `f32`, `f64` or `Complex<f64>`.
///
/// Every operation is analytic (holomorphic where it is defined). A branch may depend on
/// [`real_part`](Self::real_part) and on nothing else: then f(x + ih) takes the branch of f(x), and
/// Im f(x + ih)/h is the derivative of that branch (Squire & Trapp 1998; Martins, Sturdza & Alonso 2003,
/// §2.2).
///
/// ```
/// use num_complex::Complex;
/// use tensor_core::Scalar;
///
/// fn leaky<T: Scalar<Real = f64>>(x: T) -> T {
///     if x.real_part() > 0.0 { x } else { x * T::from_f64(0.01) }
/// }
/// let h = 1e-30;
/// assert_eq!(leaky(Complex::new(-2.0, h)).im / h, 0.01);
/// ```
pub trait Scalar:
    nalgebra::Scalar + Copy + Default + Send + Sync + NumAssign + std::ops::Neg<Output = Self>
{
    /// The real numbers underlying this type: itself for `f32` and `f64`, `f64` for `Complex<f64>`.
    type Real: RealScalar;

    /// The nearest number to `value`.
    fn from_f64(value: f64) -> Self;

    /// `value` itself, with no imaginary part.
    fn from_real(value: Self::Real) -> Self;

    /// Re x: the only part on which a branch may depend.
    fn real_part(self) -> Self::Real;

    /// eˣ.
    fn exp(self) -> Self;

    /// ln x, on the principal branch.
    fn ln(self) -> Self;

    /// ln(1 + x), exact to rounding for small x.
    fn ln_1p(self) -> Self;

    /// tanh x, which never overflows.
    fn tanh(self) -> Self;

    /// erf x = 2/√π ∫₀ˣ e^(−t²) dt.
    fn erf(self) -> Self;

    /// Whether every part is neither infinite nor NaN.
    fn is_finite(self) -> bool;

    /// max(x, 0) by the real part, and 0 at a real part of 0, where that decides on a derivative.
    #[doc(hidden)]
    #[inline(always)]
    fn cut_off(self) -> Self {
        if self.real_part() <= Self::Real::from_f64(0.0) {
            Self::zero()
        } else {
            self
        }
    }

    /// See [`softplus_each`](crate::softplus_each).
    #[doc(hidden)]
    fn softplus_each(x: &[Self], out: &mut [Self]) {
        for (out, &x) in out.iter_mut().zip(x) {
            *out = crate::softplus(x);
        }
    }

    /// ln(1 + eˣ) for x whose real part is at most 0, to be inlined into a loop over many.
    #[doc(hidden)]
    #[inline(always)]
    fn softplus_of_nonpositive(self) -> Self {
        self.exp().ln_1p()
    }

    /// eˣ of each entry, for entries whose real part is at most 0.
    #[doc(hidden)]
    fn exp_nonpositive_each(x: &mut [Self]) {
        for x in x {
            *x = x.exp();
        }
    }
}

/// A real number: a [`Scalar`] that can be compared.
pub trait RealScalar: Scalar<Real = Self> + PartialOrd {
    /// The distance from 1 to the next larger number, 2⁻²³ or 2⁻⁵².
    const EPSILON: Self;

    /// This number in double precision.
    fn to_f64(self) -> f64;

    /// |x|.
    fn abs(self) -> Self;

    /// √x, NaN below zero.
    fn sqrt(self) -> Self;
}
