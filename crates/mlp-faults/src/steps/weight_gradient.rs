//! dW from another matrix, or without its 1/m.

use mlp::MlpError;
use tensor_core::{Matrix, MatrixView};

use super::place::Layers;
use crate::{BackwardRules, Network};

/// dW_l is computed from Z_{l−1}, the wrong half of the cache, instead of A_{l−1}; that of the first layer
/// is correct.
#[derive(Debug, Clone, Copy)]
pub struct ZForA;

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

/// dW of these layers is the mean over the m examples times this function of m: |m| m is their sum.
pub(crate) struct ScaledWeights(pub(crate) Layers, pub(crate) fn(f64) -> f64);

impl BackwardRules for ScaledWeights {
    fn weight_gradient(
        &self,
        network: &Network<'_>,
        layer: usize,
        dz: MatrixView<'_, f64>,
        a_prev: MatrixView<'_, f64>,
    ) -> Result<Matrix<f64>, MlpError> {
        let dw = mlp::weight_gradient(dz, a_prev)?;
        if !self.0.contain(layer, network.architecture.depth()) {
            return Ok(dw);
        }
        let factor = (self.1)(network.batch.examples() as f64);
        Ok(dw.map(|entry| entry * factor))
    }
}
