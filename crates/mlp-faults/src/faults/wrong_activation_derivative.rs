//! The hidden layers use another activation's derivative.

use mlp::{Activation, Architecture, MlpError};
use tensor_core::{Matrix, MatrixView};

use crate::{BackwardRules, Fault, Network, needs};

pub(crate) struct WrongActivationDerivative;

impl Fault for WrongActivationDerivative {
    fn name(&self) -> &'static str {
        "wrong-activation-derivative"
    }

    fn description(&self) -> &'static str {
        "hidden layers use tanh's derivative (sigmoid's where the activation is tanh)"
    }

    fn cause(&self) -> &'static [&'static str] {
        &["activation-derivative"]
    }

    fn applies_to(&self, architecture: &Architecture) -> Result<(), String> {
        needs::hidden_layers(architecture, 1)
    }
}

impl BackwardRules for WrongActivationDerivative {
    fn activation_backward(
        &self,
        network: &Network<'_>,
        _: usize,
        da: Matrix<f64>,
        z: MatrixView<'_, f64>,
        mask: Option<MatrixView<'_, f64>>,
    ) -> Result<Matrix<f64>, MlpError> {
        let wrong = match network.architecture.activation() {
            Activation::Tanh => Activation::Sigmoid,
            _ => Activation::Tanh,
        };
        mlp::activation_backward(wrong, da, z, mask)
    }
}
