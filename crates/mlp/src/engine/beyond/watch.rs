//! On which side of their kinks the units of the hidden layers beyond a unit are under a probe.
//!
//! Invariant: knows nothing of what changes the unit.

use tensor_core::Scalar;

use super::{Beyond, Kept, Work};
use crate::MlpError;
use crate::engine::base::Base;
use crate::engine::kernels::mark_crossings;

impl<T: Scalar> Beyond<T> {
    /// Visits the hidden layers beyond the unit under one probe, entry by entry except for dropped ones, with the
    /// layer, the index in the whole n×m matrix, the value of Z at θ and its value under the probe.
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

    /// Marks each column in which a hidden layer beyond the unit passes a kink under one probe or more.
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

    /// Calls `watch` with each hidden layer beyond the unit, and its dZ; what lies beyond the last of them is left
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
}
