//! A mean along the wrong axis, spread over db by broadcasting.

use mlp::{Architecture, MlpError};
use tensor_core::MatrixView;

use crate::{BackwardRules, Fault, Network};

pub(crate) struct BiasAveragedOverUnits;

impl Fault for BiasAveragedOverUnits {
    fn name(&self) -> &'static str {
        "bias-averaged-over-units"
    }

    fn description(&self) -> &'static str {
        "every entry of db is the mean over all units of the layer"
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

impl BackwardRules for BiasAveragedOverUnits {
    fn bias_gradient(
        &self,
        _: &Network<'_>,
        _: usize,
        dz: MatrixView<'_, f64>,
    ) -> Result<Vec<f64>, MlpError> {
        let db = mlp::bias_gradient(dz);
        let mean = db.iter().sum::<f64>() / db.len().max(1) as f64;
        Ok(vec![mean; db.len()])
    }
}
