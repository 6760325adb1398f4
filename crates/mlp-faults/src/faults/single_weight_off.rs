//! One entry of dW1 is 1 % off, the largest, so that it is not zero in a dead unit.

use mlp::{Gradient, MlpError};

use crate::{BackwardRules, Fault, Network};

pub(crate) struct SingleWeightOff;

impl Fault for SingleWeightOff {
    fn name(&self) -> &'static str {
        "single-weight-off"
    }

    fn description(&self) -> &'static str {
        "the largest entry of dW1 is 1 % too large"
    }

    fn cause(&self) -> &'static [&'static str] {
        &["single-entry"]
    }
}

impl BackwardRules for SingleWeightOff {
    fn finish(&self, _: &Network<'_>, gradient: &mut Gradient<f64>) -> Result<(), MlpError> {
        scale_largest(gradient, 1.01);
        Ok(())
    }
}

/// Multiplies the entry of dW1 with the largest magnitude.
pub(super) fn scale_largest(gradient: &mut Gradient<f64>, factor: f64) {
    let entries = gradient.dw_mut(1).iter_mut();
    if let Some(largest) = entries.max_by(|a, b| a.abs().total_cmp(&b.abs())) {
        *largest *= factor;
    }
}
