//! The structure of a network: widths, activation, loss, L2 factor.
//!
//! Also where each layer's weights and bias are in a flat vector. Invariant: knows nothing of the numbers.

use std::fmt;
use std::sync::Arc;

use tensor_core::MatrixView;

use crate::error::display_widths;
use crate::{Activation, Loss, MlpError};

/// Layer widths n₀ … n_L, the hidden layers' activation, the loss and the L2 factor λ.
///
/// Layers are counted from 1 to L; W_l is n_l×n_{l−1}, b_l has n_l entries. Displays as
/// `30-16-8-1 relu bce`.
///
/// ```
/// use mlp::{Activation, Architecture, Loss};
/// let net = Architecture::new(&[30, 16, 1], Activation::Relu, Loss::BinaryCrossEntropy)?
///     .with_l2(0.5)?;
/// assert_eq!(net.depth(), 2);
/// assert_eq!(net.parameter_count(), 30 * 16 + 16 + 16 + 1);
/// assert_eq!(net.blocks()[2].name, "W2");
/// assert_eq!(net.to_string(), "30-16-1 relu bce l2=0.5");
/// # Ok::<(), mlp::MlpError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Architecture {
    widths: Vec<usize>,
    activation: Activation,
    loss: Loss,
    l2: f64,
    layers: Layers,
}

/// One block of the flat parameter vector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockSpec {
    /// The name: `W1`, `b1`, `W2`, …
    pub name: String,
    /// The shape: `[n_l, n_{l−1}]` for weights, `[n_l]` for a bias.
    pub shape: Vec<usize>,
    /// The layer l, counted from 1.
    pub layer: usize,
}

impl Architecture {
    /// A network without an L2 term.
    ///
    /// # Errors
    /// [`MlpError::TooFewWidths`], [`MlpError::ZeroWidth`], [`MlpError::LossWidth`],
    /// [`MlpError::TooManyParameters`].
    pub fn new(widths: &[usize], activation: Activation, loss: Loss) -> Result<Self, MlpError> {
        if widths.len() < 2 {
            return Err(MlpError::TooFewWidths { got: widths.len() });
        }
        if let Some(layer) = widths.iter().position(|&width| width == 0) {
            return Err(MlpError::ZeroWidth {
                layer,
                widths: display_widths(widths),
            });
        }
        let outputs = widths[widths.len() - 1];
        if outputs < loss.min_outputs() {
            let (loss, needed) = (loss.name(), loss.min_outputs());
            return Err(MlpError::LossWidth {
                loss,
                needed,
                got: outputs,
            });
        }
        let layers = Layers::new(widths).ok_or_else(|| MlpError::TooManyParameters {
            widths: display_widths(widths),
        })?;
        Ok(Self {
            widths: widths.to_vec(),
            activation,
            loss,
            l2: 0.0,
            layers,
        })
    }

    /// This network with the term λ/(2m)·Σ‖W‖² in its cost, weights only.
    ///
    /// # Errors
    /// [`MlpError::Lambda`] if λ is negative or not finite.
    pub fn with_l2(self, lambda: f64) -> Result<Self, MlpError> {
        if !lambda.is_finite() || lambda < 0.0 {
            return Err(MlpError::Lambda { value: lambda });
        }
        Ok(Self { l2: lambda, ..self })
    }

    /// The widths n₀ … n_L.
    pub fn widths(&self) -> &[usize] {
        &self.widths
    }

    /// The hidden layers' activation; the output's belongs to the loss.
    pub fn activation(&self) -> Activation {
        self.activation
    }

    /// The loss.
    pub fn loss(&self) -> Loss {
        self.loss
    }

    /// The L2 factor λ.
    pub fn l2(&self) -> f64 {
        self.l2
    }

    /// L, the number of layers with weights.
    pub fn depth(&self) -> usize {
        self.widths.len() - 1
    }

    /// The number of parameters, Σ n_l·n_{l−1} + n_l.
    pub fn parameter_count(&self) -> usize {
        self.layers.len()
    }

