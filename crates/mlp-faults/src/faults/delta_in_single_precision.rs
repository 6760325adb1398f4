//! dZ_L goes through an f32 on its way: an error of 1e-8 in everything that comes after.

use mlp::MlpError;
use tensor_core::{Matrix, MatrixView};

use crate::{BackwardRules, Fault, Network};

pub(crate) struct DeltaInSinglePrecision;

impl Fault for DeltaInSinglePrecision {
    fn name(&self) -> &'static str {
        "delta-in-single-precision"
    }

    fn description(&self) -> &'static str {
        "dZ of the last layer is rounded to single precision"
    }

    fn cause(&self) -> &'static [&'static str] {
        &["single-precision"]
    }
}

impl BackwardRules for DeltaInSinglePrecision {
    fn output_delta(
        &self,
        network: &Network<'_>,
        output: MatrixView<'_, f64>,
        y: MatrixView<'_, f64>,
    ) -> Result<Matrix<f64>, MlpError> {
        let dz = mlp::output_delta(network.architecture.loss(), output, y)?;
        Ok(dz.map(|entry| f64::from(entry as f32)))
    }
}
