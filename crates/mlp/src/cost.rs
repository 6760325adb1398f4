//! The cost from logits.
//!
//! Not from A_L, since ln σ(z) underflows where softplus does not. Invariant: knows nothing of the
//! layers before.

use tensor_core::{MatrixView, Scalar, compensated_sum, log_sum_exp, softplus};

use crate::error::same_shape;
use crate::{Architecture, Loss, MlpError};

/// The loss of each example, m entries, from logits Z (n_L×m) and labels Y (n_L×m).
///
/// | loss | of one example |
/// |---|---|
/// | bce | Σ y·softplus(−z) + (1−y)·softplus(z), which is −y ln a − (1−y) ln(1−a) |
/// | softmax | Σ_k y_k·ln Σ_j e^(z_j − z_k), which is −Σ y ln a |
/// | mse | ½ Σ (z − y)² |
///
/// The shorter softplus(z) − y·z and ln(Σ e^z) − z_k would subtract two large numbers where the network
/// is certain and right, and leave the noise of the large ones in a small cost; a trained network could
/// then hardly be differentiated numerically.
///
/// # Errors
/// [`MlpError::EntryWise`] if the shapes differ.
pub fn example_losses<T: Scalar>(
    loss: Loss,
    logits: MatrixView<'_, T>,
    y: MatrixView<'_, T>,
) -> Result<Vec<T>, MlpError> {
    same_shape("the logits", logits.shape(), "Y", y.shape())?;
    let one = |col| {
        let pairs = logits.column(col).zip(y.column(col));
        match loss {
            Loss::BinaryCrossEntropy => sum(pairs.map(|(z, y)| {
                weighted(y, || softplus(-z)) + weighted(T::one() - y, || softplus(z))
            })),
            Loss::SoftmaxCrossEntropy => sum(pairs
                .map(|(z_k, y)| weighted(y, || log_sum_exp(logits.column(col).map(|z| z - z_k))))),
            Loss::MeanSquaredError => T::from_f64(0.5) * sum(pairs.map(|(z, y)| (z - y) * (z - y))),
        }
    };
    Ok((0..logits.cols()).map(one).collect())
}

/// λ/(2m)·Σ‖W_l‖² over the weights in a flat vector, biases left out.
///
/// # Errors
/// [`MlpError::ParameterCount`] if the vector has another length.
pub fn weight_penalty<T: Scalar>(
    architecture: &Architecture,
    parameters: &[T],
    examples: usize,
) -> Result<T, MlpError> {
    architecture.check_length(parameters.len())?;
    // 0·∞ would be NaN.
    if architecture.l2() == 0.0 {
        return Ok(T::zero());
    }
    let layers = architecture.layers();
    let weights = (1..=architecture.depth()).flat_map(|l| layers.weights(parameters, l).as_slice());
    let squares = compensated_sum(weights.map(|&w| w * w));
    Ok(squares * T::from_f64(architecture.l2()) / (T::from_f64(2.0) * count(examples)))
}

/// J = 1/m Σ losses + λ/(2m)·Σ‖W‖².
///
/// # Errors
/// As [`example_losses`] and [`weight_penalty`].
pub fn total_cost<T: Scalar>(
    architecture: &Architecture,
    parameters: &[T],
    logits: MatrixView<'_, T>,
    y: MatrixView<'_, T>,
) -> Result<T, MlpError> {
    let losses = example_losses(architecture.loss(), logits, y)?;
    let examples = losses.len();
    let data = compensated_sum(losses) / count(examples);
    Ok(data + weight_penalty(architecture, parameters, examples)?)
}

/// y·f(), without f where the label is 0: most are, and 0·∞ would be NaN.
fn weighted<T: Scalar>(y: T, f: impl FnOnce() -> T) -> T {
    if y == T::zero() { y } else { y * f() }
}

/// m as a scalar.
pub(crate) fn count<T: Scalar>(examples: usize) -> T {
    T::from_f64(examples as f64)
}

fn sum<T: Scalar>(values: impl Iterator<Item = T>) -> T {
    values.fold(T::zero(), |sum, value| sum + value)
}
