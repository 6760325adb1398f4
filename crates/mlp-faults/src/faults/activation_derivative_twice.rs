//! dZ = dA∘φ′(Z)∘φ′(Z).

use mlp::{Activation, Architecture, MlpError};
use tensor_core::{Matrix, MatrixView};

use crate::{BackwardRules, Fault, Network, needs};

pub(crate) struct ActivationDerivativeTwice;

impl Fault for ActivationDerivativeTwice {
    fn name(&self) -> &'static str {
        "activation-derivative-twice"
    }

    fn description(&self) -> &'static str {
        "φ′(Z) is applied twice"
    }

    fn cause(&self) -> &'static [&'static str] {
        &["activation-derivative"]
    }

    fn applies_to(&self, architecture: &Architecture) -> Result<(), String> {
        needs::hidden_layers(architecture, 1)?;
        needs::other_activation(architecture, &[Activation::Relu, Activation::Identity])
    }
}

impl BackwardRules for ActivationDerivativeTwice {
    fn activation_backward(
        &self,
        network: &Network<'_>,
        _: usize,
        da: Matrix<f64>,
        z: MatrixView<'_, f64>,
        mask: Option<MatrixView<'_, f64>>,
    ) -> Result<Matrix<f64>, MlpError> {
        let activation = network.architecture.activation();
        let dz = mlp::activation_backward(activation, da, z, mask)?;
        mlp::activation_backward(activation, dz, z, None)
    }
}
