//! A network's cost, multiplied: what a verdict must not hang on.
//!
//! Refuses to know why.

use finite_diff::{EvaluationError, Objective, Piece};
use mlp::NetworkObjective;
use tensor_core::Scalar;

/// c·J.
pub(crate) struct Scaled<'a, T> {
    pub(crate) inner: NetworkObjective<'a, T>,
    /// c.
    pub(crate) factor: f64,
    /// Whether it says which smooth piece a point lies on; a black box does not.
    pub(crate) pieces: bool,
}

impl<T: Scalar> Objective<T> for Scaled<'_, T> {
    fn dim(&self) -> usize {
        self.inner.dim()
    }

    fn value(&self, point: &[T]) -> Result<T, EvaluationError> {
        Ok(T::from_f64(self.factor) * self.inner.value(point)?)
    }

    fn piece(&self, point: &[T]) -> Result<Piece, EvaluationError> {
        match self.pieces {
            true => self.inner.piece(point),
            false => Ok(Piece::Unknown),
        }
    }
}
