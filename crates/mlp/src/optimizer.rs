//! How a gradient becomes a step.
//!
//! Invariant: knows nothing of where the gradient comes from.

use tensor_core::RealScalar;

use crate::name::named;

/// β of momentum, and β₁ of Adam.
pub const BETA1: f64 = 0.9;
/// β₂ of Adam.
pub const BETA2: f64 = 0.999;
/// ε of Adam.
pub const ADAM_EPSILON: f64 = 1e-8;

/// An update rule, with α the learning rate and g the gradient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Optimizer {
    /// θ ← θ − αg.
    Sgd,
    /// v ← βv + (1−β)g, θ ← θ − αv.
    Momentum,
    /// θ ← θ − α·v̂/(√ŝ + ε), with v̂ and ŝ the bias-corrected means of g and g² (Kingma & Ba 2015,
    /// algorithm 1).
    Adam,
}

impl Optimizer {
    /// All optimizers.
    pub const ALL: &[Self] = &[Self::Sgd, Self::Momentum, Self::Adam];

    /// The name as users type it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sgd => "sgd",
            Self::Momentum => "momentum",
            Self::Adam => "adam",
        }
    }
}

named!(Optimizer, "optimizer");

/// The running means of one training.
pub(crate) struct Updater<T> {
    optimizer: Optimizer,
    learning_rate: f64,
    mean: Vec<T>,
    square: Vec<T>,
    steps: i32,
}

impl<T: RealScalar> Updater<T> {
    pub(crate) fn new(optimizer: Optimizer, learning_rate: f64, parameters: usize) -> Self {
        let room = |needed| {
            if needed {
                vec![T::zero(); parameters]
            } else {
                Vec::new()
            }
        };
        Self {
            optimizer,
            learning_rate,
            mean: room(optimizer != Optimizer::Sgd),
            square: room(optimizer == Optimizer::Adam),
            steps: 0,
        }
    }

    pub(crate) fn update(&mut self, parameters: &mut [T], gradient: &[T]) {
        let rate = T::from_f64(self.learning_rate);
        let (beta1, beta2) = (T::from_f64(BETA1), T::from_f64(BETA2));
        let pairs = parameters.iter_mut().zip(gradient);
        match self.optimizer {
            Optimizer::Sgd => {
                for (value, &slope) in pairs {
                    *value -= rate * slope;
                }
            }
            Optimizer::Momentum => {
                for ((value, &slope), mean) in pairs.zip(&mut self.mean) {
                    *mean = beta1 * *mean + (T::one() - beta1) * slope;
                    *value -= rate * *mean;
                }
            }
            Optimizer::Adam => {
                // Saturates after 2³¹ steps, when both corrections have long been 1.
                self.steps = self.steps.saturating_add(1);
                let mean_weight = T::from_f64(1.0 - BETA1.powi(self.steps));
                let square_weight = T::from_f64(1.0 - BETA2.powi(self.steps));
                let means = self.mean.iter_mut().zip(&mut self.square);
                for ((value, &slope), (mean, square)) in pairs.zip(means) {
                    *mean = beta1 * *mean + (T::one() - beta1) * slope;
                    *square = beta2 * *square + (T::one() - beta2) * slope * slope;
                    let root = (*square / square_weight).sqrt();
                    *value -= rate * (*mean / mean_weight) / (root + T::from_f64(ADAM_EPSILON));
                }
            }
        }
    }
}
