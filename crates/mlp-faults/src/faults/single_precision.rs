//! Forward and backward in f32, reported as f64: an error of 1e-7, spread over everything.

use mlp::{Architecture, Batch, DropoutMasks, Gradient, MlpError, Parameters};
use tensor_core::Matrix;

use crate::{BackwardRules, Fault, Network};

pub(crate) struct SinglePrecision;

impl Fault for SinglePrecision {
    fn name(&self) -> &'static str {
        "single-precision"
    }

    fn description(&self) -> &'static str {
        "the gradient is computed in single precision"
    }

    fn cause(&self) -> &'static [&'static str] {
        &["single-precision"]
    }

    fn gradient(
        &self,
        architecture: &Architecture,
        parameters: &Parameters<f64>,
        batch: &Batch<f64>,
        masks: Option<&DropoutMasks<f64>>,
    ) -> Result<Gradient<f64>, MlpError> {
        let (parameters, batch) = (parameters.cast::<f32>(), batch.cast::<f32>());
        let masks = masks.map(DropoutMasks::cast);
        let pass = mlp::forward(architecture, &parameters, &batch, masks.as_ref())?;
        Ok(mlp::backward(architecture, &pass, &batch)?.cast())
    }

    fn delta(&self, _: &Network<'_>, _: usize) -> Result<Option<Matrix<f64>>, MlpError> {
        Ok(None)
    }
}

impl BackwardRules for SinglePrecision {}
