//! One weight among all, drawn by a hash, is left out of the gradient.

use mlp::{Gradient, MlpError};

use crate::{BackwardRules, Fault, Network, draw};

pub(crate) struct SingleWeightMissing;

impl Fault for SingleWeightMissing {
    fn name(&self) -> &'static str {
        "single-weight-missing"
    }

    fn description(&self) -> &'static str {
        "the gradient of one weight is 0"
    }

    fn cause(&self) -> &'static [&'static str] {
        &["single-entry"]
    }
}

impl BackwardRules for SingleWeightMissing {
    fn finish(&self, network: &Network<'_>, gradient: &mut Gradient<f64>) -> Result<(), MlpError> {
        let (layer, at) = draw::one_weight(network.architecture);
        if let Some(entry) = gradient.dw_mut(layer).get_mut(at) {
            *entry = 0.0;
        }
        Ok(())
    }
}
