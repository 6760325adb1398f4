//! What a fault requires of a network, with the reason if it is missing.
//!
//! Invariant: knows nothing of which fault needs what.

use mlp::{Activation, Architecture, Loss};

use crate::steps::{same_shape, same_width};

/// A property of a network without which a fault has no effect.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Need {
    HiddenLayer,
    /// None of these activations, with which the fault is correct.
    OtherThan(&'static [Activation]),
    /// ReLU or leaky ReLU.
    Kink,
    /// Tanh or sigmoid.
    Saturation,
    Softmax,
    /// Outputs that are probabilities.
    Probabilities,
    /// An L2 term.
    L2,
    /// Two hidden layers of the same width.
    SameWidth,
    /// Two layers whose weights have the same shape, one of them above the first.
    SameShape,
    /// A square W above the first layer.
    Square,
    /// A W with more than one row and column.
    RowsAndColumns,
    /// A layer of more than one unit.
    Units,
    /// More than one unit in the first layer.
    FirstUnits,
}

impl Need {
    /// Fails if `architecture` lacks it, with the reason as the end of a sentence.
    pub(crate) fn check(self, architecture: &Architecture) -> Result<(), String> {
        let (widths, depth) = (architecture.widths(), architecture.depth());
        let (activation, loss) = (architecture.activation(), architecture.loss());
        let (met, reason) = match self {
            Self::HiddenLayer => (depth > 1, "it needs a hidden layer".to_owned()),
            Self::OtherThan(right) => (
                !right.contains(&activation),
                format!("the result is correct with the activation {activation}"),
            ),
            Self::Kink => (
                !activation.is_smooth(),
                format!("it needs ReLU or leaky ReLU, but the activation is {activation}"),
            ),
            Self::Saturation => (
                matches!(activation, Activation::Tanh | Activation::Sigmoid),
                format!("it needs units that saturate, but the activation is {activation}"),
            ),
            Self::Softmax => (
                loss == Loss::SoftmaxCrossEntropy,
                format!("it needs softmax outputs, but the loss is {loss}"),
            ),
            Self::Probabilities => (
                loss != Loss::MeanSquaredError,
                format!("it needs outputs that are probabilities, but the loss is {loss}"),
            ),
            Self::L2 => (
                architecture.l2() > 0.0,
                "it needs an L2 term, lambda above 0".to_owned(),
            ),
            Self::SameWidth => (
                (1..depth).any(|layer| same_width(architecture, layer).is_some()),
                "it needs two hidden layers of the same width, as in 6-5-5-1".to_owned(),
            ),
            Self::SameShape => (
                (2..=depth).any(|layer| same_shape(architecture, layer).is_some()),
                "it needs two layers whose weights have the same shape, as in 6-5-5-5-1".to_owned(),
            ),
            Self::Square => (
                // A single unit is its own transpose.
                pairs(&widths[1..]).any(|(n, next)| n == next && n > 1),
                "it needs a square weight matrix above the first layer, as in 6-5-5-1".to_owned(),
            ),
            Self::RowsAndColumns => (
                pairs(widths).any(|(n, next)| n.min(next) > 1),
                "it needs a weight matrix with more than one row and column".to_owned(),
            ),
            Self::Units => (
                widths[1..].iter().any(|&n| n > 1),
                "it needs a layer of more than one unit".to_owned(),
            ),
            Self::FirstUnits => (
                widths[1] > 1,
                "it needs more than one unit in the first layer".to_owned(),
            ),
        };
        if met { Ok(()) } else { Err(reason) }
    }
}

/// The widths of neighboring layers.
fn pairs(widths: &[usize]) -> impl Iterator<Item = (usize, usize)> {
    widths.windows(2).map(|pair| (pair[0], pair[1]))
}
