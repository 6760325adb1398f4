//! One entry of dW1 is off by a millionth: what the usual tolerances never see.

use mlp::{Gradient, MlpError};

use crate::{BackwardRules, Fault, Network};

pub(crate) struct SingleWeightSlightlyOff;

impl Fault for SingleWeightSlightlyOff {
    fn name(&self) -> &'static str {
        "single-weight-slightly-off"
    }

    fn description(&self) -> &'static str {
        "the largest entry of dW1 is a millionth too large"
    }

    fn cause(&self) -> &'static [&'static str] {
        &["single-entry"]
    }
}

impl BackwardRules for SingleWeightSlightlyOff {
    fn finish(&self, _: &Network<'_>, gradient: &mut Gradient<f64>) -> Result<(), MlpError> {
        super::single_weight_off::scale_largest(gradient, 1.0 + 1e-6);
        Ok(())
    }
}
