//! The gradient under test: the network's own backward pass, in the precision asked for, or a fault's.
//!
//! Knows nothing of how it is judged.

use finite_diff::EvaluationError;
use gradient_check::{CheckError, measure_gradient_noise};
use mlp::{Architecture, Batch, DropoutMasks, Gradient, MlpError, Parameters, backward, forward};
use mlp_faults::Fault;
use tensor_core::RealScalar;

use super::spec::Precision;

/// A network on a batch, as something that has a gradient.
pub(crate) struct Model<'a> {
    pub(crate) architecture: &'a Architecture,
    pub(crate) batch: &'a Batch<f64>,
    pub(crate) masks: Option<&'a DropoutMasks<f64>>,
    pub(crate) precision: Precision,
}

impl Model<'_> {
    /// ∂J/∂θ by the network's own backward pass.
    pub(crate) fn gradient(&self, theta: &[f64]) -> Result<Gradient<f64>, MlpError> {
        match self.precision {
            Precision::F64 => self.backward(theta, self.batch, self.masks),
            Precision::F32 => {
                let theta: Vec<f32> = theta.iter().map(|x| *x as f32).collect();
                let masks = self.masks.map(DropoutMasks::cast::<f32>);
                let gradient = self.backward(&theta, &self.batch.cast(), masks.as_ref())?;
                Ok(gradient.cast())
            }
        }
    }

    /// The same by a fault's backward pass.
    pub(crate) fn faulty(
        &self,
        fault: &dyn Fault,
        theta: &[f64],
    ) -> Result<Gradient<f64>, MlpError> {
        let parameters = Parameters::from_flat(self.architecture, theta.to_vec())?;
        fault.gradient(self.architecture, &parameters, self.batch, self.masks)
    }

    /// The noise of each entry of the gradient under test in `f64`, by rounding.
    pub(crate) fn noise(
        &self,
        fault: Option<&dyn Fault>,
        theta: &[f64],
        seed: u64,
    ) -> Result<Vec<Option<f64>>, CheckError> {
        let under_test = |theta: &[f64]| -> Result<Vec<f64>, EvaluationError> {
            let gradient = match fault {
                Some(fault) => self.faulty(fault, theta)?,
                None => self.gradient(theta)?,
            };
            Ok(gradient.into_flat())
        };
        measure_gradient_noise(under_test, theta, seed)
    }

    fn backward<T: RealScalar>(
        &self,
        theta: &[T],
        batch: &Batch<T>,
        masks: Option<&DropoutMasks<T>>,
    ) -> Result<Gradient<T>, MlpError> {
        let parameters = Parameters::from_flat(self.architecture, theta.to_vec())?;
        let pass = forward(self.architecture, &parameters, batch, masks)?;
        backward(self.architecture, &pass, batch)
    }
}
