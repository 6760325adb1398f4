//! One layer forwards: LINEAR, then activation, and the cache that the backward pass needs.
//!
//! Every part of a forward pass calls these functions, so that there is only one implementation.
//! Invariant: knows nothing of the other layers.

use tensor_core::{Matrix, MatrixView, Scalar, add_to_rows, product};

use crate::error::same_shape;
use crate::{Activation, MlpError};

/// Z = W·A_prev + b: W n×n_prev, A_prev n_prev×m, b n entries, Z n×m.
///
/// # Errors
/// [`MlpError::Shape`] if the shapes don't fit or Z can't be allocated.
pub fn linear<T: Scalar>(
    weights: MatrixView<'_, T>,
    bias: &[T],
    a_prev: MatrixView<'_, T>,
) -> Result<Matrix<T>, MlpError> {
    let mut z = product(weights, a_prev)?;
    add_to_rows(&mut z, bias)?;
    Ok(z)
}

/// A = φ(Z)∘D, or φ(Z) without a mask D.
///
/// # Errors
/// [`MlpError::EntryWise`] if the mask doesn't have the shape of Z, [`MlpError::Shape`] if A can't
/// be allocated.
pub fn activate<T: Scalar>(
    activation: Activation,
    z: MatrixView<'_, T>,
    mask: Option<MatrixView<'_, T>>,
) -> Result<Matrix<T>, MlpError> {
    let mut a = Matrix::from_view(z)?;
    for entry in a.as_mut_slice() {
        *entry = activation.apply(*entry);
    }
    if let Some(mask) = mask {
        apply_mask(&mut a, mask)?;
    }
    Ok(a)
}

/// A ← A∘D.
pub(crate) fn apply_mask<T: Scalar>(
    a: &mut Matrix<T>,
    mask: MatrixView<'_, T>,
) -> Result<(), MlpError> {
    same_shape(
        "the activations",
        a.shape(),
        "the dropout mask",
        mask.shape(),
    )?;
    for (entry, &kept) in a.as_mut_slice().iter_mut().zip(mask.as_slice()) {
        *entry *= kept;
    }
    Ok(())
}

/// The intermediate results of one layer that the backward pass needs.
#[derive(Debug, Clone)]
pub struct LayerCache<'a, T> {
    pub(crate) a_prev: Incoming<'a, T>,
    pub(crate) weights: MatrixView<'a, T>,
    pub(crate) bias: &'a [T],
    pub(crate) z: Matrix<T>,
    pub(crate) mask: Option<MatrixView<'a, T>>,
}

impl<'a, T> LayerCache<'a, T> {
    /// A_{l−1}, n_{l−1}×m; X for the first layer.
    pub fn a_prev(&self) -> MatrixView<'_, T> {
        self.a_prev.view()
    }

    /// W_l, n_l×n_{l−1}.
    pub fn weights(&self) -> MatrixView<'a, T> {
        self.weights
    }

    /// b_l, n_l entries.
    pub fn bias(&self) -> &'a [T] {
        self.bias
    }

    /// Z_l, n_l×m.
    pub fn z(&self) -> MatrixView<'_, T> {
        self.z.view()
    }

    /// The dropout mask of the layer's activations, n_l×m.
    pub fn mask(&self) -> Option<MatrixView<'a, T>> {
        self.mask
    }
}

/// A matrix that is borrowed, as X is, or owned, as computed ones are.
#[derive(Debug, Clone)]
pub(crate) enum Incoming<'a, T> {
    Data(MatrixView<'a, T>),
    Computed(Matrix<T>),
}

impl<T> Incoming<'_, T> {
    pub(crate) fn view(&self) -> MatrixView<'_, T> {
        match self {
            Self::Data(view) => *view,
            Self::Computed(matrix) => matrix.view(),
        }
    }
}
