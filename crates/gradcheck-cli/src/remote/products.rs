//! A model in the form that the checker takes: its outputs in a row, Jᵀv by /Gradient, J·u by /ApplyJacobian, H·u by /ApplyHessian.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use finite_diff::{EvaluationError, ParameterLayout};
use um_bridge::Model;

use super::interruptible::unless_interrupted;

/// A model whose inputs have the blocks of a layout.
pub(super) struct Products<'a> {
    pub(super) model: &'a Model,
    pub(super) layout: &'a ParameterLayout,
    /// Once true, no further request is sent.
    pub(super) cancel: &'a AtomicBool,
    /// How often the model was evaluated.
    pub(super) evaluations: AtomicU64,
}

impl Products<'_> {
    /// All outputs, one after the other.
    pub(super) fn outputs(&self, point: &[f64]) -> Result<Vec<f64>, EvaluationError> {
        unless_interrupted(self.cancel)?;
        let inputs = self.layout.unflatten(point)?;
        self.evaluations.fetch_add(1, Ordering::Relaxed);
        Ok(self.model.evaluate(&inputs)?.concat())
    }

    /// Jᵀv, one vector for each input.
    pub(super) fn transposed(
        &self,
        point: &[f64],
        v: &[f64],
    ) -> Result<Vec<Vec<f64>>, EvaluationError> {
        unless_interrupted(self.cancel)?;
        let inputs = self.layout.unflatten(point)?;
        let cotangents = cut(v, self.model.output_sizes());
        Ok(self.model.vector_jacobian(&inputs, &cotangents)?)
    }

    /// J·u, all outputs one after the other.
    pub(super) fn along(&self, point: &[f64], u: &[f64]) -> Result<Vec<f64>, EvaluationError> {
        unless_interrupted(self.cancel)?;
        let inputs = self.layout.unflatten(point)?;
        let directions = self.layout.unflatten(u)?;
        Ok(self.model.jacobian_vector(&inputs, &directions)?.concat())
    }

    /// H·u, one vector for each input, where H is the Hessian of vᵀF.
    pub(super) fn curved(
        &self,
        point: &[f64],
        v: &[f64],
        u: &[f64],
    ) -> Result<Vec<Vec<f64>>, EvaluationError> {
        unless_interrupted(self.cancel)?;
        let inputs = self.layout.unflatten(point)?;
        let cotangents = cut(v, self.model.output_sizes());
        let directions = self.layout.unflatten(u)?;
        Ok(self
            .model
            .hessian_vector(&inputs, &cotangents, &directions)?)
    }
}

/// `values` cut into pieces of these lengths.
fn cut<'v>(values: &'v [f64], sizes: &[usize]) -> Vec<&'v [f64]> {
    let mut rest = values;
    let mut pieces = Vec::new();
    for size in sizes {
        let (piece, after) = rest.split_at((*size).min(rest.len()));
        pieces.push(piece);
        rest = after;
    }
    pieces
}
