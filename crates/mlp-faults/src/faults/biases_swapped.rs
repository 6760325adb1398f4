//! db of two layers of the same width, each in the other's place.

use mlp::{Architecture, Gradient, MlpError};

use crate::{BackwardRules, Fault, Network, needs};

pub(crate) struct BiasesSwapped;

impl Fault for BiasesSwapped {
    fn name(&self) -> &'static str {
        "biases-swapped"
    }

    fn description(&self) -> &'static str {
        "db of two hidden layers of the same width are swapped"
    }

    fn cause(&self) -> &'static [&'static str] {
        &["swapped-blocks"]
    }

    fn applies_to(&self, architecture: &Architecture) -> Result<(), String> {
        needs::twins(architecture)
    }
}

impl BackwardRules for BiasesSwapped {
    fn finish(&self, network: &Network<'_>, gradient: &mut Gradient<f64>) -> Result<(), MlpError> {
        let hidden = 1..network.architecture.depth();
        let pairs = hidden.filter_map(|l| Some((l, needs::twin(network.architecture, l)?)));
        for (layer, twin) in pairs.take(1) {
            let first = gradient.db(layer).to_vec();
            let second = gradient.db(twin).to_vec();
            gradient.db_mut(layer).copy_from_slice(&second);
            gradient.db_mut(twin).copy_from_slice(&first);
        }
        Ok(())
    }
}
