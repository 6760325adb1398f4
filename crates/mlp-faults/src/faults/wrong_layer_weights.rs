//! dA_{l−1} = W_kᵀ·dZ_l with the weights of another layer.

use mlp::{Architecture, MlpError};
use tensor_core::{Matrix, MatrixView};

use crate::{BackwardRules, Fault, Network, needs};

pub(crate) struct WrongLayerWeights;

impl Fault for WrongLayerWeights {
    fn name(&self) -> &'static str {
        "wrong-layer-weights"
    }

    fn description(&self) -> &'static str {
        "dA is passed back through the weights of another layer of the same shape"
    }

    fn cause(&self) -> &'static [&'static str] {
        &["wrong-weights"]
    }

    fn applies_to(&self, architecture: &Architecture) -> Result<(), String> {
        needs::shape_twins(architecture)
    }
}

impl BackwardRules for WrongLayerWeights {
    fn input_gradient(
        &self,
        network: &Network<'_>,
        layer: usize,
        weights: MatrixView<'_, f64>,
        dz: MatrixView<'_, f64>,
    ) -> Result<Matrix<f64>, MlpError> {
        match needs::shape_twin(network.architecture, layer) {
            Some(twin) => mlp::input_gradient(network.pass.layer(twin)?.weights(), dz),
            None => mlp::input_gradient(weights, dz),
        }
    }
}
