//! The backward pass drops the same units, but forgets 1/keep_prob.

use mlp::{Architecture, MlpError};
use tensor_core::{Matrix, MatrixView};

use crate::{BackwardRules, Fault, Network, Shows, needs};

pub(crate) struct DropoutNotRescaled;

impl Fault for DropoutNotRescaled {
    fn name(&self) -> &'static str {
        "dropout-not-rescaled"
    }

    fn description(&self) -> &'static str {
        "the backward pass applies the dropout masks without 1/keep_prob"
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

impl BackwardRules for DropoutNotRescaled {
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
        let kept = Matrix::from_view(mask)?.map(|entry| f64::from(entry != 0.0));
        mlp::activation_backward(activation, da, z, Some(kept.view()))
    }
}
