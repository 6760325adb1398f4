//! The forward pass drops units, the backward pass doesn't know.

use mlp::{Architecture, MlpError};
use tensor_core::{Matrix, MatrixView};

use crate::{BackwardRules, Fault, Network, Shows, needs};

pub(crate) struct DropoutMaskForgotten;

impl Fault for DropoutMaskForgotten {
    fn name(&self) -> &'static str {
        "dropout-mask-forgotten"
    }

    fn description(&self) -> &'static str {
        "the backward pass forgets the dropout masks"
    }

    fn cause(&self) -> &'static [&'static str] {
        &["dropout-mask"]
    }

    fn shows(&self) -> Shows {
        Shows::WithDropout
    }

    fn applies_to(&self, architecture: &Architecture) -> Result<(), String> {
        needs::hidden_layers(architecture, 1)
    }
}

impl BackwardRules for DropoutMaskForgotten {
    fn activation_backward(
        &self,
        network: &Network<'_>,
        _: usize,
        da: Matrix<f64>,
        z: MatrixView<'_, f64>,
        _: Option<MatrixView<'_, f64>>,
    ) -> Result<Matrix<f64>, MlpError> {
        mlp::activation_backward(network.architecture.activation(), da, z, None)
    }
}
