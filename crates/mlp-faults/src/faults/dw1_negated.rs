//! dW1 alone has the wrong sign.

use mlp::{Gradient, MlpError};

use crate::{BackwardRules, Fault, Network};

pub(crate) struct Dw1Negated;

impl Fault for Dw1Negated {
    fn name(&self) -> &'static str {
        "dw1-negated"
    }

    fn description(&self) -> &'static str {
        "dW1 has the wrong sign"
    }

    fn cause(&self) -> &'static [&'static str] {
        &["sign"]
    }
}

impl BackwardRules for Dw1Negated {
    fn finish(&self, _: &Network<'_>, gradient: &mut Gradient<f64>) -> Result<(), MlpError> {
        for entry in gradient.dw_mut(1) {
            *entry = -*entry;
        }
        Ok(())
    }
}
