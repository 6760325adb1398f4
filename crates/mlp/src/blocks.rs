//! One number for each parameter of a network: a flat vector, with the blocks of its layers as views.
//!
//! Invariant: knows nothing of how the numbers were computed, and of whether they are right.

use std::marker::PhantomData;
use std::ops::Range;

use tensor_core::{Matrix, MatrixView, RealScalar, Scalar};

use crate::architecture::Layers;
use crate::error::same_shape;
use crate::{Architecture, MlpError};

/// The blocks of layers 1 … L in one flat vector, each row-major, as NumPy flattens them.
///
/// `Of` is the kind of the numbers, so that a gradient is not mistaken for parameters: [`Values`], of [`Parameters`],
/// or [`Derivatives`], of a [`Gradient`]. Layers are counted from 1. The views of a layer that does not exist are
/// empty.
#[derive(Debug, Clone, PartialEq)]
pub struct Blocks<T, Of> {
    flat: Vec<T>,
    layers: Layers,
    of: PhantomData<Of>,
}

/// θ: W₁, b₁, W₂, b₂, …
///
/// ```
/// use mlp::{Activation, Architecture, Loss, Parameters};
/// let net = Architecture::new(&[2, 1], Activation::Relu, Loss::MeanSquaredError)?;
/// let parameters = Parameters::from_flat(&net, vec![0.5, -0.5, 0.1])?;
/// assert_eq!(parameters.weights(1)[(0, 1)], -0.5);
/// assert_eq!(parameters.bias(1), [0.1]);
/// # Ok::<(), mlp::MlpError>(())
/// ```
pub type Parameters<T> = Blocks<T, Values>;

/// ∇J: dW₁, db₁, dW₂, db₂, …, in the order of [`Parameters`].
///
/// ```
/// use mlp::{Activation, Architecture, Gradient, Loss};
/// let net = Architecture::new(&[2, 1], Activation::Relu, Loss::MeanSquaredError)?;
/// let gradient = Gradient::from_flat(&net, vec![0.25, 0.0, 0.5])?;
/// assert_eq!(gradient.dw(1)[(0, 0)], 0.25);
/// assert_eq!(gradient.db(1), [0.5]);
/// # Ok::<(), mlp::MlpError>(())
/// ```
pub type Gradient<T> = Blocks<T, Derivatives>;

/// Marks numbers that are parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Values {}

/// Marks numbers that are derivatives with respect to the parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Derivatives {}

impl<T, Of> Blocks<T, Of> {
    /// The blocks in a flat vector.
    ///
    /// # Errors
    /// [`MlpError::ParameterCount`] if its length is not the number of parameters.
    pub fn from_flat(architecture: &Architecture, flat: Vec<T>) -> Result<Self, MlpError> {
        architecture.check_length(flat.len())?;
        Ok(Self::new(flat, architecture.layers().clone()))
    }

    fn new(flat: Vec<T>, layers: Layers) -> Self {
        Self {
            flat,
            layers,
            of: PhantomData,
        }
    }

    /// The flat vector.
    pub fn as_flat(&self) -> &[T] {
        &self.flat
    }

    /// The flat vector, to be changed.
    pub fn as_flat_mut(&mut self) -> &mut [T] {
        &mut self.flat
    }

    /// The flat vector, by value.
    pub fn into_flat(self) -> Vec<T> {
        self.flat
    }

    pub(crate) fn layers(&self) -> &Layers {
        &self.layers
    }

    fn part_mut(&mut self, range: Range<usize>) -> &mut [T] {
        self.flat.get_mut(range).unwrap_or_default()
    }
}

impl<T: RealScalar, Of> Blocks<T, Of> {
    /// These numbers in another scalar type, rounded if it is narrower.
    pub fn cast<U: Scalar>(&self) -> Blocks<U, Of> {
        let cast = self.flat.iter().map(|value| U::from_f64(value.to_f64()));
        Blocks::new(cast.collect(), self.layers.clone())
    }
}

impl<T> Parameters<T> {
    /// W_l, n_l×n_{l−1}.
    pub fn weights(&self, layer: usize) -> MatrixView<'_, T> {
        self.layers.weights(&self.flat, layer)
    }

    /// b_l, n_l entries.
    pub fn bias(&self, layer: usize) -> &[T] {
        self.layers.bias(&self.flat, layer)
    }

    /// W_l, row by row, to be changed.
    pub fn weights_mut(&mut self, layer: usize) -> &mut [T] {
        self.part_mut(self.layers.weights_range(layer))
    }

    /// b_l, to be changed.
    pub fn bias_mut(&mut self, layer: usize) -> &mut [T] {
        self.part_mut(self.layers.bias_range(layer))
    }
}

impl<T> Gradient<T> {
    /// dW_l, n_l×n_{l−1}.
    pub fn dw(&self, layer: usize) -> MatrixView<'_, T> {
        self.layers.weights(&self.flat, layer)
    }

    /// db_l, n_l entries.
    pub fn db(&self, layer: usize) -> &[T] {
        self.layers.bias(&self.flat, layer)
    }

    /// dW_l, row by row, to be changed.
    pub fn dw_mut(&mut self, layer: usize) -> &mut [T] {
        self.part_mut(self.layers.weights_range(layer))
    }

    /// db_l, to be changed.
    pub fn db_mut(&mut self, layer: usize) -> &mut [T] {
        self.part_mut(self.layers.bias_range(layer))
    }
}

impl<T: Scalar> Gradient<T> {
    /// A gradient of zeros.
    ///
    /// # Errors
    /// [`MlpError::Shape`] if it can't be allocated.
    pub fn zeros(architecture: &Architecture) -> Result<Self, MlpError> {
        let flat = Matrix::zeros(1, architecture.parameter_count())?.into_vec();
        Ok(Self::new(flat, architecture.layers().clone()))
    }

    /// Sets dW_l and db_l.
    ///
    /// # Errors
    /// [`MlpError::EntryWise`] if a shape is not the layer's, [`MlpError::NoSuchLayer`].
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
