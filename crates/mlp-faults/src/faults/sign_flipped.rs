//! The gradient of −J: where somebody means to go down and goes down twice.

use mlp::{Gradient, MlpError};

use crate::{BackwardRules, Fault, Network};

pub(crate) struct SignFlipped;

impl Fault for SignFlipped {
    fn name(&self) -> &'static str {
        "sign-flipped"
    }

    fn description(&self) -> &'static str {
        "the whole gradient has the wrong sign"
    }

    fn cause(&self) -> &'static [&'static str] {
        &["sign"]
    }
}

impl BackwardRules for SignFlipped {
    fn finish(&self, _: &Network<'_>, gradient: &mut Gradient<f64>) -> Result<(), MlpError> {
        for entry in gradient.as_flat_mut() {
            *entry = -*entry;
        }
        Ok(())
    }
}
