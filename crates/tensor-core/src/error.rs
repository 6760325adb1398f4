//! What can be wrong with the shape or the size of a matrix.
//!
//! Refuses to know what the matrix was for; whoever calls adds that.

use thiserror::Error;

/// A shape that doesn't fit, or a size that can't be had.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ShapeError {
    /// The entries are not as many as the shape says.
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
        /// The number of entries that came.
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
        "{operation} of {}×{} and {}×{}: the shared extents {shared_left} and {shared_right} differ",
        left.0, left.1, right.0, right.1
    )]
    Product {
        /// The product as a formula, `A·B`.
        operation: &'static str,
        /// Rows and columns of the left factor, as it came.
        left: (usize, usize),
        /// Rows and columns of the right factor, as it came.
        right: (usize, usize),
        /// The extent of the left factor that is summed over.
        shared_left: usize,
        /// The extent of the right factor that is summed over.
        shared_right: usize,
    },
    /// The place for a result has another shape than the result.
    #[error(
        "the result of {operation} is {}×{}, but the place for it is {}×{}",
        expected.0, expected.1, got.0, got.1
    )]
    Output {
        /// The operation as a formula.
        operation: &'static str,
        /// The shape of the result.
        expected: (usize, usize),
        /// The shape of the place that came.
        got: (usize, usize),
    },
    /// A vector with one entry for each row has another length.
    #[error("a vector of {got} entries against the {rows} rows of a matrix of {rows}×{cols}")]
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

/// The error for a `rows`×`cols` matrix of `T` that can't be had.
pub(crate) fn too_large<T>(rows: usize, cols: usize) -> ShapeError {
    let bytes = (rows as u128)
        .saturating_mul(cols as u128)
        .saturating_mul(size_of::<T>() as u128);
    ShapeError::TooLarge { rows, cols, bytes }
}
