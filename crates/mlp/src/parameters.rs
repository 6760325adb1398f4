//! The numbers of a network: one flat vector with views.
//!
//! Refuses to know how they came about or what a step does to them.

use tensor_core::{MatrixView, RealScalar, Scalar};

use crate::architecture::Layers;
use crate::{Architecture, MlpError};

/// W₁, b₁, W₂, b₂, … in one flat vector, each row-major, as NumPy flattens them.
///
/// Layers are counted from 1. Asked for a layer that is not there, the views are empty.
///
/// ```
/// use mlp::{Activation, Architecture, Loss, Parameters};
/// let net = Architecture::new(&[2, 1], Activation::Relu, Loss::MeanSquaredError)?;
/// let parameters = Parameters::from_flat(&net, vec![0.5, -0.5, 0.1])?;
/// assert_eq!(parameters.weights(1)[(0, 1)], -0.5);
/// assert_eq!(parameters.bias(1), [0.1]);
/// # Ok::<(), mlp::MlpError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Parameters<T> {
    values: Vec<T>,
    layers: Layers,
}

impl<T> Parameters<T> {
    /// The parameters in a flat vector.
    ///
    /// # Errors
    /// [`MlpError::ParameterCount`] where its length is not the network's.
    pub fn from_flat(architecture: &Architecture, values: Vec<T>) -> Result<Self, MlpError> {
        architecture.check_length(values.len())?;
        Ok(Self {
            values,
            layers: architecture.layers().clone(),
        })
    }

    /// The flat vector.
    pub fn as_flat(&self) -> &[T] {
        &self.values
    }

    /// The flat vector, to be changed.
    pub fn as_flat_mut(&mut self) -> &mut [T] {
        &mut self.values
    }

    /// The flat vector.
    pub fn into_flat(self) -> Vec<T> {
        self.values
    }

    /// W_l, n_l×n_{l−1}.
    pub fn weights(&self, layer: usize) -> MatrixView<'_, T> {
        self.layers.weights(&self.values, layer)
    }

    /// b_l, n_l entries.
    pub fn bias(&self, layer: usize) -> &[T] {
        self.layers.bias(&self.values, layer)
    }

    /// W_l, row by row, to be changed.
    pub fn weights_mut(&mut self, layer: usize) -> &mut [T] {
        self.values
            .get_mut(self.layers.weights_range(layer))
            .unwrap_or_default()
    }

    /// b_l, to be changed.
    pub fn bias_mut(&mut self, layer: usize) -> &mut [T] {
        self.values
            .get_mut(self.layers.bias_range(layer))
            .unwrap_or_default()
    }

    pub(crate) fn layers(&self) -> &Layers {
        &self.layers
    }
}

impl<T: RealScalar> Parameters<T> {
    /// The same parameters in another scalar, rounded where it is narrower.
    pub fn cast<U: Scalar>(&self) -> Parameters<U> {
        let values = self
            .values
            .iter()
            .map(|value| U::from_f64(value.to_f64()))
            .collect();
        Parameters {
            values,
            layers: self.layers.clone(),
        }
    }
}
