//! Numbers of about 32 digits, each the sum of two `f64`, with the few functions that a network needs
//! (Dekker 1971; Hida, Li & Bailey 2001, "Algorithms for quad-double precision floating point
//! arithmetic", section 3).
//!
//! Only the oracle computes with them. Invariant: knows nothing of derivatives.

use std::ops::{Add, Div, Mul, Neg, Sub};

/// hi + lo, |lo| at most half a unit in the last place of hi.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct DoubleDouble {
    hi: f64,
    lo: f64,
}

/// ln 2.
const LN_2: DoubleDouble = DoubleDouble {
    hi: std::f64::consts::LN_2,
    lo: 2.319_046_813_846_299_6e-17,
};

/// π.
const PI: DoubleDouble = DoubleDouble {
    hi: std::f64::consts::PI,
    lo: 1.224_646_799_147_353_2e-16,
};

/// a + b and its rounding error; exact (Knuth).
fn two_sum(a: f64, b: f64) -> DoubleDouble {
    let hi = a + b;
    let virtual_b = hi - a;
    let lo = (a - (hi - virtual_b)) + (b - virtual_b);
    DoubleDouble { hi, lo }
}

/// Like [`two_sum`], for |a| ≥ |b|.
fn quick_two_sum(a: f64, b: f64) -> DoubleDouble {
    let hi = a + b;
    DoubleDouble {
        hi,
        lo: b - (hi - a),
    }
}

/// a·b and its rounding error; exact (Dekker), for |a|, |b| below 1e300.
fn two_product(a: f64, b: f64) -> DoubleDouble {
    let split = |x: f64| {
        let t = 134_217_729.0 * x;
        let high = t - (t - x);
        (high, x - high)
    };
    let hi = a * b;
    let ((a_hi, a_lo), (b_hi, b_lo)) = (split(a), split(b));
    let lo = ((a_hi * b_hi - hi) + a_hi * b_lo + a_lo * b_hi) + a_lo * b_lo;
    DoubleDouble { hi, lo }
}

impl From<f64> for DoubleDouble {
    fn from(hi: f64) -> Self {
        Self { hi, lo: 0.0 }
    }
}

impl Add for DoubleDouble {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        let high = two_sum(self.hi, other.hi);
        let low = two_sum(self.lo, other.lo);
        let sum = quick_two_sum(high.hi, high.lo + low.hi);
        quick_two_sum(sum.hi, sum.lo + low.lo)
    }
}

impl Neg for DoubleDouble {
    type Output = Self;
    fn neg(self) -> Self {
        Self {
            hi: -self.hi,
            lo: -self.lo,
        }
    }
}

impl Sub for DoubleDouble {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl Mul for DoubleDouble {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        let product = two_product(self.hi, other.hi);
        let cross = self.hi * other.lo + self.lo * other.hi;
        quick_two_sum(product.hi, product.lo + cross)
    }
}

impl Div for DoubleDouble {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        let first = self.hi / other.hi;
        let rest = self - other * first.into();
        let second = rest.hi / other.hi;
        let rest = rest - other * second.into();
        quick_two_sum(first, second) + (rest.hi / other.hi).into()
    }
}

impl DoubleDouble {
    pub(super) const ZERO: Self = Self { hi: 0.0, lo: 0.0 };

    /// The nearest `f64`.
    pub(super) fn to_f64(self) -> f64 {
        self.hi
    }

    fn times_power_of_two(self, exponent: i32) -> Self {
        // In two steps, since 2^exponent may not be an `f64` although the result is.
        let half = 2f64.powi(exponent / 2);
        let rest = 2f64.powi(exponent - exponent / 2);
        Self {
            hi: self.hi * half * rest,
            lo: self.lo * half * rest,
        }
    }

    /// √x, x > 0: one step of Newton from the square root of `f64`.
    pub(super) fn sqrt(self) -> Self {
        let root = Self::from(self.hi.sqrt());
        (root + self / root) * 0.5.into()
    }

    /// eˣ: by Taylor's series of (x − k ln 2)/512, squared nine times.
    pub(super) fn exp(self) -> Self {
        if self.hi < -745.0 {
            return Self::ZERO;
        }
        let k = (self.hi / LN_2.hi).round();
        let r = (self - LN_2 * k.into()).times_power_of_two(-9);
        // e^r − 1, which keeps its digits while it is squared: (1 + s)² − 1 = 2s + s².
        let (mut term, mut s) = (r, r);
        for n in 2..14 {
            term = term * r / f64::from(n).into();
            s = s + term;
        }
        for _ in 0..9 {
            s = s + s + s * s;
        }
        (s + 1.0.into()).times_power_of_two(k as i32)
    }

