//! A vector added to all columns, row sums, and compensated sums.
//!
//! Invariant: knows nothing of axes in general; a unit is a row, an example a column.

use crate::{Matrix, MatrixView, Scalar, ShapeError};

/// Adds entry i of `values` to every entry of row i: Z ← Z + b·1ᵀ, b of length rows.
///
/// ```
/// use tensor_core::{Matrix, add_to_rows};
/// let mut z = Matrix::from_vec(2, 2, vec![1.0, 2.0, 3.0, 4.0])?;
/// add_to_rows(&mut z, &[10.0, 20.0])?;
/// assert_eq!(z.as_slice(), [11.0, 12.0, 23.0, 24.0]);
/// # Ok::<(), tensor_core::ShapeError>(())
/// ```
///
/// # Errors
/// [`ShapeError::Rows`] if `values` doesn't have one entry for each row.
pub fn add_to_rows<T: Scalar>(matrix: &mut Matrix<T>, values: &[T]) -> Result<(), ShapeError> {
    let (rows, cols) = matrix.shape();
    check_rows(rows, cols, values.len())?;
    if cols == 0 {
        return Ok(());
    }
    for (row, &value) in matrix.as_mut_slice().chunks_exact_mut(cols).zip(values) {
        for entry in row {
            *entry += value;
        }
    }
    Ok(())
}

/// The sum of each row: Z·1, of length rows.
///
/// ```
/// use tensor_core::{Matrix, row_sums};
/// let z = Matrix::from_vec(2, 2, vec![1.0, 2.0, 3.0, 4.0])?;
/// assert_eq!(row_sums(z.view()), [3.0, 7.0]);
/// # Ok::<(), tensor_core::ShapeError>(())
/// ```
pub fn row_sums<T: Scalar>(matrix: MatrixView<'_, T>) -> Vec<T> {
    (0..matrix.rows()).map(|i| sum(matrix.row(i))).collect()
}

/// Like [`row_sums`], into a slice with one entry for each row.
///
/// # Errors
/// [`ShapeError::Rows`] if `sums` doesn't have one entry for each row.
pub fn row_sums_into<T: Scalar>(
    matrix: MatrixView<'_, T>,
    sums: &mut [T],
) -> Result<(), ShapeError> {
    check_rows(matrix.rows(), matrix.cols(), sums.len())?;
    for (i, place) in sums.iter_mut().enumerate() {
        *place = sum(matrix.row(i));
    }
    Ok(())
}

/// Σ values with an error of about 2ε|Σ| instead of nε·Σ|values| (Kahan 1965): the noise of a cost is
/// what limits finite differences of it.
///
/// Analytic: on complex numbers it works part by part.
///
/// ```
/// let values = std::iter::once(1e16).chain(std::iter::repeat_n(1.0, 1000));
/// assert_eq!(tensor_core::compensated_sum(values), 1e16 + 1000.0);
/// ```
pub fn compensated_sum<T: Scalar>(values: impl IntoIterator<Item = T>) -> T {
    let (mut sum, mut lost, mut plain) = (T::zero(), T::zero(), T::zero());
    for value in values {
        plain += value;
        let corrected = value - lost;
        let next = sum + corrected;
        lost = (next - sum) - corrected;
        sum = next;
    }
    // An infinity leaves ∞ − ∞ in the correction; the plain sum is still ∞.
    if sum.is_finite() { sum } else { plain }
}

fn sum<T: Scalar>(values: &[T]) -> T {
    values.iter().fold(T::zero(), |sum, &value| sum + value)
}

fn check_rows(rows: usize, cols: usize, got: usize) -> Result<(), ShapeError> {
    if got == rows {
        Ok(())
    } else {
        Err(ShapeError::Rows { rows, cols, got })
    }
}
