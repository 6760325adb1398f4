//! One hidden layer of straight lines above a unit, and the single output above that.
//!
//! Invariant: knows nothing of what changes the unit.

use tensor_core::{Kernel, vectorized};

use super::kernels::{smaller, smallest};
use super::rising::Rising;
use crate::engine::base::Base;
use crate::engine::columns::pick;
use crate::engine::kernels::{LANES, Lines, Phi, subtract};
use crate::engine::losses::{Buffers, losses};
use crate::pattern::changes_side;

/// Both layers, stored once for all units below; see [`Layers`].
pub(super) struct Narrow {
    /// The layer of the unit.
    layer: usize,
    lines: Lines<f64>,
    z: Vec<f64>,
    w: Vec<f64>,
    still: Vec<f64>,
    /// The loss of each example at θ.
    losses: Vec<f64>,
}

/// Buffers that are reused from unit to unit.
#[derive(Default)]
pub(super) struct Scratch {
    column: Vec<f64>,
    lowest: Vec<f64>,
    is_end: Vec<bool>,
    logits: Vec<f64>,
    y: Vec<f64>,
    before: Vec<f64>,
    buffers: Buffers<f64>,
}

impl Narrow {
    pub(super) fn new(base: &Base<'_, f64>, layer: usize, lines: Lines<f64>) -> Self {
        let here = base.z(layer + 1);
        let width = here.rows().next_multiple_of(LANES);
        let mut z = vec![1.0; width * base.examples()];
        for unit in 0..here.rows() {
            for (z, &entry) in z.chunks_exact_mut(width).zip(here.row(unit)) {
                z[unit] = entry;
            }
        }
        let mut w = base.weights(layer + 2).row(0).to_vec();
        w.resize(width, 0.0);
        let still = z.chunks_exact(width).map(|z| match lines {
            Lines::CutOff(bent) => still(bent, z, &w),
            Lines::Sloped(bent) => still(bent, z, &w),
        });
        let still = still.collect();
        let mut at_theta = vec![0.0; base.examples()];
        losses(
            base.architecture.loss(),
            &mut base.z(base.depth()).as_slice().to_vec(),
            base.batch.y().as_slice(),
            1,
            &mut Buffers::default(),
            &mut at_theta,
        );
        Self {
            layer,
            lines,
            z,
            w,
            still,
            losses: at_theta,
        }
    }

    /// Computes the changes of the losses, one row per probe, and marks the columns in which the hidden layer passes a
    /// kink.
    pub(super) fn follow(
        &self,
        base: &Base<'_, f64>,
        rising: &Rising<'_>,
        scratch: &mut Scratch,
        changes: &mut Vec<f64>,
        passed: &mut [bool],
    ) {
        self.climb(base, rising, scratch, passed);
        let Scratch {
            logits,
            y,
            before,
            buffers,
            ..
        } = scratch;
        pick(base.batch.y().row(0), rising.picked, y);
        pick(&self.losses, rising.picked, before);
        // Each entry is overwritten.
        changes.resize(logits.len(), 0.0);
        losses(base.architecture.loss(), logits, y, 1, buffers, changes);
        for row in changes.chunks_exact_mut(before.len()) {
            subtract(row, before);
        }
    }

    /// Computes the logits and the marks.
    fn climb(
        &self,
        base: &Base<'_, f64>,
        rising: &Rising<'_>,
        scratch: &mut Scratch,
        passed: &mut [bool],
    ) {
        let Scratch {
            column,
            lowest,
            is_end,
            logits,
            ..
        } = scratch;
        column.clear();
        column.extend(base.weights(self.layer + 1).column(rising.unit));
        column.resize(self.w.len(), 0.0);
        logits.resize(rising.rises.len(), 0.0);
        lowest.resize(rising.picked.len(), 0.0);
        let probes = rising.rises.len() / rising.picked.len();
        is_end.clear();
        is_end.extend((0..probes).map(|probe| rising.ends.contains(&probe)));
        let layers = Layers {
            z: &self.z,
            c: column,
            w: &self.w,
            still: &self.still,
            logits: base.z(base.depth()).row(0),
            picked: rising.picked,
        };
        let rises = rising.rises;
        let (out, lowest, is_end) = (&mut logits[..], &mut lowest[..], &is_end[..]);
        match self.lines {
            Lines::CutOff(bent) => vectorized(Pass {
                bent,
                layers: &layers,
                rises,
                out,
                is_end,
                lowest,
            }),
            Lines::Sloped(bent) => vectorized(Pass {
                bent,
                layers: &layers,
                rises,
                out,
                is_end,
                lowest,
            }),
        }
        // Those that may have passed a kink are examined exactly.
        for (at, (passed, &lowest)) in passed.iter_mut().zip(&*lowest).enumerate() {
            if lowest > 0.0 {
                continue;
            }
            let z = &self.z[rising.picked[at] * column.len()..][..column.len()];
            for &end in rising.ends {
                let rise = rising.row(end)[at];
                let mut pairs = z.iter().zip(&*column);
                *passed |= pairs.any(|(&z, &c)| changes_side(z, z + c * rise));
            }
        }
    }
}

