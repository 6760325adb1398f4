//! One unit's own row of Z, and what becomes of its activations when it rises.
//!
//! Refuses to know what raises it, and what lies beyond.

use tensor_core::Scalar;

use super::base::Base;
use super::kernels::rise;
use crate::Activation;

/// Unit i of layer l in all examples, or in those that were picked.
#[derive(Clone, Copy)]
pub(crate) struct UnitRow<'k, T> {
    /// φ; `None` in layer L, whose Z nothing is applied to.
    activation: Option<Activation>,
    /// Z_l[i, ·].
    pub(crate) z: &'k [T],
    /// A_l[i, ·]; empty in layer L.
    pub(crate) a: &'k [T],
    /// D_l[i, ·]; empty where there is none.
    pub(crate) mask: &'k [T],
}

impl<'k, T: Scalar> UnitRow<'k, T> {
    /// In all examples.
    pub(crate) fn of(base: &'k Base<'_, T>, layer: usize, unit: usize) -> Self {
        let hidden = layer < base.depth();
        let mask = base.mask(layer).filter(|_| hidden);
        Self {
            activation: hidden.then(|| base.activation()),
            z: base.z(layer).row(unit),
            a: if hidden { base.a(layer).row(unit) } else { &[] },
            mask: mask.map_or(&[][..], |mask| mask.row(unit)),
        }
    }

    /// The same in the examples whose entries these are.
    pub(crate) fn with<'p>(&self, z: &'p [T], a: &'p [T], mask: &'p [T]) -> UnitRow<'p, T> {
        UnitRow {
            activation: self.activation,
            z,
            a,
            mask,
        }
    }

    /// How far its activations rise when its Z does by `dz`; in layer L, how far Z does.
    pub(crate) fn raise(&self, dz: &[T], rises: &mut [T]) {
        match self.activation {
            Some(activation) => rise(activation, (self.z, dz), self.mask, self.a, rises),
            None => rises.copy_from_slice(dz),
        }
    }
}
