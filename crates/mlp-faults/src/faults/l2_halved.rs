//! λ/2m in the gradient too, as if the square had no derivative.

use mlp::{Architecture, MlpError};
use tensor_core::{Matrix, MatrixView};

use crate::{BackwardRules, Fault, Network, needs};

pub(crate) struct L2Halved;

impl Fault for L2Halved {
    fn name(&self) -> &'static str {
        "l2-halved"
    }

    fn description(&self) -> &'static str {
        "the L2 term of every dW has λ/2m where λ/m belongs"
    }

    fn cause(&self) -> &'static [&'static str] {
        &["l2-factor"]
    }

    fn applies_to(&self, architecture: &Architecture) -> Result<(), String> {
        needs::l2(architecture)
    }
}

impl BackwardRules for L2Halved {
    fn weight_decay(
        &self,
        network: &Network<'_>,
        dw: &mut Matrix<f64>,
        weights: MatrixView<'_, f64>,
    ) -> Result<(), MlpError> {
        let lambda = network.architecture.l2() / 2.0;
        mlp::add_weight_decay(dw, weights, lambda, network.batch.examples())
    }
}
