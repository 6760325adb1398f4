//! The cost has the L2 term, the gradient has not.

use mlp::{Architecture, MlpError};
use tensor_core::{Matrix, MatrixView};

use crate::{BackwardRules, Fault, Network, needs};

pub(crate) struct L2Missing;

impl Fault for L2Missing {
    fn name(&self) -> &'static str {
        "l2-missing"
    }

    fn description(&self) -> &'static str {
        "the L2 term is missing from every dW"
    }

    fn cause(&self) -> &'static [&'static str] {
        &["l2-missing"]
    }

    fn applies_to(&self, architecture: &Architecture) -> Result<(), String> {
        needs::l2(architecture)
    }
}

impl BackwardRules for L2Missing {
    fn weight_decay(
        &self,
        _: &Network<'_>,
        _: &mut Matrix<f64>,
        _: MatrixView<'_, f64>,
    ) -> Result<(), MlpError> {
        Ok(())
    }
}
