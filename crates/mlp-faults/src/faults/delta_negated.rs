//! dZ_L = Y − A_L, a difference the wrong way round.

use mlp::MlpError;
use tensor_core::{Matrix, MatrixView};

use crate::{BackwardRules, Fault, Network};

pub(crate) struct DeltaNegated;

impl Fault for DeltaNegated {
    fn name(&self) -> &'static str {
        "delta-negated"
    }

    fn description(&self) -> &'static str {
        "dZ of the last layer is Y − A: all but the L2 term has the wrong sign"
    }

    fn cause(&self) -> &'static [&'static str] {
        &["sign"]
    }
}

impl BackwardRules for DeltaNegated {
    fn output_delta(
        &self,
        network: &Network<'_>,
        output: MatrixView<'_, f64>,
        y: MatrixView<'_, f64>,
    ) -> Result<Matrix<f64>, MlpError> {
        Ok(mlp::output_delta(network.architecture.loss(), output, y)?.map(|entry| -entry))
    }
}
