//! A fault: a backward pass that is wrong on purpose, with its description.
//!
//! Invariant: knows nothing of which faults there are, and of how they are found.

use mlp::{Architecture, Batch, DropoutMasks, Gradient, MlpError, Parameters};
use tensor_core::Matrix;

use crate::elsewhere::Place;
use crate::needs::Need;
use crate::{BackwardRules, Network, backward_with};

/// A backward pass that is wrong on purpose.
pub struct Fault {
    pub(crate) name: &'static str,
    pub(crate) cause: &'static [&'static str],
    pub(crate) shows: Shows,
    pub(crate) needs: &'static [Need],
    pub(crate) description: &'static str,
    pub(crate) wrong: Wrong,
}

/// What a fault does.
pub(crate) enum Wrong {
    /// Some steps of the backward pass are replaced.
    Steps(&'static (dyn BackwardRules + Sync)),
    /// The gradient is the correct one of something else, such as another point or batch.
    Elsewhere(fn(Place<'_>) -> Result<Gradient<f64>, MlpError>),
}

impl Fault {
    /// The name as users type it, in kebab-case.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// What is wrong, in one line.
    pub fn description(&self) -> &'static str {
        self.description
    }

    /// The causes, in kebab-case, of which a correct diagnosis reports one first: those that an expert would name
    /// from the gradient and its blocks alone.
    pub fn cause(&self) -> &'static [&'static str] {
        self.cause
    }

    /// The condition under which it changes the gradient.
    pub fn shows(&self) -> Shows {
        self.shows
    }

    /// Fails if it has no effect in such a network.
    ///
    /// # Errors
    /// The reason, as the end of a sentence.
    pub fn applies_to(&self, architecture: &Architecture) -> Result<(), String> {
        self.needs
            .iter()
            .try_for_each(|need| need.check(architecture))
    }

    /// The wrong gradient, at these parameters.
    ///
    /// # Errors
    /// As [`mlp::forward`] and [`mlp::backward`].
    pub fn gradient(
        &self,
        architecture: &Architecture,
        parameters: &Parameters<f64>,
        batch: &Batch<f64>,
        masks: Option<&DropoutMasks<f64>>,
    ) -> Result<Gradient<f64>, MlpError> {
        match self.wrong {
            Wrong::Steps(rules) => {
                let pass = mlp::forward(architecture, parameters, batch, masks)?;
                let network = Network {
                    architecture,
                    pass: &pass,
                    batch,
                };
                backward_with(rules, &network, &mut |_, _| {})
            }
            Wrong::Elsewhere(gradient) => gradient(Place {
                architecture,
                parameters,
                batch,
                masks,
            }),
        }
    }

    /// dZ_l of this layer, counted from 1, as the wrong backward pass computes it; `None` if the
    /// fault is not in a step of the backward pass.
    ///
    /// # Errors
    /// As [`gradient`](Self::gradient).
    pub fn delta(
        &self,
        network: &Network<'_>,
        layer: usize,
    ) -> Result<Option<Matrix<f64>>, MlpError> {
        let Wrong::Steps(rules) = self.wrong else {
            return Ok(None);
        };
        let mut found = None;
        backward_with(rules, network, &mut |of, dz| {
            if of == layer {
                found = Some(Matrix::from_view(dz));
            }
        })?;
        Ok(found.transpose()?)
    }
}

/// The condition under which a fault changes the gradient of a network that it applies to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shows {
    /// At almost every point.
    Always,
    /// If biases are not zero, unlike at initialization.
    WithBiases,
    /// With dropout masks.
    WithDropout,
    /// If the network is certain of some answers, as it is once trained.
    WhenTrained,
    /// If some outputs are far off.
    WithLargeErrors,
    /// If some units are nearly saturated.
    WithLargeActivations,
    /// If some unit is exactly at the kink of its activation.
    AtKinks,
    /// Always, but by so little that it may be below the detection limit.
    Faintly,
}

/// The names of the blocks in which two gradients differ, in order; NaN differs from everything except
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
