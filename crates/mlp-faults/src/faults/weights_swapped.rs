//! dW of two layers are in each other's place.

use mlp::{Architecture, Gradient, MlpError};

use crate::{BackwardRules, Fault, Network, needs};

pub(crate) struct WeightsSwapped;

impl Fault for WeightsSwapped {
    fn name(&self) -> &'static str {
        "weights-swapped"
    }

    fn description(&self) -> &'static str {
        "dW of two layers of the same shape are swapped"
    }

    fn cause(&self) -> &'static [&'static str] {
        &["swapped-blocks"]
    }

    fn applies_to(&self, architecture: &Architecture) -> Result<(), String> {
        needs::shape_twins(architecture)
    }
}

impl BackwardRules for WeightsSwapped {
    fn finish(&self, network: &Network<'_>, gradient: &mut Gradient<f64>) -> Result<(), MlpError> {
        let layers = 1..=network.architecture.depth();
        let pairs = layers.filter_map(|l| Some((l, needs::shape_twin(network.architecture, l)?)));
        for (layer, twin) in pairs.take(1) {
            let first = gradient.dw(layer).as_slice().to_vec();
            let second = gradient.dw(twin).as_slice().to_vec();
            gradient.dw_mut(layer).copy_from_slice(&second);
            gradient.dw_mut(twin).copy_from_slice(&first);
        }
        Ok(())
    }
}
