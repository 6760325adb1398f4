//! The stored forward pass at θ.

use std::ops::Range;
use std::sync::OnceLock;

use tensor_core::{MatrixView, Scalar};

use super::kernels::Lines;
use crate::cost::total_cost;
use crate::forward::propagate;
use crate::pattern::Sides;
use crate::{Activation, Architecture, Batch, DropoutMasks, LayerCache, Loss, MlpError};

/// The intermediate results of one forward pass.
pub(crate) struct Base<'a, T> {
    pub(crate) architecture: &'a Architecture,
    pub(crate) theta: &'a [T],
    pub(crate) batch: &'a Batch<T>,
    pub(crate) masks: Option<&'a DropoutMasks<T>>,
    /// Layer l at l − 1.
    layers: Vec<LayerCache<'a, T>>,
    /// J(θ).
    pub(crate) cost: T,
    sides: OnceLock<Option<Sides>>,
}

impl<'a, T: Scalar> Base<'a, T> {
    /// Runs one forward pass at `theta`.
    pub(crate) fn at(
        architecture: &'a Architecture,
        theta: &'a [T],
        batch: &'a Batch<T>,
        masks: Option<&'a DropoutMasks<T>>,
    ) -> Result<Self, MlpError> {
        let mut layers = Vec::with_capacity(architecture.depth());
        let last = propagate(architecture, theta, batch, masks, |cache| {
            layers.push(cache);
        })?;
        let cost = total_cost(architecture, theta, last.z(), batch.y().view())?;
        layers.push(last);
        Ok(Self {
            architecture,
            theta,
            batch,
            masks,
            layers,
            cost,
            sides: OnceLock::new(),
        })
    }

    /// The branch pattern; `None` if the activation has no kink. Computed only on request.
    pub(crate) fn sides(&self) -> Option<Sides> {
        *self.sides.get_or_init(|| {
            if self.activation().is_smooth() {
                return None;
            }
            let mut sides = Sides::default();
            let hidden = self.layers.iter().zip(1..self.depth());
            for (cache, layer) in hidden {
                sides.add_layer(layer, cache.z().as_slice(), cache.mask());
            }
            Some(sides)
        })
    }

    /// L.
    pub(crate) fn depth(&self) -> usize {
        self.layers.len()
    }

    /// m.
    pub(crate) fn examples(&self) -> usize {
        self.batch.examples()
    }

    /// Z_l, n_l×m.
    pub(crate) fn z(&self, layer: usize) -> MatrixView<'_, T> {
        self.layers[layer - 1].z()
    }

    /// A_l, n_l×m, for l from 0, where it is X, to L − 1.
    pub(crate) fn a(&self, layer: usize) -> MatrixView<'_, T> {
        self.layers[layer].a_prev()
    }

    /// W_l, n_l×n_{l−1}.
    pub(crate) fn weights(&self, layer: usize) -> MatrixView<'a, T> {
        self.layers[layer - 1].weights()
    }

    /// The dropout mask of A_l, n_l×m.
    pub(crate) fn mask(&self, layer: usize) -> Option<MatrixView<'a, T>> {
        self.layers[layer - 1].mask()
    }

    /// The rows of Z_L that change with unit i of layer l. For layer L it is the unit's own row alone, since the
    /// losses of the outputs add up, except for softmax, which mixes them.
    pub(crate) fn outputs_of(&self, layer: usize, unit: usize) -> Range<usize> {
        let mixed = self.architecture.loss() == Loss::SoftmaxCrossEntropy;
        if layer == self.depth() && !mixed {
            unit..unit + 1
        } else {
            0..self.z(self.depth()).rows()
        }
    }

    /// The straight lines of φ, if above layer l there is one hidden layer of them, without dropout, and one output:
    /// then one loop handles both.
    pub(crate) fn narrow_above(&self, layer: usize) -> Option<Lines<T>> {
        let narrow = layer + 2 == self.depth()
            && self.z(self.depth()).rows() == 1
            && self.mask(layer + 1).is_none();
        Lines::of(self.activation()).filter(|_| narrow)
    }

    /// φ of the hidden layers.
    pub(crate) fn activation(&self) -> Activation {
        self.architecture.activation()
    }
}
