//! The loops of the layer-wise engine, over examples.
//!
//! Contiguous and without branches, so that a compiler can vectorize them. Invariant: knows nothing of layers.

use finite_diff::step::StepRule;
use tensor_core::{Kernel, vectorized};

use crate::engine::kernels::LANES;

/// Computes h for each of `z`.
pub(super) fn steps(rule: StepRule, z: &[f64], steps: &mut [f64]) {
    vectorized(Steps { rule, z, steps });
}

struct Steps<'k> {
    rule: StepRule,
    z: &'k [f64],
    steps: &'k mut [f64],
}

impl Kernel for Steps<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        self.rule.at_each(self.z, self.steps);
    }
}

/// The smallest z·(z + reach·h), for both signs of `reach`: above 0 only if no example reaches a kink at 0.
pub(super) fn nearest(z: &[f64], steps: &[f64], reach: f64) -> f64 {
    vectorized(Nearest { z, steps, reach })
}

struct Nearest<'k> {
    z: &'k [f64],
    steps: &'k [f64],
    reach: f64,
}

impl Kernel for Nearest<'_> {
    type Output = f64;

    #[inline(always)]
    fn run(self) -> f64 {
        let one = |z: f64, h: f64| {
            let far = self.reach * h;
            smaller(z * (z + far), z * (z - far))
        };
        let (z, rest_z) = self.z.as_chunks::<LANES>();
        let (steps, rest_steps) = self.steps.as_chunks::<LANES>();
        let mut lowest = [f64::INFINITY; LANES];
        for (z, steps) in z.iter().zip(steps) {
            for lane in 0..LANES {
                lowest[lane] = smaller(one(z[lane], steps[lane]), lowest[lane]);
            }
        }
        let rest = rest_z.iter().zip(rest_steps);
        rest.fold(smallest(lowest), |low, (&z, &h)| smaller(one(z, h), low))
    }
}

/// The smallest value; infinity if there is none.
pub(super) fn smallest_of(values: &[f64]) -> f64 {
    vectorized(Smallest(values))
}

struct Smallest<'k>(&'k [f64]);

impl Kernel for Smallest<'_> {
    type Output = f64;

    #[inline(always)]
    fn run(self) -> f64 {
        let (parts, rest) = self.0.as_chunks::<LANES>();
        let mut lowest = [f64::INFINITY; LANES];
        for part in parts {
            for lane in 0..LANES {
                lowest[lane] = smaller(part[lane], lowest[lane]);
            }
        }
        rest.iter()
            .fold(smallest(lowest), |low, &here| smaller(here, low))
    }
}

/// The smaller value; the second if one is NaN.
#[inline(always)]
pub(super) fn smaller(a: f64, b: f64) -> f64 {
    if a < b { a } else { b }
}

/// Computes dz = (z + offset·h) − z in floating point; returns whether all are finite and not 0.
pub(super) fn displace(z: &[f64], steps: &[f64], offset: i32, dz: &mut [f64]) -> bool {
    vectorized(Displace {
        z,
        steps,
        offset: f64::from(offset),
        dz,
    })
}

struct Displace<'k> {
    z: &'k [f64],
    steps: &'k [f64],
    offset: f64,
    dz: &'k mut [f64],
}

impl Kernel for Displace<'_> {
    type Output = bool;

    #[inline(always)]
    fn run(self) -> bool {
        let mut sound = true;
        for (dz, (&z, &h)) in self.dz.iter_mut().zip(self.z.iter().zip(self.steps)) {
            *dz = (z + self.offset * h) - z;
            sound &= (*dz != 0.0) & dz.is_finite();
        }
        sound
    }
}

/// The smallest value of some lanes.
#[inline(always)]
pub(super) fn smallest(s: [f64; LANES]) -> f64 {
    let low = |a: usize| smaller(s[a], s[a + 4]);
    smaller(smaller(low(0), low(2)), smaller(low(1), low(3)))
}

/// Adds weight·(to − from)/(distance between the two points) to `sums`.
pub(super) struct AddQuotient<'k> {
    pub(super) z: &'k [f64],
    pub(super) steps: &'k [f64],
    /// The offsets, and the changes of the losses there.
    pub(super) from: (i32, &'k [f64]),
    pub(super) to: (i32, &'k [f64]),
    pub(super) weight: f64,
    pub(super) sums: &'k mut [f64],
}

impl Kernel for AddQuotient<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let (from, to) = (f64::from(self.from.0), f64::from(self.to.0));
        let points = self.z.iter().zip(self.steps);
        let rises = self.from.1.iter().zip(self.to.1);
        for ((sum, (&z, &h)), (&below, &above)) in self.sums.iter_mut().zip(points).zip(rises) {
            let distance = (z + to * h) - (z + from * h);
            *sum += self.weight * ((above - below) / distance);
        }
    }
}

/// Computes the error bar for truncation from D(h) and D(2h), in the buffer of D(2h), and the one for noise from
/// ε_f, in place.
pub(super) struct Bars<'k> {
    pub(super) derivatives: &'k [f64],
    pub(super) doubled: &'k mut [f64],
    /// The truncation error per unit of the difference between D(2h) and D(h).
    pub(super) truncation: f64,
    pub(super) steps: &'k [f64],
    pub(super) noise: &'k mut [f64],
    /// c.
    pub(super) amplification: f64,
}

impl Kernel for Bars<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let differences = self.doubled.iter_mut().zip(self.derivatives);
        let noises = self.noise.iter_mut().zip(self.steps);
        for ((doubled, &derivative), (noise, &h)) in differences.zip(noises) {
            *doubled = self.truncation * (*doubled - derivative).abs();
            *noise = self.amplification * *noise / h;
        }
    }
}

/// Marks the examples in which a change is not 0.
pub(super) struct MarkMoved<'k> {
    pub(super) changes: &'k [f64],
    pub(super) moved: &'k mut [bool],
}

impl Kernel for MarkMoved<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (moved, &change) in self.moved.iter_mut().zip(self.changes) {
            *moved |= change != 0.0;
        }
    }
}

/// t ← t + c·|D| and ν ← ν².
pub(super) struct Summands<'k> {
    pub(super) derivatives: &'k [f64],
    pub(super) truncations: &'k mut [f64],
    pub(super) noises: &'k mut [f64],
    pub(super) c: f64,
}

impl Kernel for Summands<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let bars = self.truncations.iter_mut().zip(self.noises);
        for ((truncation, noise), &derivative) in bars.zip(self.derivatives) {
            *truncation += self.c * derivative.abs();
            *noise *= *noise;
        }
    }
}

/// |a| and a² of each input.
pub(super) struct Sizes<'k> {
    pub(super) inputs: &'k [f64],
    pub(super) sizes: &'k mut [f64],
    pub(super) squares: &'k mut [f64],
}

impl Kernel for Sizes<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let out = self.sizes.iter_mut().zip(self.squares);
        for ((size, square), &a) in out.zip(self.inputs) {
            *size = a.abs();
            *square = a * a;
        }
    }
}

/// From sums over m examples to means: D/m, t/m, √ν²/m.
pub(super) struct Means<'k> {
    pub(super) derivatives: &'k mut [f64],
    pub(super) truncations: &'k mut [f64],
    pub(super) variances: &'k mut [f64],
    pub(super) m: f64,
}

impl Kernel for Means<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let bars = self.truncations.iter_mut().zip(self.variances);
        for ((truncation, variance), derivative) in bars.zip(self.derivatives) {
            *derivative /= self.m;
            *truncation /= self.m;
            *variance = variance.sqrt() / self.m;
        }
    }
}
