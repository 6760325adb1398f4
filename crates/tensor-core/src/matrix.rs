//! An owned matrix, row-major.
//!
//! Row-major because a row of activations is one unit over all examples: a change of one weight changes
//! one contiguous row. Invariant: knows nothing of nalgebra's column-major order, except in conversions.

use nalgebra::DMatrix;

use crate::error::{checked_len, too_large};
use crate::{MatrixView, MatrixViewMut, ShapeError};

/// A rows×cols matrix; entry (i, j) is at `i * cols + j`, as NumPy and PyTorch lay it out.
#[derive(Debug, Clone, PartialEq)]
pub struct Matrix<T> {
    rows: usize,
    cols: usize,
    data: Vec<T>,
}

impl<T> Matrix<T> {
    /// A matrix from its entries, row by row.
    ///
    /// ```
    /// let a = tensor_core::Matrix::from_vec(2, 3, vec![1, 2, 3, 4, 5, 6])?;
    /// assert_eq!(a[(1, 0)], 4);
    /// # Ok::<(), tensor_core::ShapeError>(())
    /// ```
    ///
    /// # Errors
    /// [`ShapeError::Length`] if there are not rows × cols entries, [`ShapeError::TooLarge`] if that
    /// product overflows.
    pub fn from_vec(rows: usize, cols: usize, data: Vec<T>) -> Result<Self, ShapeError> {
        let expected = checked_len::<T>(rows, cols)?;
        if data.len() != expected {
            return Err(ShapeError::Length {
                rows,
                cols,
                expected,
                got: data.len(),
            });
        }
        Ok(Self { rows, cols, data })
    }

    /// A matrix whose entry (i, j) is `entry(i, j)`, called row by row.
    ///
    /// # Errors
    /// [`ShapeError::TooLarge`] if the matrix can't be allocated.
    pub fn from_fn(
        rows: usize,
        cols: usize,
        mut entry: impl FnMut(usize, usize) -> T,
    ) -> Result<Self, ShapeError> {
        let mut data = reserve(rows, cols)?;
        data.extend(
            (0..rows)
                .flat_map(|i| (0..cols).map(move |j| (i, j)))
                .map(|(i, j)| entry(i, j)),
        );
        Ok(Self { rows, cols, data })
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
    pub fn as_slice(&self) -> &[T] {
        &self.data
    }

    /// All entries, row by row, to be changed.
    pub fn as_mut_slice(&mut self) -> &mut [T] {
        &mut self.data
    }

    /// The entries, row by row.
    pub fn into_vec(self) -> Vec<T> {
        self.data
    }

    /// Row i.
    ///
    /// # Panics
    /// If there is no row i, as indexing a slice does.
    pub fn row(&self, i: usize) -> &[T] {
        // Past the end the product below could wrap around to a row that exists.
        assert!(i < self.rows, "row {i} of a matrix of {} rows", self.rows);
        &self.data[i * self.cols..(i + 1) * self.cols]
    }

    /// Entry (i, j), or `None` outside the matrix.
    pub fn get(&self, i: usize, j: usize) -> Option<&T> {
        self.view().get(i, j)
    }

    /// The whole matrix, borrowed.
    pub fn view(&self) -> MatrixView<'_, T> {
        MatrixView::trusted(self.rows, self.cols, &self.data)
    }

    /// The whole matrix, borrowed to be changed.
    pub fn view_mut(&mut self) -> MatrixViewMut<'_, T> {
        MatrixViewMut::trusted(self.rows, self.cols, &mut self.data)
    }
}

impl<T: Copy> Matrix<T> {
    /// The matrix of `function` of each entry; also converts from one scalar type to another.
    ///
    /// ```
    /// use num_complex::Complex;
    /// let a = tensor_core::Matrix::from_vec(1, 2, vec![1.0, 2.0])?;
    /// assert_eq!(a.map(Complex::from)[(0, 1)], Complex::new(2.0, 0.0));
    /// # Ok::<(), tensor_core::ShapeError>(())
    /// ```
    pub fn map<U>(&self, function: impl FnMut(T) -> U) -> Matrix<U> {
        let data = self.data.iter().copied().map(function).collect();
        Matrix {
            rows: self.rows,
            cols: self.cols,
            data,
        }
    }

    /// A copy of the entries of a view.
    ///
    /// # Errors
    /// [`ShapeError::TooLarge`] if it can't be allocated.
    pub fn from_view(view: MatrixView<'_, T>) -> Result<Self, ShapeError> {
        let mut data = reserve(view.rows(), view.cols())?;
        data.extend_from_slice(view.as_slice());
        Ok(Self {
            rows: view.rows(),
            cols: view.cols(),
            data,
        })
    }
}

impl<T: crate::Scalar> Matrix<T> {
    /// A matrix of zeros.
    ///
    /// ```
    /// use tensor_core::{Matrix, ShapeError};
    /// assert_eq!(Matrix::<f64>::zeros(2, 2)?.as_slice(), [0.0; 4]);
    /// let too_large = Matrix::<f64>::zeros(usize::MAX, 2);
    /// assert!(matches!(too_large, Err(ShapeError::TooLarge { .. })));
    /// # Ok::<(), ShapeError>(())
    /// ```
    ///
    /// # Errors
    /// [`ShapeError::TooLarge`], with the bytes, where it can't be allocated.
    pub fn zeros(rows: usize, cols: usize) -> Result<Self, ShapeError> {
        let mut data = reserve(rows, cols)?;
        data.resize(rows * cols, T::zero());
        Ok(Self { rows, cols, data })
    }

    /// A copy of a column-major nalgebra matrix.
    ///
    /// # Errors
    /// [`ShapeError::TooLarge`] if the copy can't be allocated.
    pub fn from_nalgebra(matrix: &DMatrix<T>) -> Result<Self, ShapeError> {
        Self::from_fn(matrix.nrows(), matrix.ncols(), |i, j| matrix[(i, j)])
    }

    /// A column-major copy for nalgebra.
    pub fn to_nalgebra(&self) -> DMatrix<T> {
        DMatrix::from_row_slice(self.rows, self.cols, &self.data)
    }
}

/// Panics outside the matrix, as indexing a slice does; see [`Matrix::get`].
impl<T> std::ops::Index<(usize, usize)> for Matrix<T> {
    type Output = T;

    fn index(&self, (i, j): (usize, usize)) -> &T {
        &self.row(i)[j]
    }
}

/// An empty vector with room for rows × cols entries.
fn reserve<T>(rows: usize, cols: usize) -> Result<Vec<T>, ShapeError> {
    let mut data = Vec::new();
    data.try_reserve_exact(checked_len::<T>(rows, cols)?)
        .map_err(|_| too_large::<T>(rows, cols))?;
    Ok(data)
}
