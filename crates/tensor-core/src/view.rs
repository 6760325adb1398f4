//! Borrowed matrices: a shape over a flat row-major slice.
//!
//! Invariant: knows nothing of strides; a view is contiguous, so that every row is a slice.

use std::fmt;

use crate::ShapeError;
use crate::error::checked_len;

/// A rows×cols matrix over a borrowed row-major slice.
///
/// ```
/// use tensor_core::MatrixView;
/// let flat = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
/// let a = MatrixView::from_slice(2, 3, &flat)?;
/// assert_eq!(a.row(1), [4.0, 5.0, 6.0]);
/// assert_eq!(a[(0, 2)], 3.0);
/// assert!(MatrixView::from_slice(2, 2, &flat).is_err());
/// # Ok::<(), tensor_core::ShapeError>(())
/// ```
pub struct MatrixView<'a, T> {
    rows: usize,
    cols: usize,
    data: &'a [T],
}

/// A rows×cols matrix over a borrowed row-major slice, to be written to.
pub struct MatrixViewMut<'a, T> {
    rows: usize,
    cols: usize,
    data: &'a mut [T],
}

impl<'a, T> MatrixView<'a, T> {
    /// A view of `data`, row by row.
    ///
    /// # Errors
    /// [`ShapeError::Length`] if the slice doesn't have rows × cols entries, [`ShapeError::TooLarge`]
    /// if that product overflows.
    pub fn from_slice(rows: usize, cols: usize, data: &'a [T]) -> Result<Self, ShapeError> {
        check::<T>(rows, cols, data.len())?;
        Ok(Self { rows, cols, data })
    }

    /// A view whose length the caller has made sure of.
    pub(crate) fn trusted(rows: usize, cols: usize, data: &'a [T]) -> Self {
        Self { rows, cols, data }
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The number of columns.
    pub fn cols(&self) -> usize {
        self.cols
    }

    /// Rows and columns.
    pub fn shape(&self) -> (usize, usize) {
        (self.rows, self.cols)
    }

    /// All entries, row by row.
    pub fn as_slice(&self) -> &'a [T] {
        self.data
    }

    /// Row i.
    ///
    /// # Panics
    /// If there is no row i, as indexing a slice does.
    pub fn row(&self, i: usize) -> &'a [T] {
        // Past the end the product below could wrap around to a row that exists.
        assert!(i < self.rows, "row {i} of a matrix of {} rows", self.rows);
        &self.data[i * self.cols..(i + 1) * self.cols]
    }

    /// Entry (i, j), or `None` outside the matrix.
    pub fn get(&self, i: usize, j: usize) -> Option<&'a T> {
        if i >= self.rows || j >= self.cols {
            return None;
        }
        self.data.get(i * self.cols + j)
    }

    /// Column j from the top; empty if there is no column j.
    pub fn column(&self, j: usize) -> impl Iterator<Item = T> + Clone + 'a
    where
        T: Copy,
    {
        let start = if j < self.cols { j } else { self.data.len() };
        self.data
            .iter()
            .skip(start)
            .step_by(self.cols.max(1))
            .copied()
    }
}

impl<'a, T> MatrixViewMut<'a, T> {
    /// A view of `data`, row by row.
    ///
    /// # Errors
    /// As [`MatrixView::from_slice`].
    pub fn from_slice(rows: usize, cols: usize, data: &'a mut [T]) -> Result<Self, ShapeError> {
        check::<T>(rows, cols, data.len())?;
        Ok(Self { rows, cols, data })
    }

    /// A view whose length the caller has made sure of.
    pub(crate) fn trusted(rows: usize, cols: usize, data: &'a mut [T]) -> Self {
        Self { rows, cols, data }
    }

    /// Rows and columns.
    pub fn shape(&self) -> (usize, usize) {
        (self.rows, self.cols)
    }

    /// All entries, row by row, to be changed.
    pub fn as_mut_slice(&mut self) -> &mut [T] {
        self.data
    }
}

fn check<T>(rows: usize, cols: usize, got: usize) -> Result<(), ShapeError> {
    let expected = checked_len::<T>(rows, cols)?;
    if got == expected {
        Ok(())
    } else {
        Err(ShapeError::Length {
            rows,
            cols,
            expected,
            got,
        })
    }
}

/// A view of nothing, 0×0.
impl<T> Default for MatrixView<'_, T> {
    fn default() -> Self {
        Self {
            rows: 0,
            cols: 0,
            data: &[],
        }
    }
}

// By hand: the derived ones would require `T: Copy`, although only a reference is copied.
impl<T> Clone for MatrixView<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for MatrixView<'_, T> {}

impl<T: fmt::Debug> fmt::Debug for MatrixView<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MatrixView")
            .field("rows", &self.rows)
            .field("cols", &self.cols)
            .field("data", &self.data)
            .finish()
    }
}

impl<T: PartialEq> PartialEq for MatrixView<'_, T> {
    fn eq(&self, other: &Self) -> bool {
        self.shape() == other.shape() && self.data == other.data
    }
}

/// Panics outside the matrix, as indexing a slice does; see [`MatrixView::get`].
impl<T> std::ops::Index<(usize, usize)> for MatrixView<'_, T> {
    type Output = T;

    fn index(&self, (i, j): (usize, usize)) -> &T {
        &self.row(i)[j]
    }
}
