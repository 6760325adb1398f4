//! The sum over the examples where the mean belongs, in dW1 alone.

use mlp::MlpError;
use tensor_core::{Matrix, MatrixView};

use crate::{BackwardRules, Fault, Network};

pub(crate) struct Dw1Missing1OverM;

impl Fault for Dw1Missing1OverM {
    fn name(&self) -> &'static str {
        "dw1-missing-1-over-m"
    }

    fn description(&self) -> &'static str {
        "dW1 is summed over the examples, not averaged: 1/m is missing there"
    }

    fn cause(&self) -> &'static [&'static str] {
        &["missing-1-over-m"]
    }
}

impl BackwardRules for Dw1Missing1OverM {
    fn weight_gradient(
        &self,
        network: &Network<'_>,
        layer: usize,
        dz: MatrixView<'_, f64>,
        a_prev: MatrixView<'_, f64>,
    ) -> Result<Matrix<f64>, MlpError> {
        let dw = mlp::weight_gradient(dz, a_prev)?;
        if layer > 1 {
            return Ok(dw);
        }
        let examples = network.batch.examples() as f64;
        Ok(dw.map(|entry| entry * examples))
    }
}