    /// The blocks of the flat vector in order: W1, b1, W2, b2, …
    pub fn blocks(&self) -> Vec<BlockSpec> {
        let shapes = self.layers.shapes.iter().zip(1..);
        shapes
            .flat_map(|(shape, layer)| {
                let (weights, bias) = (vec![shape.rows, shape.cols], vec![shape.rows]);
                [
                    BlockSpec {
                        name: format!("W{layer}"),
                        shape: weights,
                        layer,
                    },
                    BlockSpec {
                        name: format!("b{layer}"),
                        shape: bias,
                        layer,
                    },
                ]
            })
            .collect()
    }

    pub(crate) fn layers(&self) -> &Layers {
        &self.layers
    }

    pub(crate) fn check_length(&self, got: usize) -> Result<(), MlpError> {
        let expected = self.parameter_count();
        if got == expected {
            return Ok(());
        }
        Err(MlpError::ParameterCount {
            widths: display_widths(&self.widths),
            expected,
            got,
        })
    }

    pub(crate) fn check_same(&self, what: &'static str, other: &Layers) -> Result<(), MlpError> {
        if self.layers == *other {
            return Ok(());
        }
        let got = other.shapes.iter().map(|shape| shape.cols);
        let got: Vec<_> = got
            .chain(other.shapes.last().map(|shape| shape.rows))
            .collect();
        let expected = display_widths(&self.widths);
        Err(MlpError::OtherNetwork {
            what,
            expected,
            got: display_widths(&got),
        })
    }
}

impl fmt::Display for Architecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {} {}",
            display_widths(&self.widths),
            self.activation,
            self.loss
        )?;
        if self.l2 > 0.0 {
            write!(f, " l2={}", self.l2)?;
        }
        Ok(())
    }
}

/// The offsets of each layer in a flat vector; shared, because every set of parameters holds them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Layers {
    shapes: Arc<[LayerShape]>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct LayerShape {
    rows: usize,
    cols: usize,
    weights: usize,
    bias: usize,
}

impl Layers {
    /// The offsets for `widths`; `None` if there are more parameters than memory can address in double precision.
    fn new(widths: &[usize]) -> Option<Self> {
        let mut end = 0usize;
        let mut shapes = Vec::new();
        for pair in widths.windows(2) {
            let (cols, rows) = (pair[0], pair[1]);
            let bias = end.checked_add(rows.checked_mul(cols)?)?;
            shapes.push(LayerShape {
                rows,
                cols,
                weights: end,
                bias,
            });
            end = bias.checked_add(rows)?;
        }
        isize::try_from(end.checked_mul(size_of::<f64>())?).ok()?;
        Some(Self {
            shapes: shapes.into(),
        })
    }

    pub(crate) fn len(&self) -> usize {
        self.shapes.last().map_or(0, |last| last.bias + last.rows)
    }

    pub(crate) fn depth(&self) -> usize {
        self.shapes.len()
    }

    /// n_l and n_{l−1}.
    pub(crate) fn shape(&self, layer: usize) -> Option<(usize, usize)> {
        self.at(layer).map(|shape| (shape.rows, shape.cols))
    }

    /// W_l in a flat vector; empty if there is no such layer.
    pub(crate) fn weights<'a, T>(&self, flat: &'a [T], layer: usize) -> MatrixView<'a, T> {
        let (rows, cols) = self.shape(layer).unwrap_or_default();
        let data = flat.get(self.weights_range(layer)).unwrap_or_default();
        MatrixView::from_slice(rows, cols, data).unwrap_or_default()
    }

    /// b_l in a flat vector; empty if there is no such layer.
    pub(crate) fn bias<'a, T>(&self, flat: &'a [T], layer: usize) -> &'a [T] {
        flat.get(self.bias_range(layer)).unwrap_or_default()
    }

    pub(crate) fn weights_range(&self, layer: usize) -> std::ops::Range<usize> {
        self.at(layer)
            .map_or(0..0, |shape| shape.weights..shape.bias)
    }

    pub(crate) fn bias_range(&self, layer: usize) -> std::ops::Range<usize> {
        self.at(layer)
            .map_or(0..0, |shape| shape.bias..shape.bias + shape.rows)
    }

    fn at(&self, layer: usize) -> Option<LayerShape> {
        self.shapes.get(layer.checked_sub(1)?).copied()
    }
}