    /// ln(1 + x) for 0 ≤ x ≤ 1, with a relative accuracy of 32 digits.
    pub(super) fn ln_1p(self) -> Self {
        if self.hi < 1e-5 {
            // The first term left out is below 1e-35 of the first.
            let mut sum = Self::ZERO;
            for n in (1..8).rev() {
                sum = Self::from(1.0) / f64::from(n).into() - self * sum;
            }
            return self * sum;
        }
        // One step of Newton on e^y = 1 + x.
        let y = Self::from(self.hi.ln_1p());
        y + (self + 1.0.into()) * (-y).exp() - 1.0.into()
    }

    /// Φ(x), the normal distribution, to an absolute accuracy of 32 digits, and a relative one in the lower tail.
    pub(super) fn normal_distribution(self) -> Self {
        let half = Self::from(0.5);
        if self.hi < -8.0 {
            return self.upper_tail_of_negative();
        }
        if self.hi > 8.0 {
            return Self::from(1.0) - (-self).upper_tail_of_negative();
        }
        // Φ(x) = ½ + φ(x)·Σ x^(2n+1)/(1·3·5…(2n+1)): all terms have one sign.
        let square = self * self;
        let (mut term, mut sum) = (self, self);
        let mut n = 1.0;
        while term.hi.abs() > 1e-34 * sum.hi.abs() {
            n += 2.0;
            term = term * square / n.into();
            sum = sum + term;
        }
        half + self.normal_density() * sum
    }

    /// φ(x) = e^(−x²/2)/√(2π).
    pub(super) fn normal_density(self) -> Self {
        (-(self * self) * 0.5.into()).exp() / (PI + PI).sqrt()
    }

    /// Φ(x) for x < −8: φ(x)/(t + 1/(t + 2/(t + 3/…))), t = −x (Laplace).
    fn upper_tail_of_negative(self) -> Self {
        let t = -self;
        let mut fraction = t;
        for n in (1..120).rev() {
            fraction = t + Self::from(f64::from(n)) / fraction;
        }
        self.normal_density() / fraction
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether hi + lo are the same number to 30 digits.
    fn check(got: DoubleDouble, hi: f64, lo: f64) {
        let expected = two_sum(hi, lo);
        let apart = (got - expected).hi.abs();
        assert!(apart <= 1e-30 * hi.abs(), "{got:?} against {expected:?}");
    }

    #[test]
    fn functions_have_thirty_digits() {
        // e, √2, ln 1.5, tested against identities and known constants.
        let one = DoubleDouble::from(1.0);
        check(one.exp(), std::f64::consts::E, 1.445_646_891_729_250_2e-16);
        check(
            DoubleDouble::from(2.0).sqrt(),
            std::f64::consts::SQRT_2,
            -9.667_293_313_452_913e-17,
        );
        check(one.ln_1p(), LN_2.hi, LN_2.lo);
        let x = DoubleDouble::from(0.3) / 7.0.into();
        let y = x.ln_1p().exp() - 1.0.into();
        assert!((y - x).hi.abs() < 1e-31, "{y:?} {x:?}");
        let tiny = DoubleDouble::from(1e-9);
        let y = tiny - tiny * tiny * 0.5.into() + tiny * tiny * tiny / 3.0.into();
        assert!((tiny.ln_1p() - y).hi.abs() < 1e-36);
        let (a, b) = (DoubleDouble::from(-3.7), DoubleDouble::from(1.9));
        let apart = a.exp() * b.exp() - (a + b).exp();
        assert!(apart.hi.abs() < 1e-32);
    }

    #[test]
    fn the_normal_distribution_is_the_same_from_both_formulas() {
        for x in [-8.0, -7.0, -6.0] {
            let x = DoubleDouble::from(x);
            let (near, far) = (x.normal_distribution(), x.upper_tail_of_negative());
            assert!((near - far).hi.abs() < 1e-31, "{near:?} {far:?}");
        }
        let sum = DoubleDouble::from(1.3).normal_distribution()
            + DoubleDouble::from(-1.3).normal_distribution();
        check(sum, 1.0, 0.0);
        // Φ(1), from tables.
        let one = DoubleDouble::from(1.0).normal_distribution();
        assert!((one.to_f64() - 0.841_344_746_068_542_9).abs() < 1e-16);
    }
}
