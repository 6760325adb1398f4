//! The sum over the examples where the mean belongs, in db_L alone.

use mlp::MlpError;
use tensor_core::MatrixView;

use crate::{BackwardRules, Fault, Network};

pub(crate) struct LastBiasMissing1OverM;

impl Fault for LastBiasMissing1OverM {
    fn name(&self) -> &'static str {
        "last-bias-missing-1-over-m"
    }

    fn description(&self) -> &'static str {
        "db of the last layer is summed over the examples, not averaged: 1/m is missing there"
    }

    fn cause(&self) -> &'static [&'static str] {
        &["missing-1-over-m"]
    }
}

impl BackwardRules for LastBiasMissing1OverM {
    fn bias_gradient(
        &self,
        network: &Network<'_>,
        layer: usize,
        dz: MatrixView<'_, f64>,
    ) -> Result<Vec<f64>, MlpError> {
        let mut db = mlp::bias_gradient(dz);
        if layer == network.architecture.depth() {
            let examples = network.batch.examples() as f64;
            db.iter_mut().for_each(|entry| *entry *= examples);
        }
        Ok(db)
    }
}
