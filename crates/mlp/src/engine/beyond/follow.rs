//! Propagates the changes of a unit to the losses, example by example, layer by layer.
//!
//! Invariant: knows nothing of what changes the unit.

use tensor_core::{MatrixView, MatrixViewMut, Scalar, product_into};

use super::{Beyond, Kept, Work};
use crate::engine::base::Base;
use crate::engine::kernels::{By, Row, add_repeated, outer, raise, subtract};
use crate::engine::losses::losses;
use crate::{Activation, MlpError};

impl<T: Scalar> Beyond<T> {
    /// Propagates the changes `rises` of the unit's activations, one row of the chosen examples per probe, to the
    /// losses; if the unit is one of layer L, the changes of its Z. Leaves the changes of the losses in `work.changes`.
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
                        // What does not change stays exactly the same.
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
            subtract(changes, &self.losses);
        }
        Ok(())
    }

    /// Like [`follow`](Self::follow), if only the output lies beyond the unit and many of `rises` are 0, as they are
    /// if the input is an inactive unit: their losses need not be computed. Returns false, without a result, if few
    /// are 0.
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
        // Without a branch, because it is unpredictable which of them are 0.
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

    /// Computes dZ_L of one probe or more, into `dz`.
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

    /// Computes dZ of the first layer beyond the unit.
    pub(super) fn enter(&self, rises: &[T], dz: &mut Vec<T>) {
        dz.clear();
        dz.resize(self.column.len() * rises.len(), T::zero());
        outer(&self.column, rises, dz);
    }

    /// Replaces dZ of one layer by that of the next, in place.
    pub(super) fn climb(
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

    /// Computes the changes of the activations of a hidden layer, for every probe.
    fn rise_all(&self, activation: Activation, here: &Kept<T>, dz: &[T], da: &mut [T]) {
        let examples = self.chosen.len();
        let columns = dz.len() / (here.z.len() / examples).max(1);
        let rows = dz.chunks_exact(columns).zip(da.chunks_exact_mut(columns));
        for (row, (dz, da)) in rows.enumerate() {
            let own = row * examples..(row + 1) * examples;
            let row = Row {
                z: &here.z[own.clone()],
                a: &here.a[own.clone()],
                mask: here.mask.get(own).unwrap_or_default(),
            };
            for (dz, da) in dz.chunks_exact(examples).zip(da.chunks_exact_mut(examples)) {
                raise(activation, row, By::Each(dz), da);
            }
        }
    }
}
