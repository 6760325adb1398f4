//! Arrays and views of ndarray, of any number of axes.
//!
//! Their entries are read in logical order, the last index first, whatever their order in memory.

use finite_diff::{EvaluationError, Real};
use ndarray::{Array1, ArrayBase, Data, Dimension};

use super::point::{FromPoint, Point};
use super::returned::{Returned, ReturnedVector};

impl<T: Real, S: Data<Elem = T>, D: Dimension> Point<T> for ArrayBase<S, D> {
    fn numbers(&self) -> Vec<T> {
        self.iter().copied().collect()
    }
}

impl<T: Real, S: Data<Elem = T>, D: Dimension> ReturnedVector for ArrayBase<S, D> {
    const EPSILON: f64 = T::EPSILON;

    fn into_vector(self) -> Result<Returned, EvaluationError> {
        let values = self.iter().map(|x| x.widen()).collect();
        Ok(match *self.shape() {
            [rows, columns] => Returned::of_matrix(rows, columns, values),
            _ => Returned::Flat(values),
        })
    }
}

impl<T: Real, S: Data<Elem = T>, D: Dimension> ReturnedVector for Vec<ArrayBase<S, D>> {
    const EPSILON: f64 = T::EPSILON;

    fn into_vector(self) -> Result<Returned, EvaluationError> {
        let parts = self
            .iter()
            .map(|part| part.iter().map(|x| x.widen()).collect());
        Ok(Returned::Parts(parts.collect()))
    }
}

impl<T: Real> FromPoint for Array1<T> {
    type Real = T;

    fn from_point(numbers: &[T]) -> Self {
        numbers.iter().copied().collect()
    }
}
