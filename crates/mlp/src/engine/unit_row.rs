//! One unit's own row of Z, and what becomes of its activations when it rises.
//!
//! Refuses to know what raises it, and what lies beyond.

use tensor_core::Scalar;

use super::base::Base;
use super::columns::pick;
use super::kernels::{By, Row, outer, raise};
use crate::Activation;

/// Unit i of layer l in all examples, or in those that were picked.
#[derive(Clone, Copy)]
pub(crate) struct UnitRow<'k, T> {
    /// φ; `None` in layer L, whose Z nothing is applied to.
    pub(crate) activation: Option<Activation>,
    /// Z_l[i, ·], and of a hidden layer A_l[i, ·] and D_l[i, ·].
    pub(crate) row: Row<'k, T>,
}

impl<'k, T: Scalar> UnitRow<'k, T> {
    /// In all examples.
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

    /// Whether it can act in an example while it stays on its side of its kink: not where it is dropped, or cut off
    /// below 0.
    pub(crate) fn acts(&self, example: usize) -> bool {
        let cut_off = self.activation == Some(Activation::Relu);
        (!cut_off || self.row.a[example] != T::zero()) & self.is_kept(example)
    }

    /// Whether no mask drops it in an example.
    pub(crate) fn is_kept(&self, example: usize) -> bool {
        let kept = self.row.mask.get(example);
        kept.is_none_or(|&kept| kept != T::zero())
    }

    /// How far its activations rise when its Z does, one row of `rises` a probe; in layer L, how far Z does.
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
    /// None yet.
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

    /// What was taken.
    pub(crate) fn row(&self) -> Row<'_, T> {
        Row {
            z: &self.z,
            mask: &self.mask,
            a: &self.a,
        }
    }
}
