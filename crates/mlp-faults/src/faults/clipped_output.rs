//! The output is clipped before its logarithm, so its derivative is lost where the network is sure.
//!
//! Right at first, wrong once the network has learned something: what a check at random
//! initialization alone never sees.

use mlp::{Architecture, Loss, MlpError};
use tensor_core::{Matrix, MatrixView};

use crate::{BackwardRules, Fault, Network, Shows};

/// How near to 0 and 1 outputs may come.
const MARGIN: f64 = 0.01;

pub(crate) struct ClippedOutput;

impl Fault for ClippedOutput {
    fn name(&self) -> &'static str {
        "clipped-output"
    }

    fn description(&self) -> &'static str {
        "dZ of the last layer is 0 where the output is within 0.01 of 0 or 1: wrong only once trained"
    }

    fn cause(&self) -> &'static [&'static str] {
        &["saturation"]
    }

    fn shows(&self) -> Shows {
        Shows::WhenTrained
    }

    fn applies_to(&self, architecture: &Architecture) -> Result<(), String> {
        match architecture.loss() {
            Loss::MeanSquaredError => Err("it is about probabilities, and the loss is mse".into()),
            _ => Ok(()),
        }
    }
}

impl BackwardRules for ClippedOutput {
    fn output_delta(
        &self,
        network: &Network<'_>,
        output: MatrixView<'_, f64>,
        y: MatrixView<'_, f64>,
    ) -> Result<Matrix<f64>, MlpError> {
        let mut dz = mlp::output_delta(network.architecture.loss(), output, y)?;
        for (entry, a) in dz.as_mut_slice().iter_mut().zip(output.as_slice()) {
            if !(MARGIN..=1.0 - MARGIN).contains(a) {
                *entry = 0.0;
            }
        }
        Ok(dz)
    }
}
