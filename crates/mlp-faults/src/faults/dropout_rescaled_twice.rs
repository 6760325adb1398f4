//! 1/keep_prob is in the masks already, and comes in again on the way back.

use mlp::{Architecture, MlpError};
use tensor_core::{Matrix, MatrixView};

use crate::{BackwardRules, Fault, Network, Shows, needs};

pub(crate) struct DropoutRescaledTwice;

impl Fault for DropoutRescaledTwice {
    fn name(&self) -> &'static str {
        "dropout-rescaled-twice"
    }

    fn description(&self) -> &'static str {
        "the backward pass divides by keep_prob twice"
    }

    fn cause(&self) -> &'static [&'static str] {
        &["dropout-mask", "keep-prob"]
    }

    fn shows(&self) -> Shows {
        Shows::WithDropout
    }

    fn applies_to(&self, architecture: &Architecture) -> Result<(), String> {
        needs::hidden_layers(architecture, 1)
    }
}

impl BackwardRules for DropoutRescaledTwice {
    fn activation_backward(
        &self,
        network: &Network<'_>,
        _: usize,
        da: Matrix<f64>,
        z: MatrixView<'_, f64>,
        mask: Option<MatrixView<'_, f64>>,
    ) -> Result<Matrix<f64>, MlpError> {
        let activation = network.architecture.activation();
        let Some(mask) = mask else {
            return mlp::activation_backward(activation, da, z, None);
        };
        let twice = Matrix::from_view(mask)?.map(|entry| entry * entry);
        mlp::activation_backward(activation, da, z, Some(twice.view()))
    }
}
