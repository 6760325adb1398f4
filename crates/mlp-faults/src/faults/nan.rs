//! One entry is not a number, which every comparison with < lets pass.

use mlp::{Gradient, MlpError};

use crate::{BackwardRules, Fault, Network};

pub(crate) struct Nan;

impl Fault for Nan {
    fn name(&self) -> &'static str {
        "nan"
    }

    fn description(&self) -> &'static str {
        "the first entry of dW of the last layer is NaN"
    }

    fn cause(&self) -> &'static [&'static str] {
        &["non-finite"]
    }
}

impl BackwardRules for Nan {
    fn finish(&self, network: &Network<'_>, gradient: &mut Gradient<f64>) -> Result<(), MlpError> {
        if let Some(first) = gradient.dw_mut(network.architecture.depth()).first_mut() {
            *first = f64::NAN;
        }
        Ok(())
    }
}
