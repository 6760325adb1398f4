//! The caches are one training step old.
//!
//! A checker hands over one set of parameters, so the step before is made up: those that one step of gradient
//! descent leads from to the ones at hand.

use mlp::{Architecture, Batch, DropoutMasks, Gradient, MlpError, Parameters};
use tensor_core::Matrix;

use crate::{BackwardRules, Fault, Network};

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

    fn delta(&self, _: &Network<'_>, _: usize) -> Result<Option<Matrix<f64>>, MlpError> {
        Ok(None)
    }
}

impl BackwardRules for Stale {}

/// Rounds in which the parameters before are looked for: each brings them nearer by rate·curvature, where
/// that is below 1.
const ROUNDS: usize = 200;

/// The gradient at the parameters θ₋ before a step of gradient descent with this rate, which led to the
/// parameters at hand: θ₋ = θ + rate·∇J(θ₋), by fixed-point iteration. Where there are none, as across a
/// kink or where the cost is too curved for the rate, with half of it, and so on.
pub(super) fn gradient_before(
    architecture: &Architecture,
    parameters: &Parameters<f64>,
    batch: &Batch<f64>,
    masks: Option<&DropoutMasks<f64>>,
    rate: f64,
) -> Result<Gradient<f64>, MlpError> {
    let here = gradient_at(architecture, parameters, batch, masks)?;
    let mut rate = rate;
    while rate > f64::MIN_POSITIVE {
        let mut before = parameters.clone();
        let mut gradient = here.clone();
        for _ in 0..ROUNDS {
            let moved = before.as_flat_mut().iter_mut();
            for ((value, now), slope) in moved.zip(parameters.as_flat()).zip(gradient.as_flat()) {
                *value = now + rate * slope;
            }
            let next = gradient_at(architecture, &before, batch, masks)?;
            if nearly_same(&next, &gradient) {
                return Ok(next);
            }
            gradient = next;
        }
        rate /= 2.0;
    }
    Ok(here)
}

/// To a few ε of the largest entry.
fn nearly_same(a: &Gradient<f64>, b: &Gradient<f64>) -> bool {
    let pairs = || a.as_flat().iter().zip(b.as_flat());
    let largest = pairs().fold(0.0, |largest: f64, (a, _)| largest.max(a.abs()));
    pairs().all(|(a, b)| (a - b).abs() <= 4.0 * f64::EPSILON * largest)
}

fn gradient_at(
    architecture: &Architecture,
    parameters: &Parameters<f64>,
    batch: &Batch<f64>,
    masks: Option<&DropoutMasks<f64>>,
) -> Result<Gradient<f64>, MlpError> {
    let pass = mlp::forward(architecture, parameters, batch, masks)?;
    mlp::backward(architecture, &pass, batch)
}
