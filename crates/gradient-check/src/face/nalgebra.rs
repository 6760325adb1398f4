//! Vectors and matrices of nalgebra, of static or dynamic size.
//!
//! nalgebra keeps a matrix column by column, and the parameters of a check go row by row: everything here reads by row
//! and column, so that an entry `[i, j]` keeps its place.

use finite_diff::{EvaluationError, Real};
use nalgebra::{DVector, Dim, Matrix, RawStorage, RowDVector, Scalar};

use super::point::{FromPoint, Point};
use super::returned::{Returned, ReturnedVector};

impl<T, R, C, S> Point<T> for Matrix<T, R, C, S>
where
    T: Real + Scalar,
    R: Dim,
    C: Dim,
    S: RawStorage<T, R, C>,
{
    fn numbers(&self) -> Vec<T> {
        by_rows(self).collect()
    }
}

impl<T, R, C, S> ReturnedVector for Matrix<T, R, C, S>
where
    T: Real + Scalar,
    R: Dim,
    C: Dim,
    S: RawStorage<T, R, C>,
{
    const EPSILON: f64 = T::EPSILON;

    fn into_vector(self) -> Result<Returned, EvaluationError> {
        let values = by_rows(&self).map(T::widen).collect();
        Ok(Returned::of_matrix(self.nrows(), self.ncols(), values))
    }
}

impl<T, R, C, S> ReturnedVector for Vec<Matrix<T, R, C, S>>
where
    T: Real + Scalar,
    R: Dim,
    C: Dim,
    S: RawStorage<T, R, C>,
{
    const EPSILON: f64 = T::EPSILON;

    fn into_vector(self) -> Result<Returned, EvaluationError> {
        let parts = self
            .iter()
            .map(|part| by_rows(part).map(T::widen).collect());
        Ok(Returned::Parts(parts.collect()))
    }
}

impl<T: Real + Scalar> FromPoint for DVector<T> {
    type Real = T;

    fn from_point(numbers: &[T]) -> Self {
        Self::from_column_slice(numbers)
    }
}

impl<T: Real + Scalar> FromPoint for RowDVector<T> {
    type Real = T;

    fn from_point(numbers: &[T]) -> Self {
        Self::from_row_slice(numbers)
    }
}

fn by_rows<T, R, C, S>(matrix: &Matrix<T, R, C, S>) -> impl Iterator<Item = T>
where
    T: Real + Scalar,
    R: Dim,
    C: Dim,
    S: RawStorage<T, R, C>,
{
    let columns = matrix.ncols();
    (0..matrix.nrows()).flat_map(move |row| (0..columns).map(move |column| matrix[(row, column)]))
}
