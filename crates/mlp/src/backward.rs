//! The backward pass, written by hand, as in the course.
//!
//! dZ carries no 1/m; the weight and bias gradients divide by m, once. Each step is a function of its
//! own, so that it can be examined, replaced and tested by itself. Invariant: knows nothing of numeric
//! derivatives.

use tensor_core::{
    Matrix, MatrixView, RealScalar, product_transpose_left, product_transpose_right, row_sums,
};

use crate::cost::count;
use crate::error::same_shape;
use crate::layer::apply_mask;
use crate::{Activation, Architecture, Batch, ForwardPass, Gradient, Loss, MlpError};

/// dJ/dθ of what [`forward`](crate::forward) computed, dropout and L2 term included.
///
/// For l = L … 1, with dZ_L = A_L − Y:
/// dW_l = 1/m dZ_l·A_{l−1}ᵀ + λ/m W_l, db_l = 1/m dZ_l·1, dA_{l−1} = W_lᵀ·dZ_l,
/// dZ_{l−1} = dA_{l−1}∘D_{l−1}∘φ′(Z_{l−1}).
///
/// ```
/// use mlp::{Activation, Architecture, Batch, Loss, Parameters, backward, forward};
/// use tensor_core::Matrix;
/// let net = Architecture::new(&[1, 1], Activation::Relu, Loss::BinaryCrossEntropy)?;
/// let parameters = Parameters::from_flat(&net, vec![0.0, 0.0])?;
/// let batch = Batch::new(Matrix::from_vec(1, 1, vec![3.0])?, Matrix::from_vec(1, 1, vec![1.0])?)?;
/// let pass = forward(&net, &parameters, &batch, None)?;
/// let gradient = backward(&net, &pass, &batch)?;
/// assert_eq!(gradient.as_flat(), [-1.5, -0.5]);
/// # Ok::<(), mlp::MlpError>(())
/// ```
///
/// # Errors
/// [`MlpError::NoSuchLayer`], [`MlpError::EntryWise`] or [`MlpError::Shape`] if the pass belongs to another
/// network or another batch, or memory runs out.
pub fn backward<T: RealScalar>(
    architecture: &Architecture,
    pass: &ForwardPass<'_, T>,
    batch: &Batch<T>,
) -> Result<Gradient<T>, MlpError> {
    let mut gradient = Gradient::zeros(architecture)?;
    let mut dz = output_delta(architecture.loss(), pass.output.view(), batch.y().view())?;
    for layer in (1..=architecture.depth()).rev() {
        let cache = pass.layer(layer)?;
        let mut dw = weight_gradient(dz.view(), cache.a_prev())?;
        add_weight_decay(
            &mut dw,
            cache.weights(),
            architecture.l2(),
            batch.examples(),
        )?;
        gradient.set_layer(layer, dw.view(), &bias_gradient(dz.view()))?;
        if layer > 1 {
            let below = pass.layer(layer - 1)?;
            let da = input_gradient(cache.weights(), dz.view())?;
            dz = activation_backward(architecture.activation(), da, below.z(), below.mask())?;
        }
    }
    Ok(gradient)
}

/// dZ_L = A_L − Y, n_L×m, without 1/m.
///
/// With soft labels whose sum s is not exactly 1, it is s·A_L − Y for softmax.
///
/// # Errors
/// [`MlpError::EntryWise`] if the shapes differ.
pub fn output_delta<T: RealScalar>(
    loss: Loss,
    output: MatrixView<'_, T>,
    y: MatrixView<'_, T>,
) -> Result<Matrix<T>, MlpError> {
    same_shape("the output", output.shape(), "Y", y.shape())?;
    let mut dz = Matrix::from_view(output)?;
    if loss == Loss::SoftmaxCrossEntropy {
        let sums: Vec<T> = (0..y.cols())
            .map(|j| y.column(j).fold(T::zero(), |sum, y| sum + y))
            .collect();
        for (at, entry) in dz.as_mut_slice().iter_mut().enumerate() {
            *entry *= sums[at % sums.len()];
        }
    }
    for (entry, &label) in dz.as_mut_slice().iter_mut().zip(y.as_slice()) {
        *entry -= label;
    }
    Ok(dz)
}

/// dW = 1/m dZ·A_prevᵀ: dZ n×m, A_prev n_prev×m, dW n×n_prev, without the L2 term.
///
/// # Errors
/// [`MlpError::Shape`] if the shapes don't fit.
pub fn weight_gradient<T: RealScalar>(
    dz: MatrixView<'_, T>,
    a_prev: MatrixView<'_, T>,
) -> Result<Matrix<T>, MlpError> {
    let mut dw = product_transpose_right(dz, a_prev)?;
    let examples = count(dz.cols());
    for entry in dw.as_mut_slice() {
        *entry /= examples;
    }
    Ok(dw)
}

/// dW ← dW + λ/m W, the gradient of λ/(2m)·‖W‖².
///
/// # Errors
/// [`MlpError::EntryWise`] if the shapes differ.
pub fn add_weight_decay<T: RealScalar>(
    dw: &mut Matrix<T>,
    weights: MatrixView<'_, T>,
    lambda: f64,
    examples: usize,
) -> Result<(), MlpError> {
    same_shape("dW", dw.shape(), "W", weights.shape())?;
    // 0·∞ would be NaN.
    if lambda != 0.0 {
        let factor = T::from_f64(lambda) / count(examples);
        for (entry, &weight) in dw.as_mut_slice().iter_mut().zip(weights.as_slice()) {
            *entry += factor * weight;
        }
    }
    Ok(())
}

/// db = 1/m dZ·1: the mean of each row of dZ, n entries.
pub fn bias_gradient<T: RealScalar>(dz: MatrixView<'_, T>) -> Vec<T> {
    let examples = count(dz.cols());
    row_sums(dz).into_iter().map(|sum| sum / examples).collect()
}

/// dA_prev = Wᵀ·dZ: W n×n_prev, dZ n×m, dA_prev n_prev×m.
///
/// # Errors
/// [`MlpError::Shape`] if the shapes don't fit.
pub fn input_gradient<T: RealScalar>(
    weights: MatrixView<'_, T>,
    dz: MatrixView<'_, T>,
) -> Result<Matrix<T>, MlpError> {
    Ok(product_transpose_left(weights, dz)?)
}

/// dZ = dA∘D∘φ′(Z), all n×m; without a mask D, dA∘φ′(Z).
///
/// # Errors
/// [`MlpError::EntryWise`] if the shapes differ.
pub fn activation_backward<T: RealScalar>(
    activation: Activation,
    mut da: Matrix<T>,
    z: MatrixView<'_, T>,
    mask: Option<MatrixView<'_, T>>,
) -> Result<Matrix<T>, MlpError> {
    same_shape("dA", da.shape(), "Z", z.shape())?;
    if let Some(mask) = mask {
        apply_mask(&mut da, mask)?;
    }
    for (entry, &z) in da.as_mut_slice().iter_mut().zip(z.as_slice()) {
        *entry *= activation.derivative(z);
    }
    Ok(da)
}
