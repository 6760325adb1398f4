//! What lies beyond one unit: the layers above it, kept for the examples on which the unit can act.
//!
//! Refuses to know what moves the unit.

mod totals;

use tensor_core::{MatrixView, MatrixViewMut, Scalar, product_into};

use super::base::Base;
use super::kernels::{LANES, Lines, Through, add_repeated, mark_crossings, outer, rise};
use super::losses::{Buffers, losses};
use crate::{Activation, Loss, MlpError};

/// So many columns, probes times examples, go through the layers at once: what is written between two
/// layers of 64 units then takes 128 KB, and stays in the second-level cache.
const COLUMNS: usize = 256;

/// The network beyond unit i of layer l, for some of the examples.
pub(crate) struct Beyond<T> {
    layer: usize,
    unit: usize,
    loss: Loss,
    /// The examples that are kept, in ascending order. So that all loops run over whole vectors the last one
    /// is kept again and again: what does not rise changes nothing.
    chosen: Vec<usize>,
    /// How many of them are no repetition.
    pub(crate) examples: usize,
    /// For each example, whether it is left out.
    pub(crate) idle: Vec<bool>,
    /// How the unit enters the first of `layers`: W_{l+1}[·, i]. Where l is L, how its own row enters
    /// those of Z_L that are kept.
    column: Vec<T>,
    /// Layers l+1 … L; of layer L alone where l is L.
    layers: Vec<Kept<T>>,
    /// How many rows of Z_L are kept, and their labels.
    outputs: usize,
    y: Vec<T>,
    /// φ, and Z_L as [`Through`] gives it, where that applies.
    through: Option<(Lines<T>, Vec<T>)>,
    /// The loss of each example.
    losses: Vec<T>,
}

/// One layer for the examples that are kept, n×e.
struct Kept<T> {
    layer: usize,
    z: Vec<T>,
    /// φ(Z)∘D, of a hidden layer; empty where [`Through`] passes it.
    a: Vec<T>,
    /// D, empty where there is none.
    mask: Vec<T>,
}

/// What is reused from probe to probe.
pub(crate) struct Work<T> {
    dz: Vec<T>,
    da: Vec<T>,
    buffers: Buffers<T>,
    /// How far the loss of each example rises, one row a probe.
    pub(crate) changes: Vec<T>,
    /// The columns in which something rises, each with its example, and their losses.
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
    /// Of no unit yet, to be [`turned`](Self::turn_to) to one after another.
    pub(crate) fn empty() -> Self {
        Self {
            layer: 0,
            unit: 0,
            loss: Loss::MeanSquaredError,
            chosen: Vec::new(),
            examples: 0,
            idle: Vec::new(),
            column: Vec::new(),
            layers: Vec::new(),
            outputs: 0,
            y: Vec::new(),
            through: None,
            losses: Vec::new(),
        }
    }

    /// What lies beyond unit `unit` of layer `layer`, for the examples that are not `idle`.
    pub(crate) fn new(
        base: &Base<'_, T>,
        layer: usize,
        unit: usize,
        idle: Vec<bool>,
        work: &mut Work<T>,
    ) -> Result<Self, MlpError> {
        let mut beyond = Self {
            idle,
            ..Self::empty()
        };
        beyond.turn_to(base, layer, unit, work);
        Ok(beyond)
    }

