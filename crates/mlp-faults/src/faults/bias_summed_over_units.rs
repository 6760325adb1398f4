//! db summed over every axis and spread: NumPy's `np.sum(dZ)` without `axis=1`.

use mlp::{Architecture, MlpError};
use tensor_core::MatrixView;

use crate::{BackwardRules, Fault, Network};

pub(crate) struct BiasSummedOverUnits;

impl Fault for BiasSummedOverUnits {
    fn name(&self) -> &'static str {
        "bias-summed-over-units"
    }

    fn description(&self) -> &'static str {
        "every entry of db is the sum over all units of the layer"
    }

    fn cause(&self) -> &'static [&'static str] {
        &["wrong-axis"]
    }

    fn applies_to(&self, architecture: &Architecture) -> Result<(), String> {
        if architecture.widths()[1..].iter().any(|&width| width > 1) {
            return Ok(());
        }
        Err("it needs a layer of more than one unit".into())
    }
}

impl BackwardRules for BiasSummedOverUnits {
    fn bias_gradient(
        &self,
        _: &Network<'_>,
        _: usize,
        dz: MatrixView<'_, f64>,
    ) -> Result<Vec<f64>, MlpError> {
        let sum: f64 = mlp::bias_gradient(dz).iter().sum();
        Ok(vec![sum; dz.rows()])
    }
}