/// The hidden layer above a unit and the single output above that, example by example: the units of the layer
/// are contiguous in memory, and the picked examples need not be packed.
struct Layers<'k> {
    /// Z of the layer, one row an example, filled up with 1 to whole vectors.
    z: &'k [f64],
    /// The weights of the perturbed unit in each unit of the layer, and of those in the output; filled up with 0.
    c: &'k [f64],
    w: &'k [f64],
    /// Σ_k w_k·φ(z_k) of each example, and Z_L.
    still: &'k [f64],
    logits: &'k [f64],
    /// The example of each column.
    picked: &'k [usize],
}

/// logit + (Σ_k w_k·φ(z_k + c_k·rise) − still) for each rise of each column.
struct Pass<'k, B> {
    bent: B,
    layers: &'k Layers<'k>,
    /// One row per probe, like `out`.
    rises: &'k [f64],
    out: &'k mut [f64],
    /// For each probe, whether it is one of the widest.
    is_end: &'k [bool],
    /// The smallest z_k·(z_k + c_k·rise) of each column under the widest: above 0 only if no unit changes its side.
    lowest: &'k mut [f64],
}

impl<B: Phi<f64>> Kernel for Pass<'_, B> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let layers = self.layers;
        let columns = layers.picked.len();
        let mut lanes = [[0.0; LANES]; BLOCK];
        let blocks = layers.picked.chunks(BLOCK);
        for (block, (picked, lowest)) in blocks.zip(self.lowest.chunks_mut(BLOCK)).enumerate() {
            let mut low = [[f64::INFINITY; LANES]; BLOCK];
            for (probe, &is_end) in self.is_end.iter().enumerate() {
                let own = probe * columns + block * BLOCK;
                let own = own..own + picked.len();
                let rises = &self.rises[own.clone()];
                if is_end {
                    step_up::<_, true>(self.bent, layers, picked, rises, &mut lanes, &mut low);
                } else {
                    step_up::<_, false>(self.bent, layers, picked, rises, &mut lanes, &mut low);
                }
                let out = self.out[own].iter_mut().zip(picked);
                for ((out, &example), lanes) in out.zip(&lanes) {
                    *out = layers.logits[example] + (tree(*lanes) - layers.still[example]);
                }
            }
            for (lowest, low) in lowest.iter_mut().zip(low) {
                *lowest = smallest(low);
            }
        }
    }
}

/// The number of examples at a time: the sums by lanes go through memory, so that the compiler can't merge them
/// with the sum over the lanes, which would prevent vectorization.
const BLOCK: usize = 32;

/// Σ_k w_k·φ(z_k + c_k·rise) by lanes, and with `LOOK` the smallest z_k·(z_k + c_k·rise).
#[inline(always)]
fn step_up<B: Phi<f64>, const LOOK: bool>(
    bent: B,
    layers: &Layers<'_>,
    picked: &[usize],
    rises: &[f64],
    sums: &mut [[f64; LANES]; BLOCK],
    low: &mut [[f64; LANES]; BLOCK],
) {
    let width = layers.c.len();
    let (c, w) = (
        layers.c.as_chunks::<LANES>().0,
        layers.w.as_chunks::<LANES>().0,
    );
    let columns = picked.iter().zip(rises).zip(sums.iter_mut().zip(low));
    for ((&example, &rise), (sums, low)) in columns {
        let z = &layers.z[example * width..][..width];
        let mut sum = [0.0; LANES];
        let mut lowest = *low;
        for (z, (c, w)) in z.as_chunks::<LANES>().0.iter().zip(c.iter().zip(w)) {
            for lane in 0..LANES {
                let moved = z[lane] + c[lane] * rise;
                sum[lane] += w[lane] * bent.of(moved);
                if LOOK {
                    lowest[lane] = smaller(z[lane] * moved, lowest[lane]);
                }
            }
        }
        *sums = sum;
        if LOOK {
            *low = lowest;
        }
    }
}

/// Σ_k w_k·φ(z_k) of one example, in the order of [`Pass`].
fn still<B: Phi<f64>>(bent: B, z: &[f64], w: &[f64]) -> f64 {
    let mut sums = [0.0; LANES];
    let parts = z
        .as_chunks::<LANES>()
        .0
        .iter()
        .zip(w.as_chunks::<LANES>().0);
    for (z, w) in parts {
        for lane in 0..LANES {
            sums[lane] += w[lane] * bent.of(z[lane]);
        }
    }
    tree(sums)
}

#[inline(always)]
fn tree(s: [f64; LANES]) -> f64 {
    ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]))
}
