//! The errors in the shape or the size of a matrix.
//!
//! Invariant: knows nothing of what the matrix is for; the caller adds that.

use thiserror::Error;

/// A shape that doesn't fit, or a size that can't be allocated.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ShapeError {
    /// The number of entries differs from rows × columns.
    #[error(
        "{got} entries for a matrix of {rows}×{cols}, which has {expected}: \
         give rows × columns entries, row by row"
    )]
    Length {
        /// Rows.
        rows: usize,
        /// Columns.
        cols: usize,
        /// rows · cols.
        expected: usize,
        /// The number of entries given.
        got: usize,
    },
    /// The matrix is larger than memory can address, or than the allocator gives.
    #[error(
        "a matrix of {rows}×{cols} needs {bytes} bytes, which can't be allocated: make it smaller"
    )]
    TooLarge {
        /// Rows.
        rows: usize,
        /// Columns.
        cols: usize,
        /// The bytes that it needs.
        bytes: u128,
    },
    /// The two factors of a product don't fit each other.
    #[error(
        "{operation} of {}×{} and {}×{}: the inner dimensions {shared_left} and {shared_right} differ",
        left.0, left.1, right.0, right.1
    )]
    Product {
        /// The product as a formula, `A·B`.
        operation: &'static str,
        /// Rows and columns of the left factor as given.
        left: (usize, usize),
        /// Rows and columns of the right factor as given.
        right: (usize, usize),
        /// The extent of the left factor that is summed over.
        shared_left: usize,
        /// The extent of the right factor that is summed over.
        shared_right: usize,
    },
    /// The output matrix doesn't have the shape of the result.
    #[error(
        "the result of {operation} is {}×{}, but the output matrix is {}×{}",
        expected.0, expected.1, got.0, got.1
    )]
    Output {
        /// The operation as a formula.
        operation: &'static str,
        /// The shape of the result.
        expected: (usize, usize),
        /// The shape of the output matrix.
        got: (usize, usize),
    },
    /// A vector doesn't have one entry for each row.
    #[error(
        "a vector of {got} entries for the {rows} rows of a matrix of {rows}×{cols}: give one entry for each row"
    )]
    Rows {
        /// Rows.
        rows: usize,
        /// Columns.
        cols: usize,
        /// The length of the vector.
        got: usize,
    },
}

/// The number of entries of a `rows`×`cols` matrix of `T`, if memory could address it.
pub(crate) fn checked_len<T>(rows: usize, cols: usize) -> Result<usize, ShapeError> {
    rows.checked_mul(cols)
        .filter(|&len| {
            len.checked_mul(size_of::<T>())
                .is_some_and(|bytes| isize::try_from(bytes).is_ok())
        })
        .ok_or_else(|| too_large::<T>(rows, cols))
}

/// The error for a `rows`×`cols` matrix of `T` that can't be allocated.
pub(crate) fn too_large<T>(rows: usize, cols: usize) -> ShapeError {
    let bytes = (rows as u128)
        .saturating_mul(cols as u128)
        .saturating_mul(size_of::<T>() as u128);
    ShapeError::TooLarge { rows, cols, bytes }
}
