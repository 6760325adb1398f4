//! Correct backward passes of something else: of other parameters, or in another precision.
//!
//! Invariant: knows nothing of the steps of the backward pass.

use mlp::{Architecture, Batch, DropoutMasks, Gradient, MlpError, Parameters};

/// The point at which a gradient is requested.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) architecture: &'a Architecture,
    pub(crate) parameters: &'a Parameters<f64>,
    pub(crate) batch: &'a Batch<f64>,
    pub(crate) masks: Option<&'a DropoutMasks<f64>>,
}

/// The gradient in `f32`, forward and backward: an error of 1e-7, spread over everything.
pub(crate) fn in_single_precision(at: Place<'_>) -> Result<Gradient<f64>, MlpError> {
    let (parameters, batch) = (at.parameters.cast::<f32>(), at.batch.cast::<f32>());
    let masks = at.masks.map(DropoutMasks::cast);
    let pass = mlp::forward(at.architecture, &parameters, &batch, masks.as_ref())?;
    Ok(mlp::backward(at.architecture, &pass, &batch)?.cast())
}

/// The number of iterations in the search for the previous parameters: each reduces the error by the factor
/// rate·curvature, if that is below 1.
const ROUNDS: usize = 200;

/// The gradient at the parameters θ₋ before a step of gradient descent with this rate, which led to the
/// given parameters: θ₋ = θ + rate·∇J(θ₋), by fixed-point iteration.
///
/// If there are none, as across a kink or if the cost is too curved for the rate, half the rate is tried,
/// and so on. A checker passes only one set of parameters, so that the previous step has to be constructed.
pub(crate) fn one_step_before(at: Place<'_>, rate: f64) -> Result<Gradient<f64>, MlpError> {
    let here = right(at)?;
    let mut rate = rate;
    while rate > f64::MIN_POSITIVE {
        let mut before = at.parameters.clone();
        let mut gradient = here.clone();
        for _ in 0..ROUNDS {
            let moved = before.as_flat_mut().iter_mut();
            let from = at.parameters.as_flat().iter().zip(gradient.as_flat());
            for (value, (now, slope)) in moved.zip(from) {
                *value = now + rate * slope;
            }
            let next = right(Place {
                parameters: &before,
                ..at
            })?;
            if nearly_same(&next, &gradient) {
                return Ok(next);
            }
            gradient = next;
        }
        rate /= 2.0;
    }
    Ok(here)
}

/// Whether two gradients are equal to a few ε of the largest entry.
fn nearly_same(a: &Gradient<f64>, b: &Gradient<f64>) -> bool {
    let pairs = || a.as_flat().iter().zip(b.as_flat());
    let largest = pairs().fold(0.0, |largest: f64, (a, _)| largest.max(a.abs()));
    pairs().all(|(a, b)| (a - b).abs() <= 4.0 * f64::EPSILON * largest)
}

fn right(at: Place<'_>) -> Result<Gradient<f64>, MlpError> {
    let pass = mlp::forward(at.architecture, at.parameters, at.batch, at.masks)?;
    mlp::backward(at.architecture, &pass, at.batch)
}
