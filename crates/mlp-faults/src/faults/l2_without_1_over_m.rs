//! λ in the gradient, as of a cost whose L2 term is not averaged over the examples.

use mlp::{Architecture, MlpError};
use tensor_core::{Matrix, MatrixView};

use crate::{BackwardRules, Fault, Network, needs};

pub(crate) struct L2Without1OverM;

impl Fault for L2Without1OverM {
    fn name(&self) -> &'static str {
        "l2-without-1-over-m"
    }

    fn description(&self) -> &'static str {
        "the L2 term of every dW has λ where λ/m belongs"
    }

    fn cause(&self) -> &'static [&'static str] {
        &["l2-factor"]
    }

    fn applies_to(&self, architecture: &Architecture) -> Result<(), String> {
        needs::l2(architecture)
    }
}

impl BackwardRules for L2Without1OverM {
    fn weight_decay(
        &self,
        network: &Network<'_>,
        dw: &mut Matrix<f64>,
        weights: MatrixView<'_, f64>,
    ) -> Result<(), MlpError> {
        mlp::add_weight_decay(dw, weights, network.architecture.l2(), 1)
    }
}
