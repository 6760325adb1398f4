//! The caches are one training step old, a tiny one.
//!
//! The step before is made up as in `stale`.

use mlp::{Architecture, Batch, DropoutMasks, Gradient, MlpError, Parameters};
use tensor_core::Matrix;

use crate::{BackwardRules, Fault, Network};

/// The rate of the step that is undone.
const RATE: f64 = 1e-5;

pub(crate) struct StaleBarely;

impl Fault for StaleBarely {
    fn name(&self) -> &'static str {
        "stale-barely"
    }

    fn description(&self) -> &'static str {
        "the gradient is that of the parameters before the last step of gradient descent (rate 0.00001)"
    }

    fn cause(&self) -> &'static [&'static str] {
        &["stale"]
    }

    fn gradient(
        &self,
        architecture: &Architecture,
        parameters: &Parameters<f64>,
        batch: &Batch<f64>,
        masks: Option<&DropoutMasks<f64>>,
    ) -> Result<Gradient<f64>, MlpError> {
        super::stale::gradient_before(architecture, parameters, batch, masks, RATE)
    }

    fn delta(&self, _: &Network<'_>, _: usize) -> Result<Option<Matrix<f64>>, MlpError> {
        Ok(None)
    }
}

impl BackwardRules for StaleBarely {}
