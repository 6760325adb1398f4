//! The loops over examples: contiguous and without branches, so that a compiler can vectorise them.
//!
//! Each is written for every scalar. Refuses to know layers.

use tensor_core::{Kernel, Scalar, vectorized};

use crate::{Activation, LEAKY_SLOPE};

/// The slope of φ below 0, where φ is two straight lines that meet there, the upper one of slope 1.
pub(super) fn slope_below<T: Scalar>(activation: Activation) -> Option<T> {
    match activation {
        Activation::Relu => Some(T::zero()),
        Activation::LeakyRelu => Some(T::from_f64(LEAKY_SLOPE)),
        Activation::Identity => Some(T::one()),
        _ => None,
    }
}

/// φ of two straight lines; a NaN stays a NaN.
#[inline(always)]
fn bent<T: Scalar>(z: T, slope_below: T) -> T {
    if z.real_part() > T::Real::from_f64(0.0) {
        z
    } else {
        slope_below * z
    }
}

/// How far activations rise when Z does by dZ: out = φ(z + dz)∘D − a with a = φ(z)∘D, entry by entry;
/// `mask` is empty where there is no D.
pub(super) fn rise<T: Scalar>(
    activation: Activation,
    (z, dz): (&[T], &[T]),
    mask: &[T],
    a: &[T],
    out: &mut [T],
) {
    if let Some(slope) = slope_below(activation) {
        vectorized(BentRise {
            slope,
            z,
            dz,
            mask,
            a,
            out,
        });
        return;
    }
    for (((out, &z), &dz), &a) in out.iter_mut().zip(z).zip(dz).zip(a) {
        *out = activation.apply(z + dz) - a;
    }
    if !mask.is_empty() {
        for ((((out, &z), &dz), &a), &kept) in out.iter_mut().zip(z).zip(dz).zip(a).zip(mask) {
            *out = activation.apply(z + dz) * kept - a;
        }
    }
}

struct BentRise<'k, T> {
    slope: T,
    z: &'k [T],
    dz: &'k [T],
    mask: &'k [T],
    a: &'k [T],
    out: &'k mut [T],
}

impl<T: Scalar> Kernel for BentRise<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let entries = self.out.iter_mut().zip(self.z).zip(self.dz).zip(self.a);
        if self.mask.is_empty() {
            for (((out, &z), &dz), &a) in entries {
                *out = bent(z + dz, self.slope) - a;
            }
        } else {
            for ((((out, &z), &dz), &a), &kept) in entries.zip(self.mask) {
                *out = bent(z + dz, self.slope) * kept - a;
            }
        }
    }
}

/// out = c·aᵀ, one row an entry of c: the rank-one term that a row of activations adds to the next Z.
pub(super) fn outer<T: Scalar>(c: &[T], a: &[T], out: &mut [T]) {
    vectorized(Outer { c, a, out });
}

struct Outer<'k, T> {
    c: &'k [T],
    a: &'k [T],
    out: &'k mut [T],
}

impl<T: Scalar> Kernel for Outer<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (row, &c) in self.out.chunks_exact_mut(self.a.len().max(1)).zip(self.c) {
            for (out, &a) in row.iter_mut().zip(self.a) {
                *out = c * a;
            }
        }
    }
}

/// out = δ·x, or δ everywhere where there is no x.
pub(super) fn scaled<T: Scalar>(delta: T, x: Option<&[T]>, out: &mut [T]) {
    match x {
        Some(x) => outer(&[delta], x, out),
        None => out.fill(delta),
    }
}

/// Two layers at once, where the second has one unit: out = Σ_k w_k·φ(Z_k + c_k·da), Z with one row an
/// entry of c and of w. Nothing of the first layer is written down.
pub(super) struct Through<'k, T> {
    pub(super) slope: T,
    /// n×e, row by row.
    pub(super) z: &'k [T],
    /// n entries.
    pub(super) c: &'k [T],
    /// n entries.
    pub(super) w: &'k [T],
    /// e entries.
    pub(super) da: &'k [T],
    /// e entries.
    pub(super) out: &'k mut [T],
}

/// So many examples at a time are held in registers.
const TILE: usize = 16;

impl<T: Scalar> Kernel for Through<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self {
            slope,
            z,
            c,
            w,
            da,
            out,
        } = self;
        let e = da.len();
        let (tiles, rest) = da.as_chunks::<TILE>();
        let (out_tiles, out_rest) = out.as_chunks_mut::<TILE>();
        for (tile, (da, out)) in tiles.iter().zip(out_tiles).enumerate() {
            let mut sums = [T::zero(); TILE];
            for (row, (&c, &w)) in z.chunks_exact(e).zip(c.iter().zip(w)) {
                let z = &row[tile * TILE..][..TILE];
                for lane in 0..TILE {
                    sums[lane] += w * bent(z[lane] + c * da[lane], slope);
                }
            }
            *out = sums;
        }
        // The rest in the same order of operations, so that an example does not depend on its place.
        let start = e - rest.len();
        out_rest.fill(T::zero());
        if rest.is_empty() {
            return;
        }
        for (row, (&c, &w)) in z.chunks_exact(e).zip(c.iter().zip(w)) {
            for ((sum, &z), &da) in out_rest.iter_mut().zip(&row[start..]).zip(rest) {
                *sum += w * bent(z + c * da, slope);
            }
        }
    }
}

/// target ← target + source, source repeated as often as it fits.
pub(super) fn add_repeated<T: Scalar>(target: &mut [T], source: &[T]) {
    vectorized(AddRepeated { target, source });
}

struct AddRepeated<'k, T> {
    target: &'k mut [T],
    source: &'k [T],
}

impl<T: Scalar> Kernel for AddRepeated<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for part in self.target.chunks_exact_mut(self.source.len().max(1)) {
            for (target, &source) in part.iter_mut().zip(self.source) {
                *target += source;
            }
        }
    }
}

/// Σ values, on eight running sums.
pub(super) fn sum<T: Scalar>(values: &[T]) -> T {
    vectorized(Sum(values))
}

struct Sum<'k, T>(&'k [T]);

impl<T: Scalar> Kernel for Sum<'_, T> {
    type Output = T;

    #[inline(always)]
    fn run(self) -> T {
        let (lanes, rest) = self.0.as_chunks::<8>();
        let mut sums = [T::zero(); 8];
        for values in lanes {
            for (sum, &value) in sums.iter_mut().zip(values) {
                *sum += value;
            }
        }
        let rest = rest.iter().fold(T::zero(), |sum, &value| sum + value);
        sums.iter().fold(rest, |sum, &value| sum + value)
    }
}

/// Whether a number that is not 0 stands where `idle` is true.
pub(super) fn any_at<T: Scalar>(idle: &[bool], values: &[T]) -> bool {
    vectorized(AnyAt { idle, values })
}

struct AnyAt<'k, T> {
    idle: &'k [bool],
    values: &'k [T],
}

impl<T: Scalar> Kernel for AnyAt<'_, T> {
    type Output = bool;

    #[inline(always)]
    fn run(self) -> bool {
        let pairs = self.idle.iter().zip(self.values);
        pairs.fold(false, |any, (&idle, &value)| {
            any | (idle & (value != T::zero()))
        })
    }
}
