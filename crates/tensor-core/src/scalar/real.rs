//! `f32` and `f64` as scalars.
//!
//! Computes nothing itself: all functions are the standard library's, except for erf, which it lacks and
//! which is libm's.

use super::{RealScalar, Scalar};
use crate::exponentials;

macro_rules! real {
    ($real:ident, $erf:path $(; $($own:tt)*)?) => {
        impl Scalar for $real {
            type Real = Self;

            #[inline]
            fn from_f64(value: f64) -> Self {
                value as Self
            }

            #[inline]
            fn from_real(value: Self) -> Self {
                value
            }

            #[inline]
            fn real_part(self) -> Self {
                self
            }

            #[inline]
            fn exp(self) -> Self {
                $real::exp(self)
            }

            #[inline]
            fn ln(self) -> Self {
                $real::ln(self)
            }

            #[inline]
            fn ln_1p(self) -> Self {
                $real::ln_1p(self)
            }

            #[inline]
            fn tanh(self) -> Self {
                $real::tanh(self)
            }

            fn erf(self) -> Self {
                $erf(self)
            }

            #[inline]
            fn is_finite(self) -> bool {
                $real::is_finite(self)
            }

            // Compared in this order, it is one instruction, and a NaN stays a NaN.
            #[inline(always)]
            fn cut_off(self) -> Self {
                if 0.0 > self { 0.0 } else { self }
            }

            $($($own)*)?
        }

        impl RealScalar for $real {
            const EPSILON: Self = $real::EPSILON;

            #[inline]
            fn to_f64(self) -> f64 {
                f64::from(self)
            }

            #[inline]
            fn abs(self) -> Self {
                $real::abs(self)
            }

            #[inline]
            fn sqrt(self) -> Self {
                $real::sqrt(self)
            }
        }
    };
}

real!(f32, libm::erff);
real!(
    f64,
    libm::erf;
    fn softplus_each(x: &[Self], out: &mut [Self]) {
        exponentials::softplus(x, out);
    }

    #[inline(always)]
    fn softplus_of_nonpositive(self) -> Self {
        exponentials::softplus_of_nonpositive(self)
    }

    fn exp_nonpositive_each(x: &mut [Self]) {
        exponentials::exp_nonpositive(x);
    }
);
