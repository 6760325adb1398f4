//! The caches are one training step old, a small one.
//!
//! The step before is made up as in `stale`.

use mlp::{Architecture, Batch, DropoutMasks, Gradient, MlpError, Parameters};
use tensor_core::Matrix;

use crate::{BackwardRules, Fault, Network};

/// The rate of the step that is undone.
const RATE: f64 = 1e-2;

pub(crate) struct StaleSlightly;

impl Fault for StaleSlightly {
    fn name(&self) -> &'static str {
        "stale-slightly"
    }

    fn description(&self) -> &'static str {
        "the gradient is that of the parameters before the last step of gradient descent (rate 0.01)"
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

impl BackwardRules for StaleSlightly {}
