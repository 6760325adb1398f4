//! The place of a parameter of the flat vector in the network.
//!
//! Invariant: knows nothing of the value of the parameter.

use crate::{Architecture, MlpError};

/// `W_l[row, col]`, or `b_l[row]` if there is no column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) layer: usize,
    pub(crate) row: usize,
    pub(crate) col: Option<usize>,
}

impl Place {
    /// # Errors
    /// [`MlpError::NoSuchParameter`].
    pub(crate) fn of(architecture: &Architecture, coordinate: usize) -> Result<Self, MlpError> {
        let layers = architecture.layers();
        for layer in 1..=layers.depth() {
            let (weights, bias) = (layers.weights_range(layer), layers.bias_range(layer));
            let columns = layers.shape(layer).map_or(1, |(_, columns)| columns);
            if weights.contains(&coordinate) {
                let within = coordinate - weights.start;
                return Ok(Self {
                    layer,
                    row: within / columns,
                    col: Some(within % columns),
                });
            }
            if bias.contains(&coordinate) {
                return Ok(Self {
                    layer,
                    row: coordinate - bias.start,
                    col: None,
                });
            }
        }
        Err(MlpError::NoSuchParameter {
            index: coordinate,
            parameters: layers.len(),
        })
    }
}
