//! dZ_L = A_L: the labels are forgotten.

use mlp::MlpError;
use tensor_core::{Matrix, MatrixView};

use crate::{BackwardRules, Fault, Network};

pub(crate) struct DeltaWithoutY;

impl Fault for DeltaWithoutY {
    fn name(&self) -> &'static str {
        "delta-without-y"
    }

    fn description(&self) -> &'static str {
        "dZ of the last layer is A, not A − Y"
    }

    fn cause(&self) -> &'static [&'static str] {
        &["output-delta"]
    }
}

impl BackwardRules for DeltaWithoutY {
    fn output_delta(
        &self,
        _: &Network<'_>,
        output: MatrixView<'_, f64>,
        _: MatrixView<'_, f64>,
    ) -> Result<Matrix<f64>, MlpError> {
        Ok(Matrix::from_view(output)?)
    }
}
