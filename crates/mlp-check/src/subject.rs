//! A network with the backward pass under test as a subject: named blocks, its own conversion between the flat
//! vector and its matrices, a fingerprint of its data.
//!
//! Invariant: knows nothing of what is checked.

use std::hash::{DefaultHasher, Hash, Hasher};

use finite_diff::{EvaluationError, Objective};
use gradient_check::Subject;
use gradient_check::subject::{Gradient, NamedArray, Packing};
use mlp::{NetworkObjective, Parameters};
use mlp_faults::Fault;
use tensor_core::MatrixView;

use crate::model::Model;

/// The network's cost and the backward pass under test: its own, or a fault's.
pub(crate) struct NetworkSubject<'a> {
    pub(crate) model: Model<'a>,
    pub(crate) fault: Option<&'static Fault>,
    /// The cost in `f64`.
    pub(crate) objective: NetworkObjective<'a, f64>,
    /// The factor c, if cost and gradient are those of c·J.
    pub(crate) loss_scale: f64,
}

impl Subject<f64> for NetworkSubject<'_> {
    fn value(&self, point: &mut [f64]) -> Result<f64, EvaluationError> {
        Ok(self.loss_scale * self.objective.value(point)?)
    }

    fn backward(&self, point: &mut [f64], _: f64) -> Result<Gradient, EvaluationError> {
        let mut gradient = match self.fault {
            Some(fault) => self.model.faulty(fault, point)?,
            None => self.model.gradient(point)?,
        };
        for entry in gradient.as_flat_mut() {
            *entry *= self.loss_scale;
        }
        let depth = self.model.architecture.depth();
        let layers = (1..=depth).map(|layer| (gradient.dw(layer), gradient.db(layer)));
        Ok(Gradient::Blocks(named(layers)))
    }

    /// The backward pass starts from the cost itself.
    fn takes_cotangent(&self) -> bool {
        false
    }

    fn inputs_fingerprint(&self) -> Option<u64> {
        let Model {
            architecture,
            batch,
            masks,
            ..
        } = self.model;
        let mut hasher = DefaultHasher::new();
        let mut feed = |values: &[f64]| {
            for value in values {
                value.to_bits().hash(&mut hasher);
            }
        };
        feed(batch.x().as_slice());
        feed(batch.y().as_slice());
        for layer in 1..=architecture.depth() {
            if let Some(mask) = masks.and_then(|masks| masks.mask(layer)) {
                feed(mask.as_slice());
            }
        }
        Some(hasher.finish())
    }

    fn packing(&self) -> Option<&dyn Packing<f64>> {
        Some(self)
    }

    fn objective(&self) -> Option<&dyn Objective<f64>> {
        // What is known of J holds for c·J only if c is 1.
        (self.loss_scale == 1.0).then_some(&self.objective as &dyn Objective<f64>)
    }
}

/// W1, b1, W2, b2, … from the weights and the biases of each layer.
fn named<'a>(layers: impl Iterator<Item = (MatrixView<'a, f64>, &'a [f64])>) -> Vec<NamedArray> {
    (1..)
        .zip(layers)
        .flat_map(|(layer, (w, b)): (usize, _)| {
            [
                NamedArray::new(
                    format!("W{layer}"),
                    &[w.rows(), w.cols()],
                    w.as_slice().to_vec(),
                ),
                NamedArray::new(format!("b{layer}"), &[b.len()], b.to_vec()),
            ]
        })
        .collect()
}

impl Packing<f64> for NetworkSubject<'_> {
    fn unflatten(&self, flat: &[f64]) -> Result<Vec<NamedArray>, EvaluationError> {
        let architecture = self.model.architecture;
        let parameters = Parameters::from_flat(architecture, flat.to_vec())?;
        let layers = (1..=architecture.depth())
            .map(|layer| (parameters.weights(layer), parameters.bias(layer)));
        Ok(named(layers))
    }

    fn flatten(&self, arrays: &[NamedArray]) -> Result<Vec<f64>, EvaluationError> {
        let architecture = self.model.architecture;
        let zeros = vec![0.0; architecture.parameter_count()];
        let mut parameters = Parameters::from_flat(architecture, zeros)?;
        for (i, array) in arrays.iter().enumerate() {
            // W₁, b₁, W₂, b₂, …
            let layer = i / 2 + 1;
            let target = if i % 2 == 0 {
                parameters.weights_mut(layer)
            } else {
                parameters.bias_mut(layer)
            };
            for (target, value) in target.iter_mut().zip(&array.values) {
                *target = *value;
            }
        }
        Ok(parameters.into_flat())
    }
}
