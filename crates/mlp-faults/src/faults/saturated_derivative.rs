//! Where a unit is nearly saturated, its derivative is taken for 0.

use mlp::{Activation, Architecture, MlpError};
use tensor_core::{Matrix, MatrixView};

use crate::{BackwardRules, Fault, Network, Shows, needs};

/// |Z| from which on the derivative is cut off; tanh′(2) is still 0.07.
const LIMIT: f64 = 2.0;

pub(crate) struct SaturatedDerivative;

impl Fault for SaturatedDerivative {
    fn name(&self) -> &'static str {
        "saturated-derivative"
    }

    fn description(&self) -> &'static str {
        "φ′ of tanh or sigmoid is 0 where |Z| is above 2, as if the unit were saturated"
    }

    fn cause(&self) -> &'static [&'static str] {
        &["saturation"]
    }

    fn shows(&self) -> Shows {
        Shows::WithLargeActivations
    }

    fn applies_to(&self, architecture: &Architecture) -> Result<(), String> {
        needs::hidden_layers(architecture, 1)?;
        match architecture.activation() {
            Activation::Tanh | Activation::Sigmoid => Ok(()),
            other => Err(format!(
                "it is about units that saturate, and the activation is {other}"
            )),
        }
    }
}

impl BackwardRules for SaturatedDerivative {
    fn activation_backward(
        &self,
        network: &Network<'_>,
        _: usize,
        da: Matrix<f64>,
        z: MatrixView<'_, f64>,
        mask: Option<MatrixView<'_, f64>>,
    ) -> Result<Matrix<f64>, MlpError> {
        let mut dz = mlp::activation_backward(network.architecture.activation(), da, z, mask)?;
        for (entry, z) in dz.as_mut_slice().iter_mut().zip(z.as_slice()) {
            if z.abs() > LIMIT {
                *entry = 0.0;
            }
        }
        Ok(dz)
    }
}
