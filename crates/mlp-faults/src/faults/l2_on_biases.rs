//! λ/m·b in every db, though the cost has weights only in its L2 term.
//!
//! Nothing shows while the biases are zero.

use mlp::{Architecture, Gradient, MlpError};

use crate::{BackwardRules, Fault, Network, Shows, needs};

pub(crate) struct L2OnBiases;

impl Fault for L2OnBiases {
    fn name(&self) -> &'static str {
        "l2-on-biases"
    }

    fn description(&self) -> &'static str {
        "every db has an L2 term, though the cost has none for biases"
    }

    fn cause(&self) -> &'static [&'static str] {
        &["l2-on-biases"]
    }

    fn shows(&self) -> Shows {
        Shows::WithBiases
    }

    fn applies_to(&self, architecture: &Architecture) -> Result<(), String> {
        needs::l2(architecture)
    }
}

impl BackwardRules for L2OnBiases {
    fn finish(&self, network: &Network<'_>, gradient: &mut Gradient<f64>) -> Result<(), MlpError> {
        let factor = network.architecture.l2() / network.batch.examples() as f64;
        for layer in 1..=network.architecture.depth() {
            let bias = network.pass.layer(layer)?.bias();
            for (entry, value) in gradient.db_mut(layer).iter_mut().zip(bias) {
                *entry += factor * value;
            }
        }
        Ok(())
    }
}
