//! A bug planted on purpose, and the list of them.
//!
//! Refuses to know how it is found.

use mlp::{Architecture, Batch, DropoutMasks, Gradient, MlpError, Parameters};
use tensor_core::Matrix;

use crate::faults::ALL;
use crate::{BackwardRules, Network, backward_observed, backward_with};

/// A backward pass that is wrong on purpose.
pub trait Fault: BackwardRules + Send + Sync {
    /// The name that a person types, in kebab-case.
    fn name(&self) -> &'static str;

    /// What is wrong, in one line.
    fn description(&self) -> &'static str;

    /// The causes, in kebab-case, of which a right diagnosis reports one first: what a person would say
    /// who saw only the gradient and its blocks, and knew the mistake.
    fn cause(&self) -> &'static [&'static str];

    /// When it changes the gradient.
    fn shows(&self) -> Shows {
        Shows::Always
    }

    /// Fails where it could change nothing in such a network.
    ///
    /// # Errors
    /// The reason, as the end of a sentence.
    fn applies_to(&self, _architecture: &Architecture) -> Result<(), String> {
        Ok(())
    }

    /// The wrong gradient, at these parameters.
    ///
    /// # Errors
    /// As [`mlp::forward`] and [`mlp::backward`].
    fn gradient(
        &self,
        architecture: &Architecture,
        parameters: &Parameters<f64>,
        batch: &Batch<f64>,
        masks: Option<&DropoutMasks<f64>>,
    ) -> Result<Gradient<f64>, MlpError> {
        let pass = mlp::forward(architecture, parameters, batch, masks)?;
        backward_with(
            self,
            &Network {
                architecture,
                pass: &pass,
                batch,
            },
        )
    }

    /// dZ_l of this layer, counted from 1, as the wrong backward pass has it on the way; `None` where the
    /// fault is no matter of its rules.
    ///
    /// # Errors
    /// As [`gradient`](Self::gradient).
    fn delta(&self, network: &Network<'_>, layer: usize) -> Result<Option<Matrix<f64>>, MlpError> {
        let mut found = None;
        backward_observed(self, network, |of, dz| {
            if of == layer {
                found = Some(Matrix::from_view(dz));
            }
        })?;
        Ok(found.transpose()?)
    }
}

/// When a fault changes the gradient of a network that it applies to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shows {
    /// At almost every point.
    Always,
    /// Where biases are not zero, as they are at first.
    WithBiases,
    /// With dropout masks.
    WithDropout,
    /// Where the network is sure of some answers, as it is once trained.
    WhenTrained,
    /// Where some outputs are far off.
    WithLargeErrors,
    /// Where some units are nearly saturated.
    WithLargeActivations,
    /// Where some unit is exactly at the kink of its activation.
    AtKinks,
    /// Always, but so faintly that a check may be too blunt for it.
    Faintly,
}

/// Every fault, the course's first.
///
/// ```
/// assert!(mlp_faults::all().len() > 12);
/// assert_eq!(mlp_faults::all()[0].name(), "dw2-doubled");
/// ```
pub fn all() -> &'static [&'static dyn Fault] {
    ALL
}

/// The fault of that name.
///
/// ```
/// assert!(mlp_faults::find("l2-missing").is_some());
/// assert!(mlp_faults::find("none").is_none());
/// ```
pub fn find(name: &str) -> Option<&'static dyn Fault> {
    ALL.iter().copied().find(|fault| fault.name() == name)
}

/// The names of the blocks in which two gradients differ, in order; NaN differs from everything but
/// the same NaN.
pub fn changed_blocks(
    architecture: &Architecture,
    right: &Gradient<f64>,
    wrong: &Gradient<f64>,
) -> Vec<String> {
    let bits = |entries: &[f64]| {
        entries
            .iter()
            .map(|entry| entry.to_bits())
            .collect::<Vec<_>>()
    };
    let differs = |layer, is_bias| {
        let entries = |gradient: &Gradient<f64>| match is_bias {
            true => bits(gradient.db(layer)),
            false => bits(gradient.dw(layer).as_slice()),
        };
        entries(right) != entries(wrong)
    };
    let blocks = architecture.blocks().into_iter();
    blocks
        .filter(|block| differs(block.layer, block.shape.len() == 1))
        .map(|block| block.name)
        .collect()
}
