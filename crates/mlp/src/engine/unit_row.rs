//! One unit's own row of Z, and how its activations change when Z does.
//!
//! Invariant: knows nothing of what changes the unit, and of what lies beyond it.

use tensor_core::Scalar;

use super::base::Base;
use super::columns::pick;
use super::kernels::{By, Row, outer, raise};
use crate::Activation;

/// Unit i of layer l in all examples, or in the picked ones.
#[derive(Clone, Copy)]
pub(crate) struct UnitRow<'k, T> {
    /// φ; `None` in layer L, whose logits have no activation here.
    pub(crate) activation: Option<Activation>,
    /// Z_l[i, ·], and of a hidden layer A_l[i, ·] and D_l[i, ·].
    pub(crate) row: Row<'k, T>,
}

impl<'k, T: Scalar> UnitRow<'k, T> {
    /// The unit in all examples.
    pub(crate) fn of(base: &'k Base<'_, T>, layer: usize, unit: usize) -> Self {
        let hidden = layer < base.depth();
        let mask = base.mask(layer).filter(|_| hidden);
        Self {
            activation: hidden.then(|| base.activation()),
            row: Row {
                z: base.z(layer).row(unit),
                a: if hidden { base.a(layer).row(unit) } else { &[] },
                mask: mask.map_or(&[][..], |mask| mask.row(unit)),
            },
        }
    }

    /// Whether the unit can act in an example while it stays on its side of its kink: not if it is dropped, or inactive
    /// below 0.
    pub(crate) fn acts(&self, example: usize) -> bool {
        let cut_off = self.activation == Some(Activation::Relu);
        (!cut_off || self.row.a[example] != T::zero()) & self.is_kept(example)
    }

    /// Whether the unit is not dropped in an example.
    pub(crate) fn is_kept(&self, example: usize) -> bool {
        let kept = self.row.mask.get(example);
        kept.is_none_or(|&kept| kept != T::zero())
    }

    /// The change of its activations when its Z changes, one row of `rises` per probe; in layer L, the change of Z.
    pub(crate) fn raise(&self, by: By<'_, T>, rises: &mut [T]) {
        match (self.activation, by) {
            (Some(activation), by) => raise(activation, self.row, by, rises),
            (None, By::Each(dz)) => rises.copy_from_slice(dz),
            (None, By::Multiples { deltas, x }) => outer(deltas, x, rises),
        }
    }
}

/// A [`Row`] of some of the examples, in memory that is reused.
pub(crate) struct PickedRow<T> {
    z: Vec<T>,
    mask: Vec<T>,
    a: Vec<T>,
}

impl<T: Scalar> PickedRow<T> {
    /// An empty row.
    pub(crate) fn new() -> Self {
        Self {
            z: Vec::new(),
            mask: Vec::new(),
            a: Vec::new(),
        }
    }

    /// Takes the entries of `row` at `columns`.
    pub(crate) fn pick(&mut self, row: Row<'_, T>, columns: &[usize]) {
        pick(row.z, columns, &mut self.z);
        pick(row.mask, columns, &mut self.mask);
        pick(row.a, columns, &mut self.a);
    }

    /// The picked entries.
    pub(crate) fn row(&self) -> Row<'_, T> {
        Row {
            z: &self.z,
            mask: &self.mask,
            a: &self.a,
        }
    }
}
