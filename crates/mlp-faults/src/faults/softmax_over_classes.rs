//! Cross-entropy averaged over the classes, which the cost sums over.

use mlp::{Architecture, Loss, MlpError};
use tensor_core::{Matrix, MatrixView};

use crate::{BackwardRules, Fault, Network};

pub(crate) struct SoftmaxOverClasses;

impl Fault for SoftmaxOverClasses {
    fn name(&self) -> &'static str {
        "softmax-over-classes"
    }

    fn description(&self) -> &'static str {
        "dZ of the last layer is (A − Y)/n, n the number of classes"
    }

    fn cause(&self) -> &'static [&'static str] {
        &["outputs"]
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

impl BackwardRules for SoftmaxOverClasses {
    fn output_delta(
        &self,
        network: &Network<'_>,
        output: MatrixView<'_, f64>,
        y: MatrixView<'_, f64>,
    ) -> Result<Matrix<f64>, MlpError> {
        let classes = output.rows() as f64;
        let dz = mlp::output_delta(network.architecture.loss(), output, y)?;
        Ok(dz.map(|entry| entry / classes))
    }
}
