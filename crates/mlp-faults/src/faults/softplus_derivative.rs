//! The derivative of ReLU's smooth neighbor.

use mlp::{Activation, Architecture, MlpError};
use tensor_core::{Matrix, MatrixView};

use crate::{BackwardRules, Fault, Network, needs};

pub(crate) struct SoftplusDerivative;

impl Fault for SoftplusDerivative {
    fn name(&self) -> &'static str {
        "softplus-derivative"
    }

    fn description(&self) -> &'static str {
        "ReLU or leaky ReLU goes back as softplus: φ′ is the sigmoid of Z"
    }

    fn cause(&self) -> &'static [&'static str] {
        &["activation-derivative"]
    }

    fn applies_to(&self, architecture: &Architecture) -> Result<(), String> {
        needs::hidden_layers(architecture, 1)?;
        needs::kink(architecture)
    }
}

impl BackwardRules for SoftplusDerivative {
    fn activation_backward(
        &self,
        _: &Network<'_>,
        _: usize,
        da: Matrix<f64>,
        z: MatrixView<'_, f64>,
        mask: Option<MatrixView<'_, f64>>,
    ) -> Result<Matrix<f64>, MlpError> {
        mlp::activation_backward(Activation::Softplus, da, z, mask)
    }
}
