//! dA_prev = W·dZ where Wᵀ·dZ belongs; it only shows no error of shape where W is square.

use mlp::{Architecture, MlpError};
use tensor_core::{Matrix, MatrixView};

use crate::{BackwardRules, Fault, Network};

pub(crate) struct WeightsNotTransposed;

impl Fault for WeightsNotTransposed {
    fn name(&self) -> &'static str {
        "weights-not-transposed"
    }

    fn description(&self) -> &'static str {
        "dA is passed back through W, not through its transpose, where W is square"
    }

    fn cause(&self) -> &'static [&'static str] {
        &["wrong-weights"]
    }

    fn applies_to(&self, architecture: &Architecture) -> Result<(), String> {
        let above_the_first = architecture.widths()[1..].windows(2);
        // A single unit is its own transpose.
        if above_the_first
            .into_iter()
            .any(|pair| pair[0] == pair[1] && pair[0] > 1)
        {
            return Ok(());
        }
        Err("it needs a square weight matrix above the first layer, as in 6-5-5-1".into())
    }
}

impl BackwardRules for WeightsNotTransposed {
    fn input_gradient(
        &self,
        _: &Network<'_>,
        _: usize,
        weights: MatrixView<'_, f64>,
        dz: MatrixView<'_, f64>,
    ) -> Result<Matrix<f64>, MlpError> {
        if weights.rows() == weights.cols() {
            return Ok(tensor_core::product(weights, dz)?);
        }
        mlp::input_gradient(weights, dz)
    }
}
