//! The gradient under rules with a mistake in them.
//!
//! Invariant: knows nothing of which mistakes are likely.

use mlp::{Batch, DropoutMasks, Gradient, MlpError, Parameters, forward};
use mlp_faults::{BackwardRules, Network, backward_with};
use tensor_core::{Matrix, MatrixView};

use crate::model::Model;

/// The gradient of `model` at `theta` by `rules`.
pub(super) fn variant(
    model: &Model<'_>,
    theta: &[f64],
    rules: &dyn BackwardRules,
) -> Result<Gradient<f64>, MlpError> {
    gradient(model, theta, model.batch, model.masks, rules)
}

/// The gradient without one example, and divided by `divisor` instead of the number of the others; `None`
/// if none is left, and with dropout masks, which are those of all examples.
pub(super) fn without_example(
    model: &Model<'_>,
    theta: &[f64],
    dropped: usize,
    divisor: usize,
) -> Result<Option<Gradient<f64>>, MlpError> {
    let examples = model.batch.examples();
    let kept: Vec<usize> = (0..examples).filter(|i| *i != dropped).collect();
    if kept.is_empty() || divisor == 0 || model.masks.is_some() {
        return Ok(None);
    }
    let batch = model.batch.select(&kept)?;
    let rules = MeanOverOthers {
        scale: kept.len() as f64 / divisor as f64,
        examples,
    };
    gradient(model, theta, &batch, None, &rules).map(Some)
}

fn gradient(
    model: &Model<'_>,
    theta: &[f64],
    batch: &Batch<f64>,
    masks: Option<&DropoutMasks<f64>>,
    rules: &dyn BackwardRules,
) -> Result<Gradient<f64>, MlpError> {
    let architecture = model.architecture;
    let parameters = Parameters::from_flat(architecture, theta.to_vec())?;
    let pass = forward(architecture, &parameters, batch, masks)?;
    let network = Network {
        architecture,
        pass: &pass,
        batch,
    };
    backward_with(rules, &network, &mut |_, _| {})
}

/// The rules without a mistake.
pub(super) struct Right;

impl BackwardRules for Right {}

/// Means over the examples with a wrong divisor; the L2 term is that of the whole batch,
/// whichever examples were left out.
struct MeanOverOthers {
    /// The number of examples, divided by the divisor of the mean.
    scale: f64,
    /// The m of the L2 term λ/m.
    examples: usize,
}

impl BackwardRules for MeanOverOthers {
    fn weight_gradient(
        &self,
        _: &Network<'_>,
        _: usize,
        dz: MatrixView<'_, f64>,
        a_prev: MatrixView<'_, f64>,
    ) -> Result<Matrix<f64>, MlpError> {
        Ok(mlp::weight_gradient(dz, a_prev)?.map(|entry| entry * self.scale))
    }

    fn weight_decay(
        &self,
        network: &Network<'_>,
        dw: &mut Matrix<f64>,
        weights: MatrixView<'_, f64>,
    ) -> Result<(), MlpError> {
        mlp::add_weight_decay(dw, weights, network.architecture.l2(), self.examples)
    }

    fn bias_gradient(
        &self,
        _: &Network<'_>,
        _: usize,
        dz: MatrixView<'_, f64>,
    ) -> Result<Vec<f64>, MlpError> {
        let db = mlp::bias_gradient(dz).into_iter();
        Ok(db.map(|entry| entry * self.scale).collect())
    }
}
