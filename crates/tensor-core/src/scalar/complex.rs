//! `Complex<f64>` as a scalar: each function keeps the relative accuracy of its imaginary part.
//!
//! That is all that matters here: a complex step has an imaginary part of 1e-30, and it carries the
//! derivative. Textbook formulas that combine the parts lose it. Invariant: knows nothing of functions that are
//! not analytic.

use errorfunctions::ComplexErrorFunctions;
use num_complex::Complex;

use super::Scalar;

/// 2/√π.
const TWO_OVER_ROOT_PI: f64 = std::f64::consts::FRAC_2_SQRT_PI;

/// Below this, y² is less than the rounding error of 1 and of every coefficient of a Taylor series in y.
const FIRST_ORDER: f64 = 1e-9;

impl Scalar for Complex<f64> {
    type Real = f64;

    #[inline]
    fn from_f64(value: f64) -> Self {
        Complex::new(value, 0.0)
    }

    #[inline]
    fn from_real(value: f64) -> Self {
        Complex::new(value, 0.0)
    }

    #[inline]
    fn real_part(self) -> f64 {
        self.re
    }

    #[inline]
    fn exp(self) -> Self {
        Complex::exp(self)
    }

    #[inline]
    fn ln(self) -> Self {
        ln_polar(self.re, self.im)
    }

    fn ln_1p(self) -> Self {
        let (x, y) = (self.re, self.im);
        // |1+z|² − 1 = x(2+x) + y², accurate for small z. Far from 0 it gains nothing: near −1 it
        // would cancel, and where it is large it could overflow.
        if x < -0.5 || x.abs().max(y.abs()) > 1e8 {
            return ln_polar(1.0 + x, y);
        }
        Complex::new(0.5 * (x * (2.0 + x) + y * y).ln_1p(), y.atan2(1.0 + x))
    }

    fn tanh(self) -> Self {
        // num_complex divides sinh 2x by cosh 2x, which overflow at x = 356; and 1 − tanh² cancels.
        let tanh = self.re.tanh();
        let tan = self.im.tan();
        let cosh = self.re.cosh();
        let denominator = 1.0 + tanh * tanh * tan * tan;
        // Divided twice: cosh² overflows at half the argument at which cosh does.
        let im = tan / cosh / cosh / denominator;
        Complex::new(tanh * (1.0 + tan * tan) / denominator, im)
    }

    fn erf(self) -> Self {
        let (x, y) = (self.re, self.im);
        if y.abs() < FIRST_ORDER {
            // erf(x+iy) = erf x + iy·2/√π·e^(−x²) + O(y²x e^(−x²)). Faddeeva's series is accurate to 8e-14
            // here, this one to rounding; and its real part has the bits of the real erf.
            return Complex::new(libm::erf(x), y * TWO_OVER_ROOT_PI * (-x * x).exp());
        }
        ComplexErrorFunctions::erf(self)
    }

    #[inline]
    fn is_finite(self) -> bool {
        self.re.is_finite() && self.im.is_finite()
    }
}

/// ln(x + iy) from its modulus and its angle, without overflow.
fn ln_polar(x: f64, y: f64) -> Complex<f64> {
    Complex::new(x.hypot(y).ln(), y.atan2(x))
}
