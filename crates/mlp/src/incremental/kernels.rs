//! The loops over examples: contiguous and without branches, so that a compiler can vectorise them.
//!
//! Each is written for every scalar. Refuses to know layers.

mod through;

use tensor_core::{Kernel, Scalar, vectorized};

pub(crate) use through::Through;

use crate::{Activation, LEAKY_SLOPE};

/// φ of two straight lines that meet at 0, the upper one of slope 1.
pub(crate) trait Bent<T>: Copy {
    /// φ(z); a NaN stays a NaN.
    fn of(self, z: T) -> T;
}

/// max(z, 0).
#[derive(Clone, Copy)]
pub(crate) struct CutOff;

/// z above 0, and so many times z below.
#[derive(Clone, Copy)]
pub(crate) struct Sloped<T>(T);

impl<T: Scalar> Bent<T> for CutOff {
    #[inline(always)]
    fn of(self, z: T) -> T {
        z.cut_off()
    }
}

impl<T: Scalar> Bent<T> for Sloped<T> {
    #[inline(always)]
    fn of(self, z: T) -> T {
        if z.real_part() > T::zero().real_part() {
            z
        } else {
            self.0 * z
        }
    }
}

/// An activation of two straight lines, if it is one.
#[derive(Clone, Copy)]
pub(crate) enum Lines<T> {
    CutOff(CutOff),
    Sloped(Sloped<T>),
}

impl<T: Scalar> Lines<T> {
    pub(crate) fn of(activation: Activation) -> Option<Self> {
        match activation {
            Activation::Relu => Some(Self::CutOff(CutOff)),
            Activation::LeakyRelu => Some(Self::Sloped(Sloped(T::from_f64(LEAKY_SLOPE)))),
            Activation::Identity => Some(Self::Sloped(Sloped(T::one()))),
            _ => None,
        }
    }
}

/// How far activations rise when Z does by dZ: out = φ(z + dz)∘D − a with a = φ(z)∘D, entry by entry;
/// `mask` is empty where there is no D.
pub(crate) fn rise<T: Scalar>(
    activation: Activation,
    (z, dz): (&[T], &[T]),
    mask: &[T],
    a: &[T],
    out: &mut [T],
) {
    match Lines::of(activation) {
        Some(Lines::CutOff(bent)) => {
            return vectorized(BentRise {
                bent,
                z,
                dz,
                mask,
                a,
                out,
            });
        }
        Some(Lines::Sloped(bent)) => {
            return vectorized(BentRise {
                bent,
                z,
                dz,
                mask,
                a,
                out,
            });
        }
        None => {}
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

struct BentRise<'k, T, B> {
    bent: B,
    z: &'k [T],
    dz: &'k [T],
    mask: &'k [T],
    a: &'k [T],
    out: &'k mut [T],
}

impl<T: Scalar, B: Bent<T>> Kernel for BentRise<'_, T, B> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let entries = self.out.iter_mut().zip(self.z).zip(self.dz).zip(self.a);
        if self.mask.is_empty() {
            for (((out, &z), &dz), &a) in entries {
                *out = self.bent.of(z + dz) - a;
            }
        } else {
            for ((((out, &z), &dz), &a), &kept) in entries.zip(self.mask) {
                *out = self.bent.of(z + dz) * kept - a;
            }
        }
    }
}

/// One row of a layer: Z, its mask, empty where there is none, and A = φ(Z)∘D.
#[derive(Clone, Copy)]
pub(crate) struct Row<'k, T> {
    pub(crate) z: &'k [T],
    pub(crate) mask: &'k [T],
    pub(crate) a: &'k [T],
}

/// How far the activations of a row rise when Z does by δ·x, for each δ: φ(z + δ·x)∘D − a, one row a δ.
pub(crate) fn raise<T: Scalar>(
    activation: Activation,
    deltas: &[T],
    x: &[T],
    row: Row<'_, T>,
    out: &mut [T],
) {
    match Lines::of(activation) {
        Some(Lines::CutOff(bent)) => vectorized(Raise {
            bent,
            deltas,
            x,
            row,
            out,
        }),
        Some(Lines::Sloped(bent)) => vectorized(Raise {
            bent,
            deltas,
            x,
            row,
            out,
        }),
        None => {
            for (out, &delta) in out.chunks_exact_mut(x.len().max(1)).zip(deltas) {
                let entries = out.iter_mut().zip(x).zip(row.z).zip(row.a).enumerate();
                for (at, (((out, &x), &z), &a)) in entries {
                    let moved = activation.apply(z + delta * x);
                    *out = row.mask.get(at).map_or(moved, |&kept| moved * kept) - a;
                }
            }
        }
    }
}

