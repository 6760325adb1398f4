//! What lies beyond one unit: the layers above it, kept for the examples on which the unit can act.
//!
//! Invariant: knows nothing of what changes the unit.

mod follow;
mod totals;
mod watch;

use tensor_core::Scalar;

use super::base::Base;
use super::columns::pick_rows;
use super::kernels::{Lines, Through};
use super::losses::{Buffers, losses};
use crate::Loss;

/// The number of columns, probes times examples, that go through the layers at once: the intermediate results
/// between two layers of 64 units then take 128 KB, and stay in the second-level cache.
const COLUMNS: usize = 256;

/// The network beyond unit i of layer l, for some of the examples.
pub(crate) struct Beyond<T> {
    layer: usize,
    unit: usize,
    loss: Loss,
    /// The chosen examples, in ascending order, filled up to whole vectors.
    chosen: Vec<usize>,
    /// The number of them without the repetitions that fill up the vectors.
    pub(crate) examples: usize,
    /// The weights with which the unit enters the first of `layers`: W_{l+1}[·, i]. If l is L, those with which its own
    /// row enters the stored rows of Z_L.
    column: Vec<T>,
    /// Layers l+1 … L; layer L alone if l is L.
    layers: Vec<Kept<T>>,
    /// The number of stored rows of Z_L, and their labels.
    outputs: usize,
    y: Vec<T>,
    /// φ, and Z_L as [`Through`] computes it, if that applies.
    through: Option<(Lines<T>, Vec<T>)>,
    /// The loss of each example.
    losses: Vec<T>,
}

/// One layer for the chosen examples, n×e.
struct Kept<T> {
    layer: usize,
    z: Vec<T>,
    /// φ(Z)∘D of a hidden layer; empty if [`Through`] handles it.
    a: Vec<T>,
    /// D; empty if there is none.
    mask: Vec<T>,
}

/// Buffers that are reused from probe to probe.
pub(crate) struct Work<T> {
    dz: Vec<T>,
    da: Vec<T>,
    buffers: Buffers<T>,
    /// The change of the loss of each example, one row per probe.
    pub(crate) changes: Vec<T>,
    /// The columns in which something changes, each with its example, and their losses.
    rising: Vec<(usize, usize)>,
    losses: Vec<T>,
    packed: totals::Packed<T>,
}

impl<T: Scalar> Work<T> {
    pub(crate) fn new() -> Self {
        Self {
            dz: Vec::new(),
            da: Vec::new(),
            buffers: Buffers::default(),
            changes: Vec::new(),
            rising: Vec::new(),
            losses: Vec::new(),
            packed: totals::Packed::default(),
        }
    }
}

impl<T: Scalar> Beyond<T> {
    /// The network beyond no unit yet, to be [`turned`](Self::turn_to) to one after another.
    pub(crate) fn empty() -> Self {
        Self {
            layer: 0,
            unit: 0,
            loss: Loss::MeanSquaredError,
            chosen: Vec::new(),
            examples: 0,
            column: Vec::new(),
            layers: Vec::new(),
            outputs: 0,
            y: Vec::new(),
            through: None,
            losses: Vec::new(),
        }
    }

    /// Switches to another unit, for the examples `chosen`, of which those beyond the first `examples` are repetitions;
    /// reuses the memory.
    pub(crate) fn turn_to(
        &mut self,
        base: &Base<'_, T>,
        (layer, unit): (usize, usize),
        (chosen, examples): (&[usize], usize),
        work: &mut Work<T>,
    ) {
        (self.layer, self.unit) = (layer, unit);
        self.chosen.clear();
        self.chosen.extend_from_slice(chosen);
        self.examples = examples;
        let last = base.depth();
        let loss = base.architecture.loss();
        self.loss = loss;
        let rows = base.outputs_of(layer, unit);
        self.outputs = rows.len();
        self.column.clear();
        if layer < last {
            self.column.extend(base.weights(layer + 1).column(unit));
        } else {
            let own = |row| if row == unit { T::one() } else { T::zero() };
            self.column.extend(rows.clone().map(own));
        }
        // One loop handles both layers and needs no activations of the first.
        let lines = base.narrow_above(layer);
        let layers = last.min(layer + 1)..=last;
        self.layers.resize_with(layers.clone().count(), Kept::empty);
        for (later, kept) in layers.zip(&mut self.layers) {
            let hidden = later < last;
            let rows = match hidden {
                true => 0..base.z(later).rows(),
                false => rows.clone(),
            };
            kept.layer = later;
            pick_rows(base.z(later), rows.clone(), chosen, &mut kept.z);
            kept.a.clear();
            if hidden && lines.is_none() {
                pick_rows(base.a(later), rows.clone(), chosen, &mut kept.a);
            }
            kept.mask.clear();
            if let Some(mask) = base.mask(later).filter(|_| hidden) {
                pick_rows(mask, rows, chosen, &mut kept.mask);
            }
        }
        pick_rows(base.batch.y().view(), rows, chosen, &mut self.y);
        self.losses.clear();
        self.losses.resize(chosen.len(), T::zero());
        let through = self.through.take();
        if let Some(lines) = lines {
            let mut z = through.map_or_else(Vec::new, |(_, z)| z);
            z.clear();
            z.resize(self.chosen.len(), T::zero());
            // All zeros so far.
            self.pass_through(base, lines, &self.losses, &mut z);
            self.through = Some((lines, z));
        }
        work.dz.clear();
        work.dz.extend_from_slice(self.logits());
        losses(
            loss,
            &mut work.dz,
            &self.y,
            self.outputs,
            &mut work.buffers,
            &mut self.losses,
        );
    }

    /// Whether this is the network beyond the given unit.
    pub(crate) fn is(&self, layer: usize, unit: usize) -> bool {
        (self.layer, self.unit) == (layer, unit)
    }

    /// The example of each column.
    pub(crate) fn chosen(&self) -> &[usize] {
        &self.chosen
    }

    /// Picks the chosen examples from a row of all examples, with 0 for the repetitions.
    pub(crate) fn choose(&self, row: &[T], followed: &mut Vec<T>) {
        followed.clear();
        let real = &self.chosen[..self.examples];
        if self.examples == row.len() {
            followed.extend_from_slice(row);
        } else {
            followed.extend(real.iter().map(|&example| row[example]));
        }
        followed.resize(self.chosen.len(), T::zero());
    }

    /// The number of probes that are propagated at a time.
    pub(crate) fn probes(&self) -> usize {
        (COLUMNS / self.chosen.len().max(1)).max(1)
    }

    fn logits(&self) -> &[T] {
        self.layers
            .last()
            .map(|kept| &kept.z[..])
            .unwrap_or_default()
    }

    fn pass_through(&self, base: &Base<'_, T>, lines: Lines<T>, rises: &[T], out: &mut [T]) {
        if let [hidden, output] = &self.layers[..] {
            let through = Through {
                z: &hidden.z,
                c: &self.column,
                w: base.weights(output.layer).as_slice(),
            };
            through.run(lines, rises, out);
        }
    }
}

impl<T> Kept<T> {
    fn empty() -> Self {
        Self {
            layer: 0,
            z: Vec::new(),
            a: Vec::new(),
            mask: Vec::new(),
        }
    }
}
