//! The sum over the examples where the mean belongs, in every db.

use mlp::MlpError;
use tensor_core::MatrixView;

use crate::{BackwardRules, Fault, Network};

pub(crate) struct BiasMissingOneOverM;

impl Fault for BiasMissingOneOverM {
    fn name(&self) -> &'static str {
        "bias-missing-1-over-m"
    }

    fn description(&self) -> &'static str {
        "every db is summed over the examples, not averaged: 1/m is missing"
    }

    fn cause(&self) -> &'static [&'static str] {
        &["missing-1-over-m"]
    }
}

impl BackwardRules for BiasMissingOneOverM {
    fn bias_gradient(
        &self,
        network: &Network<'_>,
        _: usize,
        dz: MatrixView<'_, f64>,
    ) -> Result<Vec<f64>, MlpError> {
        let examples = network.batch.examples() as f64;
        Ok(mlp::bias_gradient(dz)
            .into_iter()
            .map(|entry| entry * examples)
            .collect())
    }
}
