//! 2λ/m in the gradient: the derivative of a square whose ½ is in the cost.

use mlp::{Architecture, MlpError};
use tensor_core::{Matrix, MatrixView};

use crate::{BackwardRules, Fault, Network, needs};

pub(crate) struct L2Doubled;

impl Fault for L2Doubled {
    fn name(&self) -> &'static str {
        "l2-doubled"
    }

    fn description(&self) -> &'static str {
        "the L2 term of every dW has 2λ/m where λ/m belongs"
    }

    fn cause(&self) -> &'static [&'static str] {
        &["l2-factor"]
    }

    fn applies_to(&self, architecture: &Architecture) -> Result<(), String> {
        needs::l2(architecture)
    }
}

impl BackwardRules for L2Doubled {
    fn weight_decay(
        &self,
        network: &Network<'_>,
        dw: &mut Matrix<f64>,
        weights: MatrixView<'_, f64>,
    ) -> Result<(), MlpError> {
        let lambda = 2.0 * network.architecture.l2();
        mlp::add_weight_decay(dw, weights, lambda, network.batch.examples())
    }
}
