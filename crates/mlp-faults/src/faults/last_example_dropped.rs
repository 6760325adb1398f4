//! The last example is left out of every sum, though m counts it.

use mlp::MlpError;
use tensor_core::{Matrix, MatrixView};

use crate::{BackwardRules, Fault, Network};

pub(crate) struct LastExampleDropped;

impl Fault for LastExampleDropped {
    fn name(&self) -> &'static str {
        "last-example-dropped"
    }

    fn description(&self) -> &'static str {
        "the last example is left out"
    }

    fn cause(&self) -> &'static [&'static str] {
        &["example-dropped"]
    }
}

impl BackwardRules for LastExampleDropped {
    fn output_delta(
        &self,
        network: &Network<'_>,
        output: MatrixView<'_, f64>,
        y: MatrixView<'_, f64>,
    ) -> Result<Matrix<f64>, MlpError> {
        let mut dz = mlp::output_delta(network.architecture.loss(), output, y)?;
        let examples = dz.cols();
        for last in dz
            .as_mut_slice()
            .iter_mut()
            .skip(examples - 1)
            .step_by(examples)
        {
            *last = 0.0;
        }
        Ok(dz)
    }
}
