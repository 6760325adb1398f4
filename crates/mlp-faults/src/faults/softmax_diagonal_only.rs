//! Softmax taken for a function of each entry alone: only the diagonal of its Jacobian.

use mlp::{Architecture, Loss, MlpError};
use tensor_core::{Matrix, MatrixView};

use crate::{BackwardRules, Fault, Network};

pub(crate) struct SoftmaxDiagonalOnly;

impl Fault for SoftmaxDiagonalOnly {
    fn name(&self) -> &'static str {
        "softmax-diagonal-only"
    }

    fn description(&self) -> &'static str {
        "dZ of the last layer is −Y∘(1 − A): softmax's Jacobian without what lies off the diagonal"
    }

    fn cause(&self) -> &'static [&'static str] {
        &["output-delta"]
    }

    fn applies_to(&self, architecture: &Architecture) -> Result<(), String> {
        match architecture.loss() {
            Loss::SoftmaxCrossEntropy => Ok(()),
            other => Err(format!(
                "it is about softmax outputs, and the loss is {other}"
            )),
        }
    }
}

impl BackwardRules for SoftmaxDiagonalOnly {
    fn output_delta(
        &self,
        _: &Network<'_>,
        output: MatrixView<'_, f64>,
        y: MatrixView<'_, f64>,
    ) -> Result<Matrix<f64>, MlpError> {
        let entries = output
            .as_slice()
            .iter()
            .zip(y.as_slice())
            .map(|(a, y)| -y * (1.0 - a));
        Ok(Matrix::from_vec(
            output.rows(),
            output.cols(),
            entries.collect(),
        )?)
    }
}
