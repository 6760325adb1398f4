//! The L2 term with wrong numbers, or in blocks for which the cost has none.

use mlp::MlpError;
use tensor_core::{Matrix, MatrixView};

use crate::{BackwardRules, Network};

/// The L2 term of every dW has these numbers instead of λ and m, as a function of both.
pub(crate) struct WeightDecay(pub(crate) fn(f64, usize) -> (f64, usize));

impl BackwardRules for WeightDecay {
    fn weight_decay(
        &self,
        network: &Network<'_>,
        dw: &mut Matrix<f64>,
        weights: MatrixView<'_, f64>,
    ) -> Result<(), MlpError> {
        let (lambda, examples) = (self.0)(network.architecture.l2(), network.batch.examples());
        mlp::add_weight_decay(dw, weights, lambda, examples)
    }
}

/// Every db has an L2 term too, λ/m·b.
pub(crate) struct BiasDecay;

impl BackwardRules for BiasDecay {
    fn bias_gradient(
        &self,
        network: &Network<'_>,
        layer: usize,
        dz: MatrixView<'_, f64>,
    ) -> Result<Vec<f64>, MlpError> {
        let factor = network.architecture.l2() / network.batch.examples() as f64;
        let bias = network.pass.layer(layer)?.bias();
        let mut db = mlp::bias_gradient(dz);
        for (entry, value) in db.iter_mut().zip(bias) {
            *entry += factor * value;
        }
        Ok(db)
    }
}
