//! Noise of 1e-9, the same at every call: about the least that a careful check can see, or less.

use mlp::{Gradient, MlpError};

use crate::{BackwardRules, Fault, Network, Shows, draw};

/// How far an entry is off at most, relative to the scale of its block.
const SIZE: f64 = 1e-9;

pub(crate) struct Noise;

impl Fault for Noise {
    fn name(&self) -> &'static str {
        "noise"
    }

    fn description(&self) -> &'static str {
        "every entry is off by 1e-9 of its block's scale, with a random sign"
    }

    fn cause(&self) -> &'static [&'static str] {
        &["noise", "unknown"]
    }

    fn shows(&self) -> Shows {
        Shows::Faintly
    }
}

impl BackwardRules for Noise {
    fn finish(&self, network: &Network<'_>, gradient: &mut Gradient<f64>) -> Result<(), MlpError> {
        for layer in 1..=network.architecture.depth() {
            for block in [Gradient::dw_mut, Gradient::db_mut] {
                let entries = block(gradient, layer);
                let scale = draw::scale(entries);
                for (at, entry) in entries.iter_mut().enumerate() {
                    *entry += SIZE * scale * draw::symmetric(layer as u64, at as u64);
                }
            }
        }
        Ok(())
    }
}