struct Raise<'k, T, B> {
    bent: B,
    deltas: &'k [T],
    x: &'k [T],
    row: Row<'k, T>,
    out: &'k mut [T],
}

impl<T: Scalar, B: Bent<T>> Kernel for Raise<'_, T, B> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Row { z, mask, a } = self.row;
        for (out, &delta) in self
            .out
            .chunks_exact_mut(self.x.len().max(1))
            .zip(self.deltas)
        {
            let entries = out.iter_mut().zip(self.x).zip(z).zip(a);
            if mask.is_empty() {
                for (((out, &x), &z), &a) in entries {
                    *out = self.bent.of(z + delta * x) - a;
                }
            } else {
                for ((((out, &x), &z), &a), &kept) in entries.zip(mask) {
                    *out = self.bent.of(z + delta * x) * kept - a;
                }
            }
        }
    }
}

/// out = c·aᵀ, one row an entry of c: the rank-one term that a row of activations adds to the next Z.
pub(crate) fn outer<T: Scalar>(c: &[T], a: &[T], out: &mut [T]) {
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

/// The numbers of the widest vector.
pub(crate) const LANES: usize = 8;

/// target ← target + source, source repeated as often as it fits.
pub(crate) fn add_repeated<T: Scalar>(target: &mut [T], source: &[T]) {
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
pub(crate) fn sum<T: Scalar>(values: &[T]) -> T {
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

/// Whether z + δ·x is anywhere not 0 or below, for any δ.
pub(crate) fn any_above<T: Scalar>(z: &[T], deltas: &[T], x: &[T]) -> bool {
    vectorized(AnyAbove { z, deltas, x })
}

struct AnyAbove<'k, T> {
    z: &'k [T],
    deltas: &'k [T],
    x: &'k [T],
}

impl<T: Scalar> Kernel for AnyAbove<'_, T> {
    type Output = bool;

    #[inline(always)]
    fn run(self) -> bool {
        let zero = T::zero().real_part();
        // A NaN is not below: whoever asks looks closer.
        let stays = |z: T| z.real_part() <= zero;
        self.deltas.iter().fold(false, |any, &delta| {
            let pairs = self.z.iter().zip(self.x);
            any | pairs.fold(false, |any, (&z, &x)| any | !stays(z + delta * x))
        })
    }
}

/// Whether a number that is not 0 stands where `idle` is true.
pub(crate) fn any_at<T: Scalar>(idle: &[bool], values: &[T]) -> bool {
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

/// Marks where z + dz is on another side of 0 than z, but where the mask drops it.
pub(crate) fn mark_crossings<T: Scalar>(z: &[T], dz: &[T], mask: &[T], crossed: &mut [bool]) {
    vectorized(MarkCrossings {
        z,
        dz,
        mask,
        crossed,
    });
}

struct MarkCrossings<'k, T> {
    z: &'k [T],
    dz: &'k [T],
    mask: &'k [T],
    crossed: &'k mut [bool],
}

impl<T: Scalar> Kernel for MarkCrossings<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let zero = T::zero().real_part();
        let differ = |z: T, dz: T| {
            let (before, after) = (z.real_part(), (z + dz).real_part());
            ((before > zero) != (after > zero)) | ((before == zero) != (after == zero))
        };
        let pairs = self.crossed.iter_mut().zip(self.z.iter().zip(self.dz));
        if self.mask.is_empty() {
            for (crossed, (&z, &dz)) in pairs {
                *crossed |= differ(z, dz);
            }
        } else {
            for ((crossed, (&z, &dz)), &kept) in pairs.zip(self.mask) {
                *crossed |= differ(z, dz) & (kept != T::zero());
            }
        }
    }
}
