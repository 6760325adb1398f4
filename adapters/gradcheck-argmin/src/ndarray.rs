//! Arrays of ndarray 0.16.

use finite_diff::Real;
use ndarray::{Array, Array2, Dimension};

use crate::numbers::{Numbers, Point, Rows, overwrite};

impl<T: Real, D: Dimension> Numbers for Array<T, D> {
    type Real = T;

    fn numbers(&self) -> Vec<T> {
        self.iter().copied().collect()
    }
}

impl<T: Real, D: Dimension> Point for Array<T, D> {
    fn with_numbers(&self, numbers: &[T]) -> Self {
        let mut other = self.clone();
        overwrite(&mut other, numbers);
        other
    }

    fn shape(&self) -> Vec<usize> {
        // Not the method of this name.
        self.raw_dim().slice().to_vec()
    }
}

impl<T: Real> Rows for Array2<T> {
    type Real = T;

    fn rows(&self) -> Vec<Vec<T>> {
        self.outer_iter().map(|row| row.to_vec()).collect()
    }
}
