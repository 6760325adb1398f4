//! The sum over the examples where the mean belongs, in every dW.

use mlp::MlpError;
use tensor_core::{Matrix, MatrixView};

use crate::{BackwardRules, Fault, Network};

pub(crate) struct MissingOneOverM;

impl Fault for MissingOneOverM {
    fn name(&self) -> &'static str {
        "missing-1-over-m"
    }

    fn description(&self) -> &'static str {
        "every dW is summed over the examples, not averaged: 1/m is missing"
    }

    fn cause(&self) -> &'static [&'static str] {
        &["missing-1-over-m"]
    }
}

impl BackwardRules for MissingOneOverM {
    fn weight_gradient(
        &self,
        network: &Network<'_>,
        _: usize,
        dz: MatrixView<'_, f64>,
        a_prev: MatrixView<'_, f64>,
    ) -> Result<Matrix<f64>, MlpError> {
        let examples = network.batch.examples() as f64;
        Ok(mlp::weight_gradient(dz, a_prev)?.map(|entry| entry * examples))
    }
}
