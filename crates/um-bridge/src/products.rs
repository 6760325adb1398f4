//! The products with the whole Jacobian of a model, and with the Hessian of its contracted outputs, from the protocol's
//! calls for one output and one or two inputs each.
//!
//! Invariant: knows nothing of what the vectors mean.

use finite_diff::sum::compensated_sum;

use crate::{Error, Model};

impl Model {
    /// Jᵀv, one vector for each input: Σ_o v_oᵀ·∂F_o/∂θ_i by `/Gradient` for each pair of an output and an input that
    /// have entries, with one vector v_o for each output. Sums are compensated.
    ///
    /// # Errors
    /// As [`gradient`](Self::gradient).
    pub fn vector_jacobian<V: AsRef<[f64]>, W: AsRef<[f64]>>(
        &self,
        inputs: &[V],
        cotangents: &[W],
    ) -> Result<Vec<Vec<f64>>, Error> {
        let mut gradients = Vec::new();
        for (in_wrt, &size) in self.input_sizes().iter().enumerate() {
            let mut parts = Vec::new();
            for (out_wrt, cotangent) in cotangents.iter().map(AsRef::as_ref).enumerate() {
                // Nothing to ask for where either is empty, and not every server knows what to answer.
                if size > 0 && !cotangent.is_empty() {
                    parts.push(self.gradient(out_wrt, in_wrt, inputs, cotangent)?);
                }
            }
            gradients.push(added(&parts, size));
        }
        Ok(gradients)
    }

    /// J·u, one vector for each output: Σ_i ∂F_o/∂θ_i·u_i by `/ApplyJacobian` likewise, with one vector u_i for each
    /// input. Inputs that u does not move are not asked for.
    ///
    /// # Errors
    /// As [`apply_jacobian`](Self::apply_jacobian).
    pub fn jacobian_vector<V: AsRef<[f64]>, W: AsRef<[f64]>>(
        &self,
        inputs: &[V],
        directions: &[W],
    ) -> Result<Vec<Vec<f64>>, Error> {
        let mut images = Vec::new();
        for (out_wrt, &size) in self.output_sizes().iter().enumerate() {
            let mut parts = Vec::new();
            for (in_wrt, direction) in directions.iter().map(AsRef::as_ref).enumerate() {
                if size > 0 && direction.iter().any(|u| *u != 0.0) {
                    parts.push(self.apply_jacobian(out_wrt, in_wrt, inputs, direction)?);
                }
            }
            images.push(added(&parts, size));
        }
        Ok(images)
    }

    /// H·u, one vector for each input, where H is the Hessian of Σ_o v_oᵀ·F_o: Σ_o Σ_j ∂(v_oᵀ·∂F_o/∂θ_i)/∂θ_j·u_j by
    /// `/ApplyHessian`, with one vector v_o for each output and one vector u_j for each input. Inputs that u does not move
    /// and outputs whose v_o is 0 are not asked for.
    ///
    /// # Errors
    /// As [`apply_hessian`](Self::apply_hessian).
    pub fn hessian_vector<V: AsRef<[f64]>, W: AsRef<[f64]>, U: AsRef<[f64]>>(
        &self,
        inputs: &[V],
        cotangents: &[W],
        directions: &[U],
    ) -> Result<Vec<Vec<f64>>, Error> {
        let moves = |part: &[f64]| part.iter().any(|entry| *entry != 0.0);
        let mut images = Vec::new();
        for (first, &size) in self.input_sizes().iter().enumerate() {
            let mut parts = Vec::new();
            for (out_wrt, cotangent) in cotangents.iter().map(AsRef::as_ref).enumerate() {
                for (second, direction) in directions.iter().map(AsRef::as_ref).enumerate() {
                    if size > 0 && moves(cotangent) && moves(direction) {
                        let pair = [first, second];
                        parts
                            .push(self.apply_hessian(out_wrt, pair, inputs, cotangent, direction)?);
                    }
                }
            }
            images.push(added(&parts, size));
        }
        Ok(images)
    }
}

/// The sum of vectors of `size` entries, each entry compensated.
fn added(parts: &[Vec<f64>], size: usize) -> Vec<f64> {
    let entry = |entry: usize| compensated_sum(parts.iter().map(|part| part[entry]));
    (0..size).map(entry).collect()
}
