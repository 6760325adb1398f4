//! A model as the judge takes it: its outputs in a row, Jᵀv by /Gradient, J·u by /ApplyJacobian.

use finite_diff::{EvaluationError, ParameterLayout};
use um_bridge::Model;

/// A model whose inputs have the blocks of a layout.
pub(super) struct Products<'a> {
    pub(super) model: &'a Model,
    pub(super) layout: &'a ParameterLayout,
}

impl Products<'_> {
    /// All outputs, one after the other.
    pub(super) fn outputs(&self, point: &[f64]) -> Result<Vec<f64>, EvaluationError> {
        let inputs = self.layout.unflatten(point)?;
        Ok(self.model.evaluate(&inputs)?.concat())
    }

    /// Jᵀv: /Gradient for each pair of an output and an input that have entries, summed over the outputs.
    pub(super) fn transposed(
        &self,
        point: &[f64],
        v: &[f64],
    ) -> Result<Vec<Vec<f64>>, EvaluationError> {
        let inputs = self.layout.unflatten(point)?;
        let mut parts = Vec::new();
        for (in_wrt, input) in inputs.iter().enumerate() {
            let mut sum = vec![0.0; input.len()];
            for (out_wrt, sens) in cut(v, self.model.output_sizes()).into_iter().enumerate() {
                // Nothing to ask for, and not every server knows what to answer.
                if input.is_empty() || sens.is_empty() {
                    continue;
                }
                let part = self.model.gradient(out_wrt, in_wrt, &inputs, sens)?;
                for (sum, part) in sum.iter_mut().zip(part) {
                    *sum += part;
                }
            }
            parts.push(sum);
        }
        Ok(parts)
    }

    /// J·u: /ApplyJacobian likewise, summed over the inputs.
    pub(super) fn along(&self, point: &[f64], u: &[f64]) -> Result<Vec<f64>, EvaluationError> {
        let inputs = self.layout.unflatten(point)?;
        let parts = self.layout.unflatten(u)?;
        let mut image = Vec::new();
        for (out_wrt, size) in self.model.output_sizes().iter().enumerate() {
            let mut sum = vec![0.0; *size];
            for (in_wrt, part) in parts.iter().enumerate() {
                // A direction that moves other inputs only.
                if *size == 0 || part.iter().all(|u| *u == 0.0) {
                    continue;
                }
                let term = self.model.apply_jacobian(out_wrt, in_wrt, &inputs, part)?;
                for (sum, term) in sum.iter_mut().zip(term) {
                    *sum += term;
                }
            }
            image.extend(sum);
        }
        Ok(image)
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
