//! One weight among all, drawn by a hash, is off by as much as its block is large.

use mlp::{Gradient, MlpError};

use crate::{BackwardRules, Fault, Network, draw};

pub(crate) struct SingleWeightOffBy1;

impl Fault for SingleWeightOffBy1 {
    fn name(&self) -> &'static str {
        "single-weight-off-by-1"
    }

    fn description(&self) -> &'static str {
        "the gradient of one weight is off by the scale of its block"
    }

    fn cause(&self) -> &'static [&'static str] {
        &["single-entry"]
    }
}

impl BackwardRules for SingleWeightOffBy1 {
    fn finish(&self, network: &Network<'_>, gradient: &mut Gradient<f64>) -> Result<(), MlpError> {
        draw::nudge_one_weight(network.architecture, gradient, 1.0);
        Ok(())
    }
}
