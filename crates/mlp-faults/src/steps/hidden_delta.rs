//! dZ of a hidden layer by another formula, or from another layer's Z.

use mlp::{Activation, Architecture, MlpError};
use tensor_core::{Matrix, MatrixView};

use crate::{BackwardRules, Network};

/// One entry of dZ_l of a hidden layer, and what it is computed from.
#[derive(Debug, Clone, Copy)]
pub struct HiddenEntry {
    /// The activation φ.
    pub activation: Activation,
    /// The correct value dA·D·φ′(Z).
    pub dz: f64,
    /// dA, before the dropout mask.
    pub da: f64,
    /// Z.
    pub z: f64,
    /// D, the entry of the dropout mask: 0 or 1/keep_prob; 1 without dropout.
    pub kept: f64,
}

impl HiddenEntry {
    /// dA·D.
    pub fn masked(&self) -> f64 {
        self.da * self.kept
    }

    /// φ′(z).
    pub fn slope(&self, z: f64) -> f64 {
        self.activation.derivative(z)
    }
}

/// dZ of every hidden layer is this function of each of its entries.
///
/// ```
/// use mlp_faults::HiddenDelta;
/// let derivative_forgotten = HiddenDelta(|entry| entry.masked());
/// ```
#[derive(Debug, Clone, Copy)]
pub struct HiddenDelta<F: Fn(&HiddenEntry) -> f64>(pub F);

impl<F: Fn(&HiddenEntry) -> f64> BackwardRules for HiddenDelta<F> {
    fn activation_backward(
        &self,
        network: &Network<'_>,
        _: usize,
        da: Matrix<f64>,
        z: MatrixView<'_, f64>,
        mask: Option<MatrixView<'_, f64>>,
    ) -> Result<Matrix<f64>, MlpError> {
        let activation = network.architecture.activation();
        let mut dz = mlp::activation_backward(activation, da.clone(), z, mask)?;
        let kept = mask.map_or(&[][..], |mask| mask.as_slice());
        let kept = kept.iter().copied().chain(std::iter::repeat(1.0));
        let from = da.as_slice().iter().zip(z.as_slice()).zip(kept);
        for (entry, ((&da, &z), kept)) in dz.as_mut_slice().iter_mut().zip(from) {
            *entry = (self.0)(&HiddenEntry {
                activation,
                dz: *entry,
                da,
                z,
                kept,
            });
        }
        Ok(dz)
    }
}

/// φ′ of hidden layer l is taken at the Z of the hidden layer that this function of the network and l
/// selects, at its own if it selects none.
#[derive(Debug, Clone, Copy)]
pub struct OtherZ<F: Fn(&Architecture, usize) -> Option<usize>>(pub F);

impl<F: Fn(&Architecture, usize) -> Option<usize>> BackwardRules for OtherZ<F> {
    fn activation_backward(
        &self,
        network: &Network<'_>,
        layer: usize,
        da: Matrix<f64>,
        z: MatrixView<'_, f64>,
        mask: Option<MatrixView<'_, f64>>,
    ) -> Result<Matrix<f64>, MlpError> {
        let activation = network.architecture.activation();
        match (self.0)(network.architecture, layer) {
            Some(other) => {
                let z = network.pass.layer(other)?.z();
                mlp::activation_backward(activation, da, z, mask)
            }
            None => mlp::activation_backward(activation, da, z, mask),
        }
    }
}
