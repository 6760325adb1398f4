//! The course's first planted bug: dW2 is doubled.
//!
//! A network of one layer has no dW2; its last layer takes the place.

use mlp::{Gradient, MlpError};

use crate::{BackwardRules, Fault, Network};

pub(crate) struct Dw2Doubled;

impl Fault for Dw2Doubled {
    fn name(&self) -> &'static str {
        "dw2-doubled"
    }

    fn description(&self) -> &'static str {
        "dW2 is doubled (the course's first planted bug; dW1 where there is one layer)"
    }

    fn cause(&self) -> &'static [&'static str] {
        &["scale"]
    }
}

impl BackwardRules for Dw2Doubled {
    fn finish(&self, network: &Network<'_>, gradient: &mut Gradient<f64>) -> Result<(), MlpError> {
        double_dw2(network, gradient);
        Ok(())
    }
}

/// Doubles dW2, or dW1 where there is no second layer.
pub(super) fn double_dw2(network: &Network<'_>, gradient: &mut Gradient<f64>) {
    for entry in gradient.dw_mut(network.architecture.depth().min(2)) {
        *entry *= 2.0;
    }
}
