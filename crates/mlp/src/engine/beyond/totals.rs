//! The change of the sum of all losses, for callers that don't need that of each example.
//!
//! From the changes of a unit to the sum in one loop over tiles of examples that are held in registers; no intermediate
//! result is stored. Invariant: knows nothing of what changes the unit.

use tensor_core::{Kernel, Scalar, vectorized};

use super::{Beyond, Work};
use crate::engine::base::Base;
use crate::engine::columns::{append, pick};
use crate::engine::kernels::{LANES, Lines, Phi, Through, sum};
use crate::engine::losses::{Logistic, Squared, Term, resized};
use crate::{Loss, MlpError};

/// Rows of the stored values, for the examples in which a coordinate changes the unit.
pub(super) struct Packed<T> {
    z: Vec<T>,
    y: Vec<T>,
    losses: Vec<T>,
}

impl<T> Default for Packed<T> {
    fn default() -> Self {
        Self {
            z: Vec::new(),
            y: Vec::new(),
            losses: Vec::new(),
        }
    }
}

impl<T: Scalar> Beyond<T> {
    /// Whether [`totals`](Self::totals) accepts changes for some of the columns alone: only the output lies beyond the
    /// unit, so that little has to be gathered.
    pub(crate) fn packs(&self) -> bool {
        self.layers.len() == 1 && self.loss != Loss::SoftmaxCrossEntropy
    }

    /// The preferred number of probes for one call of [`totals`](Self::totals).
    pub(crate) fn suits(&self) -> usize {
        if self.packs() || self.through.is_some() {
            1
        } else {
            self.probes()
        }
    }

    /// Appends to `sums` the change of the sum of the losses under each of `probes` probes: `rises` has a row for
    /// each, of all columns or, if [`packs`](Self::packs), of those in `among`; in whole vectors.
    pub(crate) fn totals(
        &self,
        base: &Base<'_, T>,
        (rises, probes): (&[T], usize),
        among: Option<&[usize]>,
        work: &mut Work<T>,
        sums: &mut Vec<T>,
    ) -> Result<(), MlpError> {
        let columns = among.map_or(self.chosen.len(), <[usize]>::len);
        if columns == 0 {
            sums.extend((0..probes).map(|_| T::zero()));
            return Ok(());
        }
        let rises = &rises[..probes * columns];
        match (self.loss, &self.through) {
            (Loss::BinaryCrossEntropy, Some((lines, still))) => {
                self.through(base, *lines, Logistic, (rises, still), work, sums);
            }
            (Loss::MeanSquaredError, Some((lines, still))) => {
                self.through(base, *lines, Squared, (rises, still), work, sums);
            }
            (Loss::BinaryCrossEntropy, None) if self.packs() => {
                self.directly(Logistic, rises, among, work, sums);
            }
            (Loss::MeanSquaredError, None) if self.packs() => {
                self.directly(Squared, rises, among, work, sums);
            }
            _ => {
                for rises in rises.chunks(columns * self.probes()) {
                    self.follow(base, rises, work)?;
                    sums.extend(work.changes.chunks_exact(columns).map(sum));
                }
                return Ok(());
            }
        }
        Ok(())
    }

    fn through(
        &self,
        base: &Base<'_, T>,
        lines: Lines<T>,
        term: impl Term<T>,
        (rises, still): (&[T], &[T]),
        work: &mut Work<T>,
        sums: &mut Vec<T>,
    ) {
        let [hidden, output] = &self.layers[..] else {
            return;
        };
        let weights = base.weights(output.layer);
        let ahead = Ahead {
            z: &output.z,
            y: &self.y,
            losses: &self.losses,
        };
        let layers = Through {
            z: &hidden.z,
            c: &self.column,
            w: weights.as_slice(),
        };
        let losses = resized(&mut work.changes, rises.len());
        match lines {
            Lines::CutOff(bent) => vectorized(Two {
                bent,
                term,
                layers,
                still,
                ahead,
                rises,
                losses,
                sums,
            }),
            Lines::Sloped(bent) => vectorized(Two {
                bent,
                term,
                layers,
                still,
                ahead,
                rises,
                losses,
                sums,
            }),
        }
    }

    fn directly(
        &self,
        term: impl Term<T>,
        rises: &[T],
        among: Option<&[usize]>,
        work: &mut Work<T>,
        sums: &mut Vec<T>,
    ) {
        let Some(output) = self.layers.last() else {
            return;
        };
        let all = self.chosen.len();
        let Work {
            packed, changes, ..
        } = work;
        changes.clear();
        changes.resize(rises.len(), T::zero());
        let ahead = match among {
            None => Ahead {
                z: &output.z,
                y: &self.y,
                losses: &self.losses,
            },
            Some(among) => {
                packed.z.clear();
                packed.y.clear();
                for (z, y) in output.z.chunks_exact(all).zip(self.y.chunks_exact(all)) {
                    append(z, among, &mut packed.z);
                    append(y, among, &mut packed.y);
                }
                pick(&self.losses, among, &mut packed.losses);
                Ahead {
                    z: &packed.z,
                    y: &packed.y,
                    losses: &packed.losses,
                }
            }
        };
        vectorized(One {
            term,
            column: &self.column,
            ahead,
            rises,
            losses: changes,
            sums,
        });
    }
}

