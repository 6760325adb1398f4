//! dZ_L = 2(A_L − Y): the derivative of a squared error without the ½ that the cost has.

use mlp::MlpError;
use tensor_core::{Matrix, MatrixView};

use crate::{BackwardRules, Fault, Network};

pub(crate) struct DeltaDoubled;

impl Fault for DeltaDoubled {
    fn name(&self) -> &'static str {
        "delta-doubled"
    }

    fn description(&self) -> &'static str {
        "dZ of the last layer is 2(A − Y), as of a loss without its ½"
    }

    fn cause(&self) -> &'static [&'static str] {
        &["scale"]
    }
}

impl BackwardRules for DeltaDoubled {
    fn output_delta(
        &self,
        network: &Network<'_>,
        output: MatrixView<'_, f64>,
        y: MatrixView<'_, f64>,
    ) -> Result<Matrix<f64>, MlpError> {
        Ok(mlp::output_delta(network.architecture.loss(), output, y)?.map(|entry| 2.0 * entry))
    }
}
