//! The complex step through each elementary function is its derivative.

use num_complex::Complex;
use proptest::prelude::*;
use tensor_core::Scalar;

use crate::distance;

const H: f64 = 1e-30;

fn relative(got: f64, expected: f64) -> f64 {
    if got == expected {
        0.0
    } else {
        ((got - expected) / expected).abs()
    }
}

/// Im f(x + ih)/h, and that Re f(x + ih) is f(x).
fn derivative(x: f64, complex: fn(Complex<f64>) -> Complex<f64>, real: fn(f64) -> f64) -> f64 {
    let value = complex(Complex::new(x, H));
    let expected = real(x);
    assert!(
        relative(value.re, expected) < 1e-14,
        "f({x}) is {expected}, complex {}",
        value.re
    );
    value.im / H
}

proptest! {
    #[test]
    fn exp_and_logarithms(x in -300.0..300.0f64, exponent in -12.0..250.0f64) {
        prop_assert!(relative(derivative(x, Scalar::exp, Scalar::exp), x.exp()) < 1e-14);
        // A step of 1e-30 is small only beside what is larger.
        let positive = 10f64.powf(exponent);
        let slope = derivative(positive, Scalar::ln, Scalar::ln);
        prop_assert!(relative(slope, 1.0 / positive) < 1e-14);
    }

    #[test]
    fn ln_1p_keeps_small_arguments(exponent in -30.0..30.0f64) {
        let x = 10f64.powf(exponent);
        let slope = derivative(x, Scalar::ln_1p, Scalar::ln_1p);
        prop_assert!(relative(slope, 1.0 / (1.0 + x)) < 1e-14);
        let below = -x.min(0.9 / x.max(1.0));
        let slope = derivative(below, Scalar::ln_1p, Scalar::ln_1p);
        prop_assert!(relative(slope, 1.0 / (1.0 + below)) < 1e-14);
    }

    #[test]
    fn tanh_does_not_overflow_or_cancel(x in -300.0..300.0f64) {
        // sech²x, from its exponentials.
        let e = (-2.0 * x.abs()).exp();
        let expected = 4.0 * e / ((1.0 + e) * (1.0 + e));
        prop_assert!(relative(derivative(x, Scalar::tanh, Scalar::tanh), expected) < 1e-13);
    }

    #[test]
    fn erf_keeps_the_imaginary_part(x in -8.0..8.0f64) {
        let expected = std::f64::consts::FRAC_2_SQRT_PI * (-x * x).exp();
        prop_assert!(relative(derivative(x, Scalar::erf, Scalar::erf), expected) < 1e-13);
    }

    /// Both sides of the switch to the first-order term, against the series to third order.
    #[test]
    fn erf_is_smooth_across_its_switch(x in -5.0..5.0f64, exponent in -12.0..-5.0f64) {
        let y = 10f64.powf(exponent);
        let slope = std::f64::consts::FRAC_2_SQRT_PI * (-x * x).exp();
        let re = libm::erf(x) + y * y * x * slope;
        let im = y * slope * (1.0 - y * y * (4.0 * x * x - 2.0) / 6.0);
        let got = Complex::new(x, y).erf();
        prop_assert!(distance(got.re, re) < 1e-14, "{} against {re}", got.re);
        prop_assert!(relative(got.im, im) < 1e-11, "{} against {im}", got.im);
    }

    /// Away from the real axis, where nothing is first order.
    #[test]
    fn complex_functions_satisfy_their_identities(x in -3.0..3.0f64, y in -1.0..1.0f64) {
        let z = Complex::new(x, y);
        let close = |a: Complex<f64>, b: Complex<f64>| {
            distance(a.re, b.re) < 1e-13 && distance(a.im, b.im) < 1e-13
        };
        let quotient = Complex::sinh(z) / Complex::cosh(z);
        prop_assert!(close(Scalar::tanh(z), quotient));
        prop_assert!(close(Scalar::ln_1p(z), Complex::ln(z + 1.0)));
        prop_assert!(close(-Scalar::erf(z), Scalar::erf(-z)));
        let mirrored = Scalar::erf(Complex::new(x, -y));
        prop_assert!(close(Scalar::erf(z), Complex::new(mirrored.re, -mirrored.im)));
    }
}

#[test]
fn extremes() {
    let far = Scalar::tanh(Complex::new(1e4, H));
    assert_eq!((far.re, far.im), (1.0, 0.0));
    assert_eq!(Scalar::ln_1p(Complex::new(-1.0, 0.0)).re, f64::NEG_INFINITY);
    assert!(Scalar::is_finite(Scalar::ln_1p(Complex::new(1e300, 1e300))));
    assert!(!Scalar::is_finite(Complex::new(0.0, f64::NAN)));
    assert_eq!(<f32 as Scalar>::from_f64(0.1), 0.1f32);
    assert_eq!(Scalar::erf(0.5f32), libm::erff(0.5));
}
