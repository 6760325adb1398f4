//! eˣ and softplus over whole slices, written so that a compiler can vectorize them.
//!
//! No branch and no table; one division per entry. Invariant: knows nothing of what the numbers mean.

use crate::vectorized::{Kernel, vectorized};

/// e^r = 1 + r + r²·q(r) for |r| ≤ ½ ln 2: q, of degree 9, with an error of 1e-16. From
/// scripts/coefficients.py, like [`LOGARITHM`].
const EXPONENTIAL: [f64; 10] = [
    0.5000000000000001,
    0.16666666666666669,
    0.04166666666662413,
    0.008333333333330062,
    0.0013888888917213717,
    0.00019841269863053618,
    2.4801521295954376e-05,
    2.7557268459997064e-06,
    2.7620088445409746e-07,
    2.510038549551032e-08,
];

/// 2 artanh s = s·(2 + z·g(z)) with z = s² for s ≤ ⅓: g, of degree 10, with an error of 2e-18.
const LOGARITHM: [f64; 11] = [
    0.6666666666666666,
    0.39999999999999525,
    0.285714285716001,
    0.2222222219823677,
    0.18181819897962714,
    0.1538454396486055,
    0.13335178631449257,
    0.11734279061303197,
    0.10845178394880015,
    0.07492143795550767,
    0.1563057780092285,
];

/// The high part of ln 2, of 32 bits, so that a small multiple of it is exact; the rest is `LN_2_LOW` (fdlibm, e_exp.c).
const LN_2_HIGH: f64 = 6.931_471_803_691_238e-1;
const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;

/// 1.5·2⁵²: a number added to it is rounded to an integer, which is then in the last bits of the sum.
const ROUNDING: f64 = 6_755_399_441_055_744.0;

/// Below this, e^x nears the smallest normal number, at the end of the exponent's range.
const LOWEST: f64 = -708.0;

/// e^x for x ≤ 0, and e^(−708) = 3e-308 for x below −708: within 2 units in the last place.
#[inline(always)]
fn exp_of_nonpositive(x: f64) -> f64 {
    let x = if x < LOWEST { LOWEST } else { x };
    let shifted = x * std::f64::consts::LOG2_E + ROUNDING;
    let k = shifted - ROUNDING;
    let r = x - k * LN_2_HIGH - k * LN_2_LOW;
    let c = &EXPONENTIAL;
    // Estrin's scheme: short chains of operations that depend on one another.
    let (r2, r4) = (r * r, (r * r) * (r * r));
    let low = (c[0] + c[1] * r) + (c[2] + c[3] * r) * r2;
    let high = ((c[4] + c[5] * r) + (c[6] + c[7] * r) * r2) + (c[8] + c[9] * r) * r4;
    let power = 1.0 + (r + r2 * (low + high * r4));
    power * f64::from_bits(shifted.to_bits().wrapping_add(1023) << 52)
}

/// ln(1 + e) for e from 0 to 1, as 2 artanh(e/(2+e)): within 2 units in the last place.
#[inline(always)]
fn ln_1p_of_unit(e: f64) -> f64 {
    let s = e / (2.0 + e);
    let z = s * s;
    let c = &LOGARITHM;
    let (z2, z4) = (z * z, (z * z) * (z * z));
    let low = (c[0] + c[1] * z) + (c[2] + c[3] * z) * z2;
    let middle = (c[4] + c[5] * z) + (c[6] + c[7] * z) * z2;
    let high = (c[8] + c[9] * z) + c[10] * z2;
    // 2·s is exact: one rounding fewer than with the 2 inside the parentheses.
    2.0 * s + s * (z * (low + z4 * (middle + z4 * high)))
}

/// ln(1 + e^x) for x ≤ 0, within 4 units in the last place; below −708 it keeps its value at −708.
#[inline(always)]
pub(crate) fn softplus_of_nonpositive(x: f64) -> f64 {
    ln_1p_of_unit(exp_of_nonpositive(x))
}

/// ln(1 + e^x) = max(x, 0) + ln(1 + e^(−|x|)) of each entry, within 4 units in the last place; below −708
/// it keeps its value at −708.
pub(crate) fn softplus(x: &[f64], out: &mut [f64]) {
    vectorized(Softplus { x, out });
}

struct Softplus<'a> {
    x: &'a [f64],
    out: &'a mut [f64],
}

impl Kernel for Softplus<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (out, &x) in self.out.iter_mut().zip(self.x) {
            let rest = softplus_of_nonpositive(-x.abs());
            *out = if x > 0.0 { x } else { 0.0 } + rest;
            // A NaN is not hidden by the comparison: `rest` is NaN too.
        }
    }
}

/// e^x of each entry, for entries that are at most 0; below −708 it is 3e-308.
pub(crate) fn exp_nonpositive(x: &mut [f64]) {
    vectorized(Exponential { x });
}

struct Exponential<'a> {
    x: &'a mut [f64],
}

impl Kernel for Exponential<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for x in self.x {
            *x = exp_of_nonpositive(*x);
        }
    }
}
