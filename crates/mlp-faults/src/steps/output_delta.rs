//! dZ of the last layer by another formula.

use mlp::MlpError;
use tensor_core::{Matrix, MatrixView};

use crate::{BackwardRules, Network};

/// One entry of dZ_L, and what it is computed from.
#[derive(Debug, Clone, Copy)]
pub struct OutputEntry {
    /// The correct value A − Y.
    pub dz: f64,
    /// The output A.
    pub a: f64,
    /// The label Y.
    pub y: f64,
    /// The number of outputs n_L.
    pub outputs: usize,
    /// The example, counted from 0.
    pub example: usize,
    /// The number of examples m.
    pub examples: usize,
}

/// dZ_L is this function of each of its entries.
///
/// ```
/// use mlp_faults::OutputDelta;
/// let labels_forgotten = OutputDelta(|entry| entry.a);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct OutputDelta<F: Fn(&OutputEntry) -> f64>(pub F);

impl<F: Fn(&OutputEntry) -> f64> BackwardRules for OutputDelta<F> {
    fn output_delta(
        &self,
        network: &Network<'_>,
        output: MatrixView<'_, f64>,
        y: MatrixView<'_, f64>,
    ) -> Result<Matrix<f64>, MlpError> {
        let mut dz = mlp::output_delta(network.architecture.loss(), output, y)?;
        let (outputs, examples) = dz.shape();
        let pairs = output.as_slice().iter().zip(y.as_slice());
        for (at, (entry, (&a, &y))) in dz.as_mut_slice().iter_mut().zip(pairs).enumerate() {
            *entry = (self.0)(&OutputEntry {
                dz: *entry,
                a,
                y,
                outputs,
                example: at % examples,
                examples,
            });
        }
        Ok(dz)
    }
}