/// The output at θ: Z_L and the labels, one row per output, and the loss of each column.
#[derive(Clone, Copy)]
struct Ahead<'k, T> {
    z: &'k [T],
    y: &'k [T],
    losses: &'k [T],
}

/// One layer: the terms of z_k + c_k·da, added up over the outputs k.
struct One<'k, T, F> {
    term: F,
    /// c, one entry per output.
    column: &'k [T],
    ahead: Ahead<'k, T>,
    rises: &'k [T],
    /// The loss of each example under each probe, 0 before.
    losses: &'k mut [T],
    sums: &'k mut Vec<T>,
}

impl<T: Scalar, F: Term<T>> Kernel for One<'_, T, F> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Ahead { z, y, losses } = self.ahead;
        let e = losses.len();
        for (rises, losses) in self
            .rises
            .chunks_exact(e)
            .zip(self.losses.chunks_exact_mut(e))
        {
            let rows = z.chunks_exact(e).zip(y.chunks_exact(e));
            for ((z, y), &c) in rows.zip(self.column) {
                for (((loss, &da), &z), &y) in losses.iter_mut().zip(rises).zip(z).zip(y) {
                    *loss += self.term.of(z + c * da, y);
                }
            }
        }
        add_up(self.losses, losses, self.sums);
    }
}

/// Two layers, the second of one unit: the term of z = z_L + Σ_k w_k·(φ(Z_k + c_k·da) − φ(Z_k)).
struct Two<'k, T, B, F> {
    bent: B,
    term: F,
    layers: Through<'k, T>,
    /// Σ_k w_k·φ(Z_k), by the same operations.
    still: &'k [T],
    ahead: Ahead<'k, T>,
    rises: &'k [T],
    losses: &'k mut [T],
    sums: &'k mut Vec<T>,
}

impl<T: Scalar, B: Phi<T>, F: Term<T>> Two<'_, T, B, F> {
    /// Computes the new Σ_k of a tile of examples under every probe, while its Z_k are in the cache.
    #[inline(always)]
    fn tile<const TILE: usize>(&mut self, start: usize) {
        let e = self.still.len();
        let columns = self.rises.chunks_exact(e);
        for (rises, out) in columns.zip(self.losses.chunks_exact_mut(e)) {
            if let (Some(da), Some(out)) = (
                rises[start..].first_chunk::<TILE>(),
                out[start..].first_chunk_mut::<TILE>(),
            ) {
                *out = self.layers.tile(self.bent, start, da);
            }
        }
    }
}

impl<T: Scalar, B: Phi<T>, F: Term<T>> Kernel for Two<'_, T, B, F> {
    type Output = ();

    #[inline(always)]
    fn run(mut self) {
        let (e, mut start) = (self.still.len(), 0);
        while start + WIDE <= e {
            self.tile::<WIDE>(start);
            start += WIDE;
        }
        while start + LANES <= e {
            self.tile::<LANES>(start);
            start += LANES;
        }
        // In a loop of its own: a term takes long, and the next one must not wait for it.
        let Ahead { z, y, losses } = self.ahead;
        for out in self.losses.chunks_exact_mut(e) {
            for (((out, &still), &z), &y) in out.iter_mut().zip(self.still).zip(z).zip(y) {
                // What does not change stays exactly the same.
                *out = self.term.of(z + (*out - still), y);
            }
        }
        add_up(self.losses, losses, self.sums);
    }
}

/// The number of examples whose sums are held in registers: four vectors, so that operations can overlap.
const WIDE: usize = 4 * LANES;

/// Appends Σ_e (ℓ′_e − ℓ_e) of each probe, on as many running sums as a vector has lanes.
#[inline(always)]
fn add_up<T: Scalar>(losses: &[T], before: &[T], sums: &mut Vec<T>) {
    for losses in losses.chunks_exact(before.len()) {
        let mut lanes = [T::zero(); LANES];
        let vectors = losses.as_chunks::<LANES>().0.iter();
        for (losses, before) in vectors.zip(before.as_chunks::<LANES>().0) {
            for ((lane, &loss), &before) in lanes.iter_mut().zip(losses).zip(before) {
                *lane += loss - before;
            }
        }
        sums.push(lanes.iter().fold(T::zero(), |sum, &lane| sum + lane));
    }
}
