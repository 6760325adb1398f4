//! The places of measurement: networks of every activation and loss, in easy and hard situations, with
//! the cost at several scales.
//!
//! Invariant: knows nothing of what is measured there.

use std::fmt;

use anyhow::Result;
use finite_diff::{EvaluationError, Execution, Objective};
use gradient_check::Settings;
use mlp::{Activation, Architecture, Engine, Loss};
use mlp_check::{AtPoint, NetworkCheck};
use num_complex::Complex;

use super::double_double::DoubleDouble;
use super::oracle;
use crate::scene::Scene;

/// The factors of the cost.
pub(crate) const FACTORS: [f64; 3] = [1.0, 1e-8, 1e8];

/// The condition of a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Situation {
    /// At random initialization, with random biases.
    Initial,
    /// After 60 steps of training.
    Trained60,
    /// After 3000 steps, near a minimum.
    Trained3000,
    /// Inputs a hundred times as large, which saturates units and outputs.
    LargeInputs,
    /// A hidden unit nearer to its kink than any step except the smallest.
    NearKink,
    /// All biases zero and one example blank: hidden units exactly at 0.
    Blank,
    /// Ten hidden layers.
    Deep,
    /// L2 regularization.
    L2,
    /// Fixed dropout masks.
    Masked,
}

impl Situation {
    /// All situations.
    pub(crate) const ALL: [Self; 9] = [
        Self::Initial,
        Self::Trained60,
        Self::Trained3000,
        Self::LargeInputs,
        Self::NearKink,
        Self::Blank,
        Self::Deep,
        Self::L2,
        Self::Masked,
    ];
}

impl fmt::Display for Situation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Initial => "at initialization",
            Self::Trained60 => "after 60 steps",
            Self::Trained3000 => "after 3000 steps",
            Self::LargeInputs => "inputs × 100",
            Self::NearKink => "a pre-activation at 3e-8",
            Self::Blank => "zero biases, a blank example",
            Self::Deep => "ten hidden layers",
            Self::L2 => "L2, λ = 0.7",
            Self::Masked => "dropout masks",
        })
    }
}

/// A network at a point, with data.
pub(crate) struct Place {
    /// The condition of the network.
    pub(crate) situation: Situation,
    /// The activation of its hidden layers.
    pub(crate) activation: Activation,
    /// The loss of the network.
    pub(crate) loss: Loss,
    scene: Scene,
}

/// The number of places before the first one is repeated with other random numbers.
const COMBINATIONS: usize = Activation::ALL.len() * Loss::ALL.len() * Situation::ALL.len();

/// A stride coprime to their number, so that all occur, and a few in a row are of many kinds.
const STRIDE: usize = coprime_from(40, COMBINATIONS);

/// The smallest number from `least` on that has no factor in common with `other`.
const fn coprime_from(least: usize, other: usize) -> usize {
    let (mut a, mut b) = (least, other);
    while b > 0 {
        (a, b) = (b, a % b);
    }
    match a {
        1 => least,
        _ => coprime_from(least + 1, other),
    }
}

fn architecture(number: usize) -> Result<(Architecture, Situation)> {
    let combination = number % COMBINATIONS * STRIDE % COMBINATIONS;
    let activation = Activation::ALL[combination % Activation::ALL.len()];
    let rest = combination / Activation::ALL.len();
    let loss = Loss::ALL[rest % Loss::ALL.len()];
    let situation = Situation::ALL[rest / Loss::ALL.len()];
    let round = number / COMBINATIONS;
    let outputs = match loss {
        Loss::SoftmaxCrossEntropy => 3,
        _ => 1 + number % 2,
    };
    // Depends on the round as well, so that each combination occurs with every width.
    let mut widths = match (situation, (number + round) % 5) {
        (Situation::Deep, _) => vec![4; 11],
        (_, 0) => vec![6, 8, 5],
        (_, 1) => vec![5, 6, 6],
        (_, 2) => vec![4, 7],
        (_, 3) => vec![3, 4, 4, 4],
        _ => vec![10, 12, 6],
    };
    widths.push(outputs);
    let lambda = if situation == Situation::L2 { 0.7 } else { 0.0 };
    let architecture = Architecture::new(&widths, activation, loss)?.with_l2(lambda)?;
    Ok((architecture, situation))
}

impl Place {
    /// The number of parameters of the place of this number.
    pub(super) fn parameters(number: usize) -> Result<usize> {
        Ok(architecture(number)?.0.parameter_count())
    }

    /// The place of this number: every activation with every loss in every situation in turn.
    pub(super) fn new(number: usize, seed: u64) -> Result<Self> {
        let (architecture, situation) = architecture(number)?;
        let (activation, loss) = (architecture.activation(), architecture.loss());
        let plain = Scene::new(architecture, seed.wrapping_add(number as u64))?;
        let scene = match situation {
            Situation::Initial | Situation::Deep | Situation::L2 => plain,
            Situation::Trained60 => plain.trained(60)?,
            Situation::Trained3000 => plain.trained(3000)?,
            Situation::LargeInputs => plain.with_inputs_times(100.0)?,
            Situation::NearKink => plain.with_pre_activation_at(3e-8)?,
            Situation::Blank => plain.with_blank_example()?,
            Situation::Masked => plain.masked()?,
        };
        Ok(Self {
            situation,
            activation,
            loss,
            scene,
        })
    }

    /// A name for the reader: the network, its seed and the situation.
    pub(crate) fn name(&self) -> String {
        format!("{}, {}", self.scene.name, self.situation)
    }

    /// The check of factor·J, by whole forward passes.
    pub(crate) fn check(&self, factor: f64) -> NetworkCheck<'_> {
        NetworkCheck {
            loss_scale: factor,
            engine: Some(Engine::Full),
            ..self.scene.check()
        }
    }

    /// The network at the parameters of the place, with everything that a check needs.
    pub(crate) fn at<'a>(&'a self, check: &'a NetworkCheck<'a>) -> Result<AtPoint<'a>> {
        Ok(check.at(&self.scene.parameters)?)
    }

    /// The true gradient of J.
    pub(super) fn truth(&self) -> Vec<DoubleDouble> {
        let scene = &self.scene;
        oracle::gradient(
            &scene.architecture,
            scene.parameters.as_flat(),
            &scene.batch,
            scene.masks.as_ref(),
        )
    }

    /// The settings with which `gradcheck mlp` checks, on one thread.
    pub(super) fn settings<'a>(
        &self,
        at: &'a AtPoint<'_>,
        shadow: &'a dyn Objective<Complex<f64>>,
    ) -> Settings<'a> {
        Settings {
            analytic_rounding: Some(at.rounding()),
            shadow: Some(shadow),
            ..self.plain_settings()
        }
    }

    /// The settings of a user who has only a function and a gradient.
    pub(super) fn plain_settings<'a>(&self) -> Settings<'a> {
        Settings {
            seed: self.scene.seed,
            // The places run in parallel, each on a thread of its own.
            execution: Execution::ONE_THREAD,
            // It is a test of whole blocks, not of single coordinates.
            directional_test: false,
            ..Settings::exact()
        }
    }
}

/// An objective of which nothing is known but its values: neither the smooth piece that a point lies on nor an engine.
pub(super) struct BlackBox<'a>(pub(super) &'a dyn Objective<f64>);

impl Objective<f64> for BlackBox<'_> {
    fn dim(&self) -> usize {
        self.0.dim()
    }

    fn value(&self, point: &[f64]) -> Result<f64, EvaluationError> {
        self.0.value(point)
    }
}