    /// Turns to another unit, for the examples that are not [`idle`](Self::idle), and keeps the memory.
    pub(crate) fn turn_to(
        &mut self,
        base: &Base<'_, T>,
        layer: usize,
        unit: usize,
        work: &mut Work<T>,
    ) {
        (self.layer, self.unit) = (layer, unit);
        let chosen = &mut self.chosen;
        chosen.clear();
        chosen.extend((0..self.idle.len()).filter(|&example| !self.idle[example]));
        self.examples = chosen.len();
        if let Some(&last) = chosen.last() {
            chosen.resize(self.examples.next_multiple_of(LANES), last);
        }
        let last = base.depth();
        let loss = base.architecture.loss();
        self.loss = loss;
        // The losses of the outputs add up, so that of layer L a unit's own row is all that moves; but for
        // softmax, which mixes them.
        let rows = if layer == last && loss != Loss::SoftmaxCrossEntropy {
            unit..unit + 1
        } else {
            0..base.z(last).rows()
        };
        self.outputs = rows.len();
        self.column.clear();
        if layer < last {
            self.column.extend(base.weights(layer + 1).column(unit));
        } else {
            let own = |row| if row == unit { T::one() } else { T::zero() };
            self.column.extend(rows.clone().map(own));
        }
        // One loop through both layers beyond the unit, where the second has one unit and the first is of straight
        // lines and without dropout; it needs no activations of the first.
        let narrow = layer + 2 == last && rows.len() == 1 && base.mask(layer + 1).is_none();
        let lines = Lines::of(base.activation()).filter(|_| narrow);
        let layers = last.min(layer + 1)..=last;
        self.layers.resize_with(layers.clone().count(), Kept::empty);
        for (later, kept) in layers.zip(&mut self.layers) {
            let hidden = later < last;
            let rows = match hidden {
                true => 0..base.z(later).rows(),
                false => rows.clone(),
            };
            kept.layer = later;
            take(base.z(later), rows.clone(), chosen, &mut kept.z);
            kept.a.clear();
            if hidden && lines.is_none() {
                take(base.a(later), rows.clone(), chosen, &mut kept.a);
            }
            kept.mask.clear();
            if let Some(mask) = base.mask(later).filter(|_| hidden) {
                take(mask, rows, chosen, &mut kept.mask);
            }
        }
        take(base.batch.y().view(), rows, chosen, &mut self.y);
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

    /// Whether this is it.
    pub(crate) fn is(&self, layer: usize, unit: usize) -> bool {
        (self.layer, self.unit) == (layer, unit)
    }

    /// The example of each column.
    pub(crate) fn chosen(&self) -> &[usize] {
        &self.chosen
    }

    /// What of a row of all examples is followed, the repetitions left at 0.
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

    /// How many probes at a time are followed.
    pub(crate) fn probes(&self) -> usize {
        (COLUMNS / self.chosen.len().max(1)).max(1)
    }

    /// Follows the unit's activations, which rise by `rises`, one row of the chosen examples a probe, to the
    /// losses; where the unit is one of layer L, its Z. Leaves in `work.changes` how far those rise.
    pub(crate) fn follow(
        &self,
        base: &Base<'_, T>,
        rises: &[T],
        work: &mut Work<T>,
    ) -> Result<(), MlpError> {
        let (columns, examples) = (rises.len(), self.chosen.len());
        if let [output] = &self.layers[..]
            && self.follow_those_that_rise(base, output, rises, work)
        {
            return Ok(());
        }
        let Work {
            dz,
            da,
            buffers,
            changes,
            ..
        } = work;
        changes.clear();
        changes.resize(columns, T::zero());
        if columns == 0 {
            return Ok(());
        }
        match &self.through {
            Some((lines, still)) => {
                dz.clear();
                dz.resize(columns, T::zero());
                for (rises, dz) in rises.chunks(examples).zip(dz.chunks_mut(examples)) {
                    self.pass_through(base, *lines, rises, dz);
                    for ((dz, &still), &z) in dz.iter_mut().zip(still).zip(self.logits()) {
                        // What does not move stays exactly where it is.
                        *dz = z + (*dz - still);
                    }
                }
            }
            None => {
                self.propagate(base, rises, (dz, da))?;
                for (row, z) in dz
                    .chunks_exact_mut(columns)
                    .zip(self.logits().chunks(examples))
                {
                    add_repeated(row, z);
                }
            }
        }
        let loss = base.architecture.loss();
        losses(loss, dz, &self.y, self.outputs, buffers, changes);
        for changes in changes.chunks_mut(examples) {
            for (change, &before) in changes.iter_mut().zip(&self.losses) {
                *change -= before;
            }
        }
        Ok(())
    }

    /// [`follow`](Self::follow) where only the output lies beyond the unit and many of `rises` are 0, as they are
    /// where the input is, such as another unit that is cut off: their losses need not be computed. False where
    /// they are few.
    fn follow_those_that_rise(
        &self,
        base: &Base<'_, T>,
        output: &Kept<T>,
        rises: &[T],
        work: &mut Work<T>,
    ) -> bool {
        let examples = self.chosen.len();
        let Work {
            dz,
            da: packed,
            buffers,
            changes,
            rising,
            losses: found,
            ..
        } = work;
        // Without a branch: nobody can predict which of them are 0.
        let mut count = 0;
        rising.resize(rises.len().max(rising.len()), (0, 0));
        for (probe, own) in rises.chunks(examples.max(1)).enumerate() {
            for (example, rise) in own.iter().enumerate() {
                rising[count] = (probe * examples + example, example);
                count += usize::from(*rise != T::zero());
            }
        }
        if 4 * count > 3 * rises.len() {
            return false;
        }
        let rising = &rising[..count];
        changes.clear();
        changes.resize(rises.len(), T::zero());
        dz.clear();
        for (row, &c) in output.z.chunks_exact(examples.max(1)).zip(&self.column) {
            let moved = rising.iter();
            dz.extend(moved.map(|&(column, example)| row[example] + c * rises[column]));
        }
        packed.clear();
        for row in self.y.chunks_exact(examples.max(1)) {
            packed.extend(rising.iter().map(|&(_, example)| row[example]));
        }
        found.clear();
        found.resize(count, T::zero());
        let loss = base.architecture.loss();
        losses(loss, dz, packed, self.outputs, buffers, found);
        for (&(column, example), &loss) in rising.iter().zip(&*found) {
            changes[column] = loss - self.losses[example];
        }
        true
    }

    /// Shows the hidden layers beyond the unit under one probe, entry by entry but those that are dropped: the
    /// layer, the entry in the whole n×m matrix, what Z is there at θ and what under the probe.
    pub(crate) fn watch(
        &self,
        base: &Base<'_, T>,
        rises: &[T],
        work: &mut Work<T>,
        mut show: impl FnMut(usize, usize, T, T),
    ) -> Result<(), MlpError> {
        let examples = self.chosen.len();
        if examples == 0 {
            return Ok(());
        }
        self.watch_hidden(base, rises, (&mut work.dz, &mut work.da), |here, dz| {
            for (at, (&z, &dz)) in here.z.iter().zip(dz).enumerate() {
                if here.mask.get(at) != Some(&T::zero()) {
                    let (row, example) = (at / examples, self.chosen[at % examples]);
                    show(here.layer, row * base.examples() + example, z, z + dz);
                }
            }
        })
    }

    /// Marks each column under one probe or more in which a hidden layer beyond the unit passes a kink.
    pub(crate) fn mark_crossings(
        &self,
        base: &Base<'_, T>,
        rises: &[T],
        work: &mut Work<T>,
        crossed: &mut [bool],
    ) -> Result<(), MlpError> {
        let examples = self.chosen.len();
        if rises.is_empty() {
            return Ok(());
        }
        self.watch_hidden(base, rises, (&mut work.dz, &mut work.da), |here, dz| {
            for (row, dz) in dz.chunks_exact(rises.len()).enumerate() {
                let own = row * examples..(row + 1) * examples;
                let mask = here.mask.get(own.clone()).unwrap_or_default();
                let parts = dz
                    .chunks_exact(examples)
                    .zip(crossed.chunks_exact_mut(examples));
                for (dz, crossed) in parts {
                    mark_crossings(&here.z[own.clone()], dz, mask, crossed);
                }
            }
        })
    }

    /// dZ_L of one probe or more, into `dz`.
    fn propagate(
        &self,
        base: &Base<'_, T>,
        rises: &[T],
        (dz, da): (&mut Vec<T>, &mut Vec<T>),
    ) -> Result<(), MlpError> {
        self.enter(rises, dz);
        for pair in self.layers.windows(2) {
            self.climb(base, (&pair[0], &pair[1]), rises.len(), (dz, da))?;
        }
        Ok(())
    }

    /// Shows `watch` each hidden layer beyond the unit, and its dZ; what lies beyond the last of them is left
    /// out.
    fn watch_hidden(
        &self,
        base: &Base<'_, T>,
        rises: &[T],
        (dz, da): (&mut Vec<T>, &mut Vec<T>),
        mut watch: impl FnMut(&Kept<T>, &[T]),
    ) -> Result<(), MlpError> {
        let Some((_, hidden)) = self.layers.split_last() else {
            return Ok(());
        };
        self.enter(rises, dz);
        for (at, here) in hidden.iter().enumerate() {
            watch(here, dz);
            if let Some(next) = hidden.get(at + 1) {
                self.climb(base, (here, next), rises.len(), (dz, da))?;
            }
        }
        Ok(())
    }

    /// dZ of the first layer beyond the unit.
    fn enter(&self, rises: &[T], dz: &mut Vec<T>) {
        dz.clear();
        dz.resize(self.column.len() * rises.len(), T::zero());
        outer(&self.column, rises, dz);
    }

    /// From dZ of one layer to that of the next, in place.
    fn climb(
        &self,
        base: &Base<'_, T>,
        (here, next): (&Kept<T>, &Kept<T>),
        columns: usize,
        (dz, da): (&mut Vec<T>, &mut Vec<T>),
    ) -> Result<(), MlpError> {
        da.clear();
        da.resize(dz.len(), T::zero());
        self.rise_all(base.activation(), here, dz, da);
        let weights = base.weights(next.layer);
        dz.clear();
        dz.resize(weights.rows() * columns, T::zero());
        let da = MatrixView::from_slice(weights.cols(), columns, da)?;
        let out = MatrixViewMut::from_slice(weights.rows(), columns, dz)?;
        product_into(weights, da, out)?;
        Ok(())
    }

    /// How far the activations of a hidden layer rise, of every probe.
    fn rise_all(&self, activation: Activation, here: &Kept<T>, dz: &[T], da: &mut [T]) {
        let examples = self.chosen.len();
        let columns = dz.len() / (here.z.len() / examples).max(1);
        let rows = dz.chunks_exact(columns).zip(da.chunks_exact_mut(columns));
        for (row, (dz, da)) in rows.enumerate() {
            let own = row * examples..(row + 1) * examples;
            let (z, a) = (&here.z[own.clone()], &here.a[own.clone()]);
            let mask = here.mask.get(own).unwrap_or_default();
            for (dz, da) in dz.chunks_exact(examples).zip(da.chunks_exact_mut(examples)) {
                rise(activation, (z, dz), mask, a, da);
            }
        }
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

/// For each example, whether the unit can't act on it while it stays on its side of its kink: it is dropped
/// there, or cut off below 0.
pub(crate) fn idle<T: Scalar>(base: &Base<'_, T>, layer: usize, unit: usize) -> Vec<bool> {
    let mut idle = Vec::new();
    find_idle(base, layer, unit, &mut idle);
    idle
}

/// [`idle`] into what there is.
pub(crate) fn find_idle<T: Scalar>(
    base: &Base<'_, T>,
    layer: usize,
    unit: usize,
    idle: &mut Vec<bool>,
) {
    idle.clear();
    idle.resize(base.examples(), false);
    if layer == base.depth() {
        return;
    }
    let cut_off = base.activation() == Activation::Relu;
    for (idle, &a) in idle.iter_mut().zip(base.a(layer).row(unit)) {
        *idle = cut_off && a == T::zero();
    }
    if let Some(mask) = base.mask(layer) {
        for (idle, &kept) in idle.iter_mut().zip(mask.row(unit)) {
            *idle |= kept == T::zero();
        }
    }
}

/// Some columns of some rows, row by row.
pub(super) fn take<T: Scalar>(
    matrix: MatrixView<'_, T>,
    rows: std::ops::Range<usize>,
    columns: &[usize],
    taken: &mut Vec<T>,
) {
    taken.clear();
    taken.reserve(rows.len() * columns.len());
    for row in rows {
        let row = matrix.row(row);
        taken.extend(columns.iter().map(|&column| row[column]));
    }
}
