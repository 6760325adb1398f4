//! The caches are one training step old.
//!
//! A checker hands over one set of parameters, so the step before is made up: one step of gradient
//! descent, undone.

use mlp::{Architecture, Batch, DropoutMasks, Gradient, MlpError, Parameters};

use crate::{BackwardRules, Fault};

/// The rate of the step that is undone.
const RATE: f64 = 0.1;

pub(crate) struct Stale;

impl Fault for Stale {
    fn name(&self) -> &'static str {
        "stale"
    }

    fn description(&self) -> &'static str {
        "the gradient is that of the parameters before the last step of gradient descent (rate 0.1)"
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
        gradient_before(architecture, parameters, batch, masks, RATE)
    }
}

impl BackwardRules for Stale {}

/// The gradient at the parameters before a step of gradient descent with this rate.
pub(super) fn gradient_before(
    architecture: &Architecture,
    parameters: &Parameters<f64>,
    batch: &Batch<f64>,
    masks: Option<&DropoutMasks<f64>>,
    rate: f64,
) -> Result<Gradient<f64>, MlpError> {
    let pass = mlp::forward(architecture, parameters, batch, masks)?;
    let slope = mlp::backward(architecture, &pass, batch)?;
    let mut before = parameters.clone();
    for (value, slope) in before.as_flat_mut().iter_mut().zip(slope.as_flat()) {
        *value += rate * slope;
    }
    let pass = mlp::forward(architecture, &before, batch, masks)?;
    mlp::backward(architecture, &pass, batch)
}
