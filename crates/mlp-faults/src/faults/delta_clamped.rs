//! Errors larger than ½ are cut off: right for what is nearly learnt, wrong for the rest.

use mlp::MlpError;
use tensor_core::{Matrix, MatrixView};

use crate::{BackwardRules, Fault, Network, Shows};

/// Where dZ_L is cut off.
const LIMIT: f64 = 0.5;

pub(crate) struct DeltaClamped;

impl Fault for DeltaClamped {
    fn name(&self) -> &'static str {
        "delta-clamped"
    }

    fn description(&self) -> &'static str {
        "dZ of the last layer is clamped to ±0.5"
    }

    fn cause(&self) -> &'static [&'static str] {
        &["saturation"]
    }

    fn shows(&self) -> Shows {
        Shows::WithLargeErrors
    }
}

impl BackwardRules for DeltaClamped {
    fn output_delta(
        &self,
        network: &Network<'_>,
        output: MatrixView<'_, f64>,
        y: MatrixView<'_, f64>,
    ) -> Result<Matrix<f64>, MlpError> {
        let dz = mlp::output_delta(network.architecture.loss(), output, y)?;
        Ok(dz.map(|entry| entry.clamp(-LIMIT, LIMIT)))
    }
}
