//! The loops over examples: contiguous and without branches, so that a compiler can vectorize them.
//!
//! Each is generic over the scalar. Invariant: knows nothing of layers.

mod through;

use tensor_core::{Kernel, Scalar, vectorized};

pub(crate) use through::Through;

use crate::pattern::changes_side;
use crate::{Activation, LEAKY_SLOPE};

/// The number of numbers in the widest vector.
pub(crate) const LANES: usize = 8;

/// φ, entry by entry.
pub(crate) trait Phi<T>: Copy {
    /// φ(z); a NaN stays a NaN.
    fn of(self, z: T) -> T;
}

impl<T: Scalar> Phi<T> for Activation {
    fn of(self, z: T) -> T {
        self.apply(z)
    }
}

/// max(z, 0).
#[derive(Clone, Copy)]
pub(crate) struct CutOff;

/// z above 0, and a multiple of z below.
#[derive(Clone, Copy)]
pub(crate) struct Sloped<T>(T);

impl<T: Scalar> Phi<T> for CutOff {
    #[inline(always)]
    fn of(self, z: T) -> T {
        z.cut_off()
    }
}

impl<T: Scalar> Phi<T> for Sloped<T> {
    #[inline(always)]
    fn of(self, z: T) -> T {
        if z.real_part() > T::zero().real_part() {
            z
        } else {
            self.0 * z
        }
    }
}

/// An activation of two straight lines that meet at 0, the upper one of slope 1, if it is one.
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

/// One row of a layer: Z, its mask D, empty if there is none, and A = φ(Z)∘D.
#[derive(Clone, Copy)]
pub(crate) struct Row<'k, T> {
    pub(crate) z: &'k [T],
    pub(crate) mask: &'k [T],
    pub(crate) a: &'k [T],
}

/// The changes of a row of Z.
#[derive(Clone, Copy)]
pub(crate) enum By<'k, T> {
    /// One dz for each example.
    Each(&'k [T]),
    /// δ·x, for each δ.
    Multiples { deltas: &'k [T], x: &'k [T] },
}

/// Computes the changes of a row's activations: φ(z + dz)∘D − a, one row of `out` per dz.
pub(crate) fn raise<T: Scalar>(
    activation: Activation,
    row: Row<'_, T>,
    by: By<'_, T>,
    out: &mut [T],
) {
    match Lines::of(activation) {
        Some(Lines::CutOff(phi)) => vectorized(Raise { phi, row, by, out }),
        Some(Lines::Sloped(phi)) => vectorized(Raise { phi, row, by, out }),
        None => Raise {
            phi: activation,
            row,
            by,
            out,
        }
        .run(),
    }
}

struct Raise<'k, T, F> {
    phi: F,
    row: Row<'k, T>,
    by: By<'k, T>,
    out: &'k mut [T],
}

impl<T: Scalar, F: Phi<T>> Kernel for Raise<'_, T, F> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { phi, row, by, out } = self;
        match by {
            By::Each(dz) => raise_once(phi, row, dz.iter().copied(), out),
            By::Multiples { deltas, x } => {
                for (out, &delta) in out.chunks_exact_mut(x.len().max(1)).zip(deltas) {
                    raise_once(phi, row, x.iter().map(|&x| delta * x), out);
                }
            }
        }
    }
}

#[inline(always)]
fn raise_once<T: Scalar>(
    phi: impl Phi<T>,
    row: Row<'_, T>,
    dz: impl Iterator<Item = T>,
    out: &mut [T],
) {
    let entries = out.iter_mut().zip(dz).zip(row.z).zip(row.a);
    if row.mask.is_empty() {
        for (((out, dz), &z), &a) in entries {
            *out = phi.of(z + dz) - a;
        }
    } else {
        for ((((out, dz), &z), &a), &kept) in entries.zip(row.mask) {
            *out = phi.of(z + dz) * kept - a;
        }
    }
}

/// out = c·aᵀ, one row per entry of c: the rank-one term that a row of activations adds to the next Z.
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

/// target ← target − source.
pub(crate) fn subtract<T: Scalar>(target: &mut [T], source: &[T]) {
    vectorized(Subtract { target, source });
}

struct Subtract<'k, T> {
    target: &'k mut [T],
    source: &'k [T],
}

impl<T: Scalar> Kernel for Subtract<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (target, &source) in self.target.iter_mut().zip(self.source) {
            *target -= source;
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
        let (lanes, rest) = self.0.as_chunks::<LANES>();
        let mut sums = [T::zero(); LANES];
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
        // A NaN does not count as below, so that the caller examines it.
        let stays = |z: T| z.real_part() <= zero;
        self.deltas.iter().fold(false, |any, &delta| {
            let pairs = self.z.iter().zip(self.x);
            any | pairs.fold(false, |any, (&z, &x)| any | !stays(z + delta * x))
        })
    }
}

/// Whether some number is not 0 where `idle` is true.
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

/// Marks where z + dz is on another side of 0 than z, except where the mask drops it.
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
        let differ = |z: T, dz: T| changes_side(z, z + dz);
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
