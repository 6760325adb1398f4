//! dW_L is halved, L2 term and all.

use mlp::{Gradient, MlpError};

use crate::{BackwardRules, Fault, Network};

pub(crate) struct LastDwHalved;

impl Fault for LastDwHalved {
    fn name(&self) -> &'static str {
        "last-dw-halved"
    }

    fn description(&self) -> &'static str {
        "dW of the last layer is halved"
    }

    fn cause(&self) -> &'static [&'static str] {
        &["scale"]
    }
}

impl BackwardRules for LastDwHalved {
    fn finish(&self, network: &Network<'_>, gradient: &mut Gradient<f64>) -> Result<(), MlpError> {
        for entry in gradient.dw_mut(network.architecture.depth()) {
            *entry *= 0.5;
        }
        Ok(())
    }
}
