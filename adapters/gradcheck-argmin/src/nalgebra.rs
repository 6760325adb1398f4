//! Vectors and matrices of nalgebra 0.34, of static or dynamic size.

use finite_diff::Real;
use nalgebra::allocator::Allocator;
use nalgebra::{DefaultAllocator, Dim, OMatrix, Scalar};

use crate::numbers::{Numbers, Point, Rows, overwrite};

impl<T: Real + Scalar, R: Dim, C: Dim> Numbers for OMatrix<T, R, C>
where
    DefaultAllocator: Allocator<R, C>,
{
    type Real = T;

    // nalgebra's own order is by columns.
    fn numbers(&self) -> Vec<T> {
        let rows = self.row_iter();
        rows.flat_map(|row| row.iter().copied().collect::<Vec<T>>())
            .collect()
    }
}

impl<T: Real + Scalar, R: Dim, C: Dim> Point for OMatrix<T, R, C>
where
    DefaultAllocator: Allocator<R, C>,
{
    fn with_numbers(&self, numbers: &[T]) -> Self {
        let mut other = self.clone();
        let columns = self.ncols().max(1);
        for (mut row, numbers) in other.row_iter_mut().zip(numbers.chunks(columns)) {
            overwrite(row.iter_mut(), numbers);
        }
        other
    }

    fn shape(&self) -> Vec<usize> {
        match self.ncols() {
            1 => vec![self.nrows()],
            columns => vec![self.nrows(), columns],
        }
    }
}

impl<T: Real + Scalar, R: Dim, C: Dim> Rows for OMatrix<T, R, C>
where
    DefaultAllocator: Allocator<R, C>,
{
    type Real = T;

    fn rows(&self) -> Vec<Vec<T>> {
        let rows = self.row_iter();
        rows.map(|row| row.iter().copied().collect()).collect()
    }
}
