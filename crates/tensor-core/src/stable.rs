//! Sigmoid, softplus, log-sum-exp and softmax without overflow, on every scalar.
//!
//! Each branches on the real part alone, between two forms of the same analytic function. Invariant:
//! knows nothing of logits.

use num_traits::Zero;

use crate::{Matrix, MatrixView, Scalar, ShapeError};

/// σ(x) = 1/(1 + e^(−x)).
///
/// ```
/// assert_eq!(tensor_core::sigmoid(0.0), 0.5);
/// assert_eq!(tensor_core::sigmoid(-800.0), 0.0);
/// ```
pub fn sigmoid<T: Scalar>(x: T) -> T {
    if x.real_part() < T::Real::zero() {
        let e = x.exp();
        e / (T::one() + e)
    } else {
        T::one() / (T::one() + (-x).exp())
    }
}

/// ln σ(x) = −softplus(−x), which stays finite where σ(x) is 0.
///
/// ```
/// assert_eq!(tensor_core::log_sigmoid(-800.0), -800.0);
/// ```
pub fn log_sigmoid<T: Scalar>(x: T) -> T {
    -softplus(-x)
}

/// softplus(x) = ln(1 + eˣ), computed as max(x, 0) + ln(1 + e^(−|x|)).
///
/// ```
/// assert_eq!(tensor_core::softplus(800.0), 800.0);
/// ```
pub fn softplus<T: Scalar>(x: T) -> T {
    if x.real_part() > T::Real::zero() {
        x + (-x).exp().ln_1p()
    } else {
        x.exp().ln_1p()
    }
}

/// [`softplus`] of each entry of `x`, into `out`, of the same length; on `f64` vectorized, within 4 units in
/// the last place, and constant below −708, where it is 3e-308.
///
/// ```
/// let mut out = [0.0; 2];
/// tensor_core::softplus_each(&[0.0, 800.0], &mut out);
/// assert!((out[0] - std::f64::consts::LN_2).abs() < 1e-15);
/// assert_eq!(out[1], 800.0);
/// ```
pub fn softplus_each<T: Scalar>(x: &[T], out: &mut [T]) {
    T::softplus_each(x, out);
}

/// ln Σ eˣ, shifted by the largest x; −∞ for the empty sum.
///
/// With the largest taken out, the rest is ln(1 + Σ e^(xⱼ−max)), which keeps small terms (Blanchard,
/// Higham & Higham 2021, §3).
///
/// ```
/// let x = [1000.0, 1000.0];
/// let expected: f64 = 1000.0 + std::f64::consts::LN_2;
/// assert_eq!(tensor_core::log_sum_exp(x), expected);
/// ```
pub fn log_sum_exp<T, I>(values: I) -> T
where
    T: Scalar,
    I: IntoIterator<Item = T>,
    I::IntoIter: Clone,
{
    let values = values.into_iter();
    let Some((position, largest)) = largest(values.clone()) else {
        return -T::one() / T::zero();
    };
    // An infinity minus itself is NaN, yet it decides the sum alone.
    if is_infinite(largest.real_part()) {
        return largest;
    }
    let others = values
        .enumerate()
        .filter(|&(j, _)| j != position)
        .fold(T::zero(), |sum, (_, x)| sum + (x - largest).exp());
    largest + others.ln_1p()
}

/// softmax(x)ᵢ = e^(xᵢ) / Σ eˣ.
///
/// ```
/// assert_eq!(tensor_core::softmax([3.0, 3.0]), [0.5, 0.5]);
/// ```
pub fn softmax<T, I>(values: I) -> Vec<T>
where
    T: Scalar,
    I: IntoIterator<Item = T>,
    I::IntoIter: Clone,
{
    let values = values.into_iter();
    let Some((_, largest)) = largest(values.clone()) else {
        return Vec::new();
    };
    let mut powers: Vec<T> = values.map(|x| (x - largest).exp()).collect();
    let sum = powers.iter().fold(T::zero(), |sum, &power| sum + power);
    for power in &mut powers {
        *power /= sum;
    }
    powers
}

/// [`softmax`] of each column.
///
/// # Errors
/// [`ShapeError::TooLarge`] if the result can't be allocated.
pub fn softmax_columns<T: Scalar>(matrix: MatrixView<'_, T>) -> Result<Matrix<T>, ShapeError> {
    let mut result = Matrix::from_view(matrix)?;
    let cols = matrix.cols();
    for j in 0..cols {
        for (i, share) in softmax(matrix.column(j)).into_iter().enumerate() {
            result.as_mut_slice()[i * cols + j] = share;
        }
    }
    Ok(result)
}

/// The value with the largest real part, and its index; a NaN wins, so that it is not hidden.
fn largest<T: Scalar>(values: impl Iterator<Item = T>) -> Option<(usize, T)> {
    let is_nan = |x: T| x.real_part() != x.real_part();
    values.enumerate().reduce(|best, next| {
        let larger = next.1.real_part() > best.1.real_part();
        if !is_nan(best.1) && (larger || is_nan(next.1)) {
            next
        } else {
            best
        }
    })
}

fn is_infinite<R: crate::RealScalar>(x: R) -> bool {
    let infinity = R::one() / R::zero();
    x == infinity || x == -infinity
}
