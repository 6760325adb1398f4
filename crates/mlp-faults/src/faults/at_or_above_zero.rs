//! φ′(0) = 1, from the right: another choice at the kink, and no other function anywhere else.

use mlp::{Architecture, MlpError};
use tensor_core::{Matrix, MatrixView};

use crate::{BackwardRules, Fault, Network, Shows, needs};

pub(crate) struct AtOrAboveZero;

impl Fault for AtOrAboveZero {
    fn name(&self) -> &'static str {
        "at-or-above-zero"
    }

    fn description(&self) -> &'static str {
        "the derivative of ReLU or leaky ReLU at exactly 0 is 1 (≥ for >), which is a subgradient too"
    }

    fn cause(&self) -> &'static [&'static str] {
        &["activation-derivative"]
    }

    fn shows(&self) -> Shows {
        Shows::AtKinks
    }

    fn applies_to(&self, architecture: &Architecture) -> Result<(), String> {
        needs::hidden_layers(architecture, 1)?;
        needs::kink(architecture)
    }
}

impl BackwardRules for AtOrAboveZero {
    fn activation_backward(
        &self,
        network: &Network<'_>,
        _: usize,
        da: Matrix<f64>,
        z: MatrixView<'_, f64>,
        mask: Option<MatrixView<'_, f64>>,
    ) -> Result<Matrix<f64>, MlpError> {
        let activation = network.architecture.activation();
        let from_the_right = Matrix::from_view(z)?.map(|z| if z == 0.0 { 1.0 } else { z });
        mlp::activation_backward(activation, da, from_the_right.view(), mask)
    }
}
