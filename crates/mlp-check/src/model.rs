//! The gradient under test: by the network's own backward pass, in the chosen precision, or by a fault's.
//!
//! Invariant: knows nothing of how it is checked.

use mlp::{
    Architecture, Batch, DropoutMasks, Gradient, MlpError, Parameters, backward, forward,
    rounding_noise,
};
use mlp_faults::Fault;
use tensor_core::RealScalar;

use crate::Precision;

/// A network on a batch, as something that has a gradient.
#[derive(Clone, Copy)]
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

    /// ∂J/∂θ by a fault's backward pass.
    pub(crate) fn faulty(&self, fault: &Fault, theta: &[f64]) -> Result<Gradient<f64>, MlpError> {
        let parameters = Parameters::from_flat(self.architecture, theta.to_vec())?;
        fault.gradient(self.architecture, &parameters, self.batch, self.masks)
    }

    /// σ of the rounding error of each entry of a correct gradient at `theta`, in the precision of the model.
    pub(crate) fn rounding(&self, theta: &[f64], seed: u64) -> Result<Vec<f64>, MlpError> {
        let parameters = Parameters::from_flat(self.architecture, theta.to_vec())?;
        let (architecture, batch) = (self.architecture, self.batch);
        let noise = rounding_noise(
            architecture,
            &parameters,
            batch,
            self.masks,
            self.precision.arithmetic(),
            seed,
        )?;
        Ok(noise.into_flat())
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
