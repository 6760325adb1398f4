//! How far the sum of all losses rises, where nobody asks for that of each example.
//!
//! From the rises of a unit to a sum in one loop over tiles of examples that are held in registers; nothing on
//! the way is written down. Refuses to know what moves the unit.

use tensor_core::{Kernel, Scalar, vectorized};

use super::{Beyond, Work};
use crate::incremental::base::Base;
use crate::incremental::kernels::{Bent, LANES, Lines, Through, sum};
use crate::incremental::losses::{Logistic, Squared, Term};
use crate::{Loss, MlpError};

/// The sums of one probe, one for each place in a vector.
type Lanes<T> = [T; LANES];

/// Rows of what is kept, for the examples among which a coordinate moves the unit.
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
    /// Whether [`totals`](Self::totals) takes rises for some of the columns alone: the output is all there is beyond the
    /// unit, and so little to be gathered.
    pub(crate) fn packs(&self) -> bool {
        self.layers.len() == 1 && self.loss != Loss::SoftmaxCrossEntropy
    }

    /// How many probes suit [`totals`](Self::totals) at a time.
    pub(crate) fn suits(&self) -> usize {
        if self.packs() || self.through.is_some() {
            1
        } else {
            self.probes()
        }
    }

    /// Appends to `sums` how far the sum of the losses rises under each of so many `probes`: `rises` has a row for
    /// each, of all columns or of those `among` them, where [`packs`](Self::packs); whole vectors of them.
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
                self.through(base, *lines, Logistic, (rises, still), work);
            }
            (Loss::MeanSquaredError, Some((lines, still))) => {
                self.through(base, *lines, Squared, (rises, still), work);
            }
            (Loss::BinaryCrossEntropy, None) if self.packs() => {
                self.directly(Logistic, rises, among, work);
            }
            (Loss::MeanSquaredError, None) if self.packs() => {
                self.directly(Squared, rises, among, work);
            }
            _ => {
                for rises in rises.chunks(columns * self.probes()) {
                    self.follow(base, rises, work)?;
                    sums.extend(work.changes.chunks_exact(columns).map(sum));
                }
                return Ok(());
            }
        }
        let total = |lanes: &Lanes<T>| lanes.iter().fold(T::zero(), |sum, &value| sum + value);
        sums.extend(work.lanes.iter().map(total));
        Ok(())
    }

    fn through(
        &self,
        base: &Base<'_, T>,
        lines: Lines<T>,
        term: impl Term<T>,
        (rises, still): (&[T], &[T]),
        work: &mut Work<T>,
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
        let lanes = zeros(&mut work.lanes, rises.len() / self.chosen.len());
        match lines {
            Lines::CutOff(bent) => vectorized(Two {
                bent,
                term,
                layers,
                still,
                ahead,
                rises,
                lanes,
            }),
            Lines::Sloped(bent) => vectorized(Two {
                bent,
                term,
                layers,
                still,
                ahead,
                rises,
                lanes,
            }),
        }
    }

    fn directly(
        &self,
        term: impl Term<T>,
        rises: &[T],
        among: Option<&[usize]>,
        work: &mut Work<T>,
    ) {
        let Some(output) = self.layers.last() else {
            return;
        };
        let all = self.chosen.len();
        let columns = among.map_or(all, <[usize]>::len);
        let Work { packed, lanes, .. } = work;
        let ahead = match among {
            None => Ahead {
                z: &output.z,
                y: &self.y,
                losses: &self.losses,
            },
            Some(among) => Ahead {
                z: gather(&output.z, all, among, &mut packed.z),
                y: gather(&self.y, all, among, &mut packed.y),
                losses: gather(&self.losses, all, among, &mut packed.losses),
            },
        };
        vectorized(One {
            term,
            column: &self.column,
            ahead,
            rises,
            lanes: zeros(lanes, rises.len() / columns),
        });
    }
}

/// `columns` of each row, which is so long.
fn gather<'p, T: Scalar>(
    rows: &[T],
    length: usize,
    columns: &[usize],
    packed: &'p mut Vec<T>,
) -> &'p [T] {
    packed.clear();
    for row in rows.chunks_exact(length) {
        packed.extend(columns.iter().map(|&column| row[column]));
    }
    packed
}

fn zeros<T: Scalar>(lanes: &mut Vec<Lanes<T>>, probes: usize) -> &mut [Lanes<T>] {
    lanes.clear();
    lanes.resize(probes, [T::zero(); LANES]);
    lanes
}

/// The output at θ: Z_L and the labels, one row an output, and the loss of each column.
struct Ahead<'k, T> {
    z: &'k [T],
    y: &'k [T],
    losses: &'k [T],
}

