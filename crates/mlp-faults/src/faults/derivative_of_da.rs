//! φ′ taken at dA where it belongs to Z: with ReLU, dZ keeps what is positive of dA.

use mlp::{Activation, Architecture, MlpError};
use tensor_core::{Matrix, MatrixView};

use crate::{BackwardRules, Fault, Network, needs};

pub(crate) struct DerivativeOfDa;

impl Fault for DerivativeOfDa {
    fn name(&self) -> &'static str {
        "derivative-of-da"
    }

    fn description(&self) -> &'static str {
        "φ′ is taken at dA, not at Z"
    }

    fn cause(&self) -> &'static [&'static str] {
        &["activation-derivative"]
    }

    fn applies_to(&self, architecture: &Architecture) -> Result<(), String> {
        needs::hidden_layers(architecture, 1)?;
        needs::other_activation(architecture, &[Activation::Identity])
    }
}

impl BackwardRules for DerivativeOfDa {
    fn activation_backward(
        &self,
        network: &Network<'_>,
        _: usize,
        da: Matrix<f64>,
        _: MatrixView<'_, f64>,
        mask: Option<MatrixView<'_, f64>>,
    ) -> Result<Matrix<f64>, MlpError> {
        let at = da.clone();
        mlp::activation_backward(network.architecture.activation(), da, at.view(), mask)
    }
}
