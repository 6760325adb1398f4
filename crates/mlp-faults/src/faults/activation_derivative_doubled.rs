//! dZ = 2 dA∘φ′(Z), as where a derivative is written down with a factor too many.

use mlp::{Architecture, MlpError};
use tensor_core::{Matrix, MatrixView};

use crate::{BackwardRules, Fault, Network, needs};

pub(crate) struct ActivationDerivativeDoubled;

impl Fault for ActivationDerivativeDoubled {
    fn name(&self) -> &'static str {
        "activation-derivative-doubled"
    }

    fn description(&self) -> &'static str {
        "hidden layers pass 2φ′(Z)∘dA back"
    }

    fn cause(&self) -> &'static [&'static str] {
        &["activation-derivative", "scale"]
    }

    fn applies_to(&self, architecture: &Architecture) -> Result<(), String> {
        needs::hidden_layers(architecture, 1)
    }
}

impl BackwardRules for ActivationDerivativeDoubled {
    fn activation_backward(
        &self,
        network: &Network<'_>,
        _: usize,
        da: Matrix<f64>,
        z: MatrixView<'_, f64>,
        mask: Option<MatrixView<'_, f64>>,
    ) -> Result<Matrix<f64>, MlpError> {
        let dz = mlp::activation_backward(network.architecture.activation(), da, z, mask)?;
        Ok(dz.map(|entry| 2.0 * entry))
    }
}
