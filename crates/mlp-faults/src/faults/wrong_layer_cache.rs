//! The activation's backward step takes Z out of another layer's cache.

use mlp::{Activation, Architecture, MlpError};
use tensor_core::{Matrix, MatrixView};

use crate::{BackwardRules, Fault, Network, needs};

pub(crate) struct WrongLayerCache;

impl Fault for WrongLayerCache {
    fn name(&self) -> &'static str {
        "wrong-layer-cache"
    }

    fn description(&self) -> &'static str {
        "φ′ of a hidden layer is taken at the Z of another hidden layer of the same width"
    }

    fn cause(&self) -> &'static [&'static str] {
        &["wrong-cache"]
    }

    fn applies_to(&self, architecture: &Architecture) -> Result<(), String> {
        needs::other_activation(architecture, &[Activation::Identity])?;
        needs::twins(architecture)
    }
}

impl BackwardRules for WrongLayerCache {
    fn activation_backward(
        &self,
        network: &Network<'_>,
        layer: usize,
        da: Matrix<f64>,
        z: MatrixView<'_, f64>,
        mask: Option<MatrixView<'_, f64>>,
    ) -> Result<Matrix<f64>, MlpError> {
        let activation = network.architecture.activation();
        match needs::twin(network.architecture, layer) {
            Some(twin) => {
                let z = network.pass.layer(twin)?.z();
                mlp::activation_backward(activation, da, z, mask)
            }
            None => mlp::activation_backward(activation, da, z, mask),
        }
    }
}
