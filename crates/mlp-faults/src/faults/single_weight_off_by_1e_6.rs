//! One weight among all, drawn by a hash, is off by a millionth of its block.

use mlp::{Gradient, MlpError};

use crate::{BackwardRules, Fault, Network, draw};

pub(crate) struct SingleWeightOffBy1e6;

impl Fault for SingleWeightOffBy1e6 {
    fn name(&self) -> &'static str {
        "single-weight-off-by-1e-6"
    }

    fn description(&self) -> &'static str {
        "the gradient of one weight is off by 1e-6 of the scale of its block"
    }

    fn cause(&self) -> &'static [&'static str] {
        &["single-entry"]
    }
}

impl BackwardRules for SingleWeightOffBy1e6 {
    fn finish(&self, network: &Network<'_>, gradient: &mut Gradient<f64>) -> Result<(), MlpError> {
        draw::nudge_one_weight(network.architecture, gradient, 1e-6);
        Ok(())
    }
}
