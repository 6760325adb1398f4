//! Nobody set the gradient to zero: that of the same batch is in it twice.

use mlp::{Gradient, MlpError};

use crate::{BackwardRules, Fault, Network};

pub(crate) struct Accumulated;

impl Fault for Accumulated {
    fn name(&self) -> &'static str {
        "accumulated"
    }

    fn description(&self) -> &'static str {
        "the gradient is added to that of the call before: twice what it should be"
    }

    fn cause(&self) -> &'static [&'static str] {
        &["scale"]
    }
}

impl BackwardRules for Accumulated {
    fn finish(&self, _: &Network<'_>, gradient: &mut Gradient<f64>) -> Result<(), MlpError> {
        for entry in gradient.as_flat_mut() {
            *entry += *entry;
        }
        Ok(())
    }
}
