//! A slope of 0.2 below zero, another library's default, where ReLU has 0 and leaky ReLU 0.01.

use mlp::{Architecture, MlpError};
use tensor_core::{Matrix, MatrixView};

use crate::{BackwardRules, Fault, Network, needs};

/// φ′ below zero.
const SLOPE: f64 = 0.2;

pub(crate) struct WrongLeakySlope;

impl Fault for WrongLeakySlope {
    fn name(&self) -> &'static str {
        "wrong-leaky-slope"
    }

    fn description(&self) -> &'static str {
        "below zero, ReLU or leaky ReLU passes 0.2 dA back"
    }

    fn cause(&self) -> &'static [&'static str] {
        &["activation-derivative"]
    }

    fn applies_to(&self, architecture: &Architecture) -> Result<(), String> {
        needs::hidden_layers(architecture, 1)?;
        needs::kink(architecture)
    }
}

impl BackwardRules for WrongLeakySlope {
    fn activation_backward(
        &self,
        _: &Network<'_>,
        _: usize,
        da: Matrix<f64>,
        z: MatrixView<'_, f64>,
        mask: Option<MatrixView<'_, f64>>,
    ) -> Result<Matrix<f64>, MlpError> {
        // Identity's derivative leaves dA as it is, but for the mask.
        let mut dz = mlp::activation_backward(mlp::Activation::Identity, da, z, mask)?;
        for (entry, z) in dz.as_mut_slice().iter_mut().zip(z.as_slice()) {
            if *z <= 0.0 {
                *entry *= SLOPE;
            }
        }
        Ok(dz)
    }
}
