//! The gradient of the cost: the same flat vector as the parameters, with views.
//!
//! Refuses to know whether it is right.

use tensor_core::{Matrix, MatrixView, RealScalar, Scalar};

use crate::architecture::Layers;
use crate::{Architecture, MlpError};

/// dW₁, db₁, dW₂, db₂, … in one flat vector, in the order of [`Parameters`](crate::Parameters).
///
/// Layers are counted from 1. Asked for a layer that is not there, the views are empty.
#[derive(Debug, Clone, PartialEq)]
pub struct Gradient<T> {
    values: Vec<T>,
    layers: Layers,
}

impl<T> Gradient<T> {
    /// The gradient in a flat vector.
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

    /// dW_l, n_l×n_{l−1}.
    pub fn dw(&self, layer: usize) -> MatrixView<'_, T> {
        self.layers.weights(&self.values, layer)
    }

    /// db_l, n_l entries.
    pub fn db(&self, layer: usize) -> &[T] {
        self.layers.bias(&self.values, layer)
    }

    /// dW_l, row by row, to be changed.
    pub fn dw_mut(&mut self, layer: usize) -> &mut [T] {
        self.values
            .get_mut(self.layers.weights_range(layer))
            .unwrap_or_default()
    }

    /// db_l, to be changed.
    pub fn db_mut(&mut self, layer: usize) -> &mut [T] {
        self.values
            .get_mut(self.layers.bias_range(layer))
            .unwrap_or_default()
    }
}

impl<T: Scalar> Gradient<T> {
    /// A gradient of zeros.
    ///
    /// # Errors
    /// [`MlpError::Shape`] where it can't be allocated.
    pub fn zeros(architecture: &Architecture) -> Result<Self, MlpError> {
        let values = Matrix::zeros(1, architecture.parameter_count())?.into_vec();
        Ok(Self {
            values,
            layers: architecture.layers().clone(),
        })
    }

    /// Sets dW_l and db_l.
    ///
    /// # Errors
    /// [`MlpError::EntryWise`] where a shape is not the layer's, [`MlpError::NoSuchLayer`].
    pub fn set_layer(
        &mut self,
        layer: usize,
        dw: MatrixView<'_, T>,
        db: &[T],
    ) -> Result<(), MlpError> {
        let Some((rows, cols)) = self.layers.shape(layer) else {
            return Err(MlpError::NoSuchLayer {
                layer,
                depth: self.layers.depth(),
            });
        };
        same_shape("dW", dw.shape(), "W", (rows, cols))?;
        same_shape("db", (db.len(), 1), "b", (rows, 1))?;
        self.dw_mut(layer).copy_from_slice(dw.as_slice());
        self.db_mut(layer).copy_from_slice(db);
        Ok(())
    }
}

impl<T: RealScalar> Gradient<T> {
    /// The same gradient in another scalar, rounded where it is narrower.
    pub fn cast<U: Scalar>(&self) -> Gradient<U> {
        let values = self
            .values
            .iter()
            .map(|value| U::from_f64(value.to_f64()))
            .collect();
        Gradient {
            values,
            layers: self.layers.clone(),
        }
    }
}

pub(crate) fn same_shape(
    left_name: &'static str,
    left: (usize, usize),
    right_name: &'static str,
    right: (usize, usize),
) -> Result<(), MlpError> {
    if left == right {
        return Ok(());
    }
    Err(MlpError::EntryWise {
        left_name,
        left,
        right_name,
        right,
    })
}
