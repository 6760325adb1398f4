//! One example in the middle is left out of every sum, though m counts it.

use mlp::MlpError;
use tensor_core::{Matrix, MatrixView};

use crate::{BackwardRules, Fault, Network};

pub(crate) struct OneExampleDropped;

impl Fault for OneExampleDropped {
    fn name(&self) -> &'static str {
        "one-example-dropped"
    }

    fn description(&self) -> &'static str {
        "an example from the middle is left out"
    }

    fn cause(&self) -> &'static [&'static str] {
        &["example-dropped"]
    }
}

impl BackwardRules for OneExampleDropped {
    fn output_delta(
        &self,
        network: &Network<'_>,
        output: MatrixView<'_, f64>,
        y: MatrixView<'_, f64>,
    ) -> Result<Matrix<f64>, MlpError> {
        let mut dz = mlp::output_delta(network.architecture.loss(), output, y)?;
        let (dropped, examples) = (dz.cols() / 2, dz.cols());
        let entries = dz.as_mut_slice().iter_mut();
        for entry in entries.skip(dropped).step_by(examples) {
            *entry = 0.0;
        }
        Ok(dz)
    }
}
