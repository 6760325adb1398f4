//! φ′ taken at A where it belongs to Z.
//!
//! For ReLU that happens to be right, since A > 0 where Z > 0.

use mlp::{Activation, Architecture, MlpError};
use tensor_core::{Matrix, MatrixView};

use crate::{BackwardRules, Fault, Network, needs};

pub(crate) struct DerivativeOfA;

impl Fault for DerivativeOfA {
    fn name(&self) -> &'static str {
        "derivative-of-a"
    }

    fn description(&self) -> &'static str {
        "φ′ is taken at A, not at Z"
    }

    fn cause(&self) -> &'static [&'static str] {
        &["activation-derivative"]
    }

    fn applies_to(&self, architecture: &Architecture) -> Result<(), String> {
        needs::hidden_layers(architecture, 1)?;
        let right = [
            Activation::Relu,
            Activation::LeakyRelu,
            Activation::Identity,
        ];
        needs::other_activation(architecture, &right)
    }
}

impl BackwardRules for DerivativeOfA {
    fn activation_backward(
        &self,
        network: &Network<'_>,
        _: usize,
        da: Matrix<f64>,
        z: MatrixView<'_, f64>,
        mask: Option<MatrixView<'_, f64>>,
    ) -> Result<Matrix<f64>, MlpError> {
        let activation = network.architecture.activation();
        let a = mlp::activate(activation, z, mask)?;
        mlp::activation_backward(activation, da, a.view(), mask)
    }
}