impl<T: Scalar> Ahead<'_, T> {
    fn columns(&self) -> usize {
        self.losses.len()
    }
}

/// One layer: the sums of the terms of z_k + c_k·da over the outputs k, less the loss at θ.
struct One<'k, T, F> {
    term: F,
    /// c, one entry an output.
    column: &'k [T],
    ahead: Ahead<'k, T>,
    rises: &'k [T],
    lanes: &'k mut [Lanes<T>],
}

impl<T: Scalar, F: Term<T>> One<'_, T, F> {
    #[inline(always)]
    fn tile<const TILE: usize>(&mut self, start: usize) {
        let e = self.ahead.columns();
        for (rises, lanes) in self.rises.chunks_exact(e).zip(&mut *self.lanes) {
            let (Some(da), Some(before)) = (
                rises[start..].first_chunk::<TILE>(),
                self.ahead.losses[start..].first_chunk::<TILE>(),
            ) else {
                return;
            };
            let mut losses = [T::zero(); TILE];
            let rows = self.ahead.z.chunks_exact(e);
            for ((z, y), &c) in rows.zip(self.ahead.y.chunks_exact(e)).zip(self.column) {
                let (z, y) = (&z[start..][..TILE], &y[start..][..TILE]);
                for lane in 0..TILE {
                    losses[lane] += self.term.of(z[lane] + c * da[lane], y[lane]);
                }
            }
            add_up(lanes, &losses, before);
        }
    }
}

impl<T: Scalar, F: Term<T>> Kernel for One<'_, T, F> {
    type Output = ();

    #[inline(always)]
    fn run(mut self) {
        let (e, mut start) = (self.ahead.columns(), 0);
        while start + WIDE <= e {
            self.tile::<WIDE>(start);
            start += WIDE;
        }
        while start + LANES <= e {
            self.tile::<LANES>(start);
            start += LANES;
        }
    }
}

/// Two layers, the second of one unit: z = z_L + Σ_k w_k·(φ(Z_k + c_k·da) − φ(Z_k)), and its term less the loss
/// at θ.
struct Two<'k, T, B, F> {
    bent: B,
    term: F,
    layers: Through<'k, T>,
    /// Σ_k w_k·φ(Z_k), by the same operations.
    still: &'k [T],
    ahead: Ahead<'k, T>,
    rises: &'k [T],
    lanes: &'k mut [Lanes<T>],
}

impl<T: Scalar, B: Bent<T>, F: Term<T>> Two<'_, T, B, F> {
    #[inline(always)]
    fn tile<const TILE: usize>(&mut self, start: usize) {
        let Ahead { z, y, losses } = self.ahead;
        let (Some(z), Some(y), Some(before), Some(still)) = (
            z[start..].first_chunk::<TILE>(),
            y[start..].first_chunk::<TILE>(),
            losses[start..].first_chunk::<TILE>(),
            self.still[start..].first_chunk::<TILE>(),
        ) else {
            return;
        };
        let columns = self.rises.chunks_exact(losses.len());
        for (rises, lanes) in columns.zip(&mut *self.lanes) {
            let Some(da) = rises[start..].first_chunk::<TILE>() else {
                return;
            };
            let sums = self.layers.tile(self.bent, start, da);
            let mut losses = [T::zero(); TILE];
            for lane in 0..TILE {
                // What does not move stays exactly where it is.
                losses[lane] = self.term.of(z[lane] + (sums[lane] - still[lane]), y[lane]);
            }
            add_up(lanes, &losses, before);
        }
    }
}

impl<T: Scalar, B: Bent<T>, F: Term<T>> Kernel for Two<'_, T, B, F> {
    type Output = ();

    #[inline(always)]
    fn run(mut self) {
        let (e, mut start) = (self.ahead.columns(), 0);
        while start + WIDE <= e {
            self.tile::<WIDE>(start);
            start += WIDE;
        }
        while start + LANES <= e {
            self.tile::<LANES>(start);
            start += LANES;
        }
    }
}

/// Examples whose numbers are held in registers: four vectors, so that one need not wait for another.
const WIDE: usize = 4 * LANES;

/// In the same order for every size of a tile.
#[inline(always)]
fn add_up<T: Scalar, const TILE: usize>(
    lanes: &mut Lanes<T>,
    losses: &[T; TILE],
    before: &[T; TILE],
) {
    for (losses, before) in losses.chunks_exact(LANES).zip(before.chunks_exact(LANES)) {
        for lane in 0..LANES {
            lanes[lane] += losses[lane] - before[lane];
        }
    }
}
