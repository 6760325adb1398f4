//! dZ_L divided by m, and then dW and db divided again.

use mlp::MlpError;
use tensor_core::{Matrix, MatrixView};

use crate::{BackwardRules, Fault, Network};

pub(crate) struct OneOverMTwice;

impl Fault for OneOverMTwice {
    fn name(&self) -> &'static str {
        "one-over-m-twice"
    }

    fn description(&self) -> &'static str {
        "the derivative of the loss is divided by m already, and dW and db divide again"
    }

    fn cause(&self) -> &'static [&'static str] {
        &["one-over-m-twice"]
    }
}

impl BackwardRules for OneOverMTwice {
    fn output_delta(
        &self,
        network: &Network<'_>,
        output: MatrixView<'_, f64>,
        y: MatrixView<'_, f64>,
    ) -> Result<Matrix<f64>, MlpError> {
        let examples = network.batch.examples() as f64;
        let dz = mlp::output_delta(network.architecture.loss(), output, y)?;
        Ok(dz.map(|entry| entry / examples))
    }
}
