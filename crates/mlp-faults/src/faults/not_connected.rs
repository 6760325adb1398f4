//! Nothing flows back from the last layer, as after a stray `detach`.

use mlp::{Architecture, MlpError};
use tensor_core::{Matrix, MatrixView};

use crate::{BackwardRules, Fault, Network, needs};

pub(crate) struct NotConnected;

impl Fault for NotConnected {
    fn name(&self) -> &'static str {
        "not-connected"
    }

    fn description(&self) -> &'static str {
        "the layers before the last get no gradient"
    }

    fn cause(&self) -> &'static [&'static str] {
        &["not-connected"]
    }

    fn applies_to(&self, architecture: &Architecture) -> Result<(), String> {
        needs::hidden_layers(architecture, 1)
    }
}

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
