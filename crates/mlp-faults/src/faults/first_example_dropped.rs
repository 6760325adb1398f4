//! The first example is left out of every sum, though m counts it: a loop that starts at 1.

use mlp::MlpError;
use tensor_core::{Matrix, MatrixView};

use crate::{BackwardRules, Fault, Network};

pub(crate) struct FirstExampleDropped;

impl Fault for FirstExampleDropped {
    fn name(&self) -> &'static str {
        "first-example-dropped"
    }

    fn description(&self) -> &'static str {
        "the first example is left out"
    }

    fn cause(&self) -> &'static [&'static str] {
        &["example-dropped"]
    }
}

impl BackwardRules for FirstExampleDropped {
    fn output_delta(
        &self,
        network: &Network<'_>,
        output: MatrixView<'_, f64>,
        y: MatrixView<'_, f64>,
    ) -> Result<Matrix<f64>, MlpError> {
        let mut dz = mlp::output_delta(network.architecture.loss(), output, y)?;
        let (dropped, examples) = (0, dz.cols());
        let entries = dz.as_mut_slice().iter_mut();
        for entry in entries.skip(dropped).step_by(examples) {
            *entry = 0.0;
        }
        Ok(dz)
    }
}
