//! db summed along another axis, or without its 1/m.

use mlp::MlpError;
use tensor_core::MatrixView;

use super::place::Layers;
use crate::{BackwardRules, Network};

/// db of these layers is the mean over the m examples times this function of m: |m| m is their sum.
pub(crate) struct ScaledBiases(pub(crate) Layers, pub(crate) fn(f64) -> f64);

impl BackwardRules for ScaledBiases {
    fn bias_gradient(
        &self,
        network: &Network<'_>,
        layer: usize,
        dz: MatrixView<'_, f64>,
    ) -> Result<Vec<f64>, MlpError> {
        let mut db = mlp::bias_gradient(dz);
        if self.0.contain(layer, network.architecture.depth()) {
            let factor = (self.1)(network.batch.examples() as f64);
            db.iter_mut().for_each(|entry| *entry *= factor);
        }
        Ok(db)
    }
}

/// Every entry of db is one number, this function of the correct db: a sum along the wrong axis, spread by
/// broadcasting.
pub(crate) struct OneBias(pub(crate) fn(&[f64]) -> f64);

impl BackwardRules for OneBias {
    fn bias_gradient(
        &self,
        _: &Network<'_>,
        _: usize,
        dz: MatrixView<'_, f64>,
    ) -> Result<Vec<f64>, MlpError> {
        let db = mlp::bias_gradient(dz);
        Ok(vec![(self.0)(&db); db.len()])
    }
}
