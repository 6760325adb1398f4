//! dZ = dA: the hidden layers' φ′(Z) is forgotten.

use mlp::{Activation, Architecture, MlpError};
use tensor_core::{Matrix, MatrixView};

use crate::{BackwardRules, Fault, Network, needs};

pub(crate) struct ActivationDerivativeMissing;

impl Fault for ActivationDerivativeMissing {
    fn name(&self) -> &'static str {
        "activation-derivative-missing"
    }

    fn description(&self) -> &'static str {
        "hidden layers pass dA on as dZ: φ′(Z) is missing"
    }

    fn cause(&self) -> &'static [&'static str] {
        &["activation-derivative"]
    }

    fn applies_to(&self, architecture: &Architecture) -> Result<(), String> {
        needs::hidden_layers(architecture, 1)?;
        needs::other_activation(architecture, &[Activation::Identity])
    }
}

impl BackwardRules for ActivationDerivativeMissing {
    fn activation_backward(
        &self,
        _: &Network<'_>,
        _: usize,
        mut da: Matrix<f64>,
        _: MatrixView<'_, f64>,
        mask: Option<MatrixView<'_, f64>>,
    ) -> Result<Matrix<f64>, MlpError> {
        if let Some(mask) = mask {
            for (entry, kept) in da.as_mut_slice().iter_mut().zip(mask.as_slice()) {
                *entry *= kept;
            }
        }
        Ok(da)
    }
}
