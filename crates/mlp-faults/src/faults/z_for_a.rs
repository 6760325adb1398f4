//! dW from the Z of the layer before, where its A belongs: the wrong half of the cache.

use mlp::{Activation, Architecture, MlpError};
use tensor_core::{Matrix, MatrixView};

use crate::{BackwardRules, Fault, Network, needs};

pub(crate) struct ZForA;

impl Fault for ZForA {
    fn name(&self) -> &'static str {
        "z-for-a"
    }

    fn description(&self) -> &'static str {
        "dW is made with Z of the layer before, not with its A"
    }

    fn cause(&self) -> &'static [&'static str] {
        &["wrong-cache"]
    }

    fn applies_to(&self, architecture: &Architecture) -> Result<(), String> {
        needs::hidden_layers(architecture, 1)?;
        needs::other_activation(architecture, &[Activation::Identity])
    }
}

impl BackwardRules for ZForA {
    fn weight_gradient(
        &self,
        network: &Network<'_>,
        layer: usize,
        dz: MatrixView<'_, f64>,
        a_prev: MatrixView<'_, f64>,
    ) -> Result<Matrix<f64>, MlpError> {
        if layer == 1 {
            return mlp::weight_gradient(dz, a_prev);
        }
        mlp::weight_gradient(dz, network.pass.layer(layer - 1)?.z())
    }
}
