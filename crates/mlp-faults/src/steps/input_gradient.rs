//! dA of the previous layer through other weights, or none.

use mlp::{Architecture, MlpError};
use tensor_core::{Matrix, MatrixView};

use crate::{BackwardRules, Network};

/// dA_{l−1} = W_l·dZ_l if W_l is square, since otherwise the shapes don't fit; W_lᵀ·dZ_l elsewhere.
#[derive(Debug, Clone, Copy)]
pub struct NotTransposed;

impl BackwardRules for NotTransposed {
    fn input_gradient(
        &self,
        _: &Network<'_>,
        _: usize,
        weights: MatrixView<'_, f64>,
        dz: MatrixView<'_, f64>,
    ) -> Result<Matrix<f64>, MlpError> {
        if weights.rows() == weights.cols() {
            return Ok(tensor_core::product(weights, dz)?);
        }
        mlp::input_gradient(weights, dz)
    }
}

/// dA_{l−1} = W_kᵀ·dZ_l with the weights of the layer k that this function of the network and l selects,
/// its own if it selects none.
#[derive(Debug, Clone, Copy)]
pub struct OtherWeights<F: Fn(&Architecture, usize) -> Option<usize>>(pub F);

impl<F: Fn(&Architecture, usize) -> Option<usize>> BackwardRules for OtherWeights<F> {
    fn input_gradient(
        &self,
        network: &Network<'_>,
        layer: usize,
        weights: MatrixView<'_, f64>,
        dz: MatrixView<'_, f64>,
    ) -> Result<Matrix<f64>, MlpError> {
        match (self.0)(network.architecture, layer) {
            Some(other) => mlp::input_gradient(network.pass.layer(other)?.weights(), dz),
            None => mlp::input_gradient(weights, dz),
        }
    }
}

/// dA_{l−1} = (W_l − η·dW_l)ᵀ·dZ_l, dW_l with its L2 term and η this rate: the weights are those after their
/// step of gradient descent.
#[derive(Debug, Clone, Copy)]
pub struct UpdatedWeights(pub f64);

impl BackwardRules for UpdatedWeights {
    fn input_gradient(
        &self,
        network: &Network<'_>,
        layer: usize,
        weights: MatrixView<'_, f64>,
        dz: MatrixView<'_, f64>,
    ) -> Result<Matrix<f64>, MlpError> {
        let a_prev = network.pass.layer(layer)?.a_prev();
        let mut dw = self.weight_gradient(network, layer, dz, a_prev)?;
        self.weight_decay(network, &mut dw, weights)?;
        let mut updated = Matrix::from_view(weights)?;
        for (weight, dw) in updated.as_mut_slice().iter_mut().zip(dw.as_slice()) {
            *weight -= self.0 * dw;
        }
        mlp::input_gradient(updated.view(), dz)
    }
}

/// Nothing flows back: dA_{l−1} = 0.
pub(crate) struct NotConnected;

impl BackwardRules for NotConnected {
    fn input_gradient(
        &self,
        _: &Network<'_>,
        _: usize,
        weights: MatrixView<'_, f64>,
        dz: MatrixView<'_, f64>,
    ) -> Result<Matrix<f64>, MlpError> {
        Ok(Matrix::zeros(weights.cols(), dz.cols())?)
    }
}
