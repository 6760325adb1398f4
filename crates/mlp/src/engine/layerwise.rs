//! All derivatives from whole rows of Z_l at a time.
//!
//! The loss of an example depends on no other example, and Z_l is affine in W_l and b_l. So one probe perturbs
//! unit i of layer l by a different step in every example at once, the numeric ∂ℓ_e/∂z_ie of all of them
//! follow from a handful of probes, and
//!
//! ```text
//! dJ/dW_l[i,j] = 1/m Σ_e ∂ℓ_e/∂z_ie·a_je + penalty,   dJ/db_l[i] = 1/m Σ_e ∂ℓ_e/∂z_ie
//! ```
//!
//! is one product: Σ n_l probes per stencil point instead of P. Error bars go through the same product.
//! docs/theory/speed.md, equations (V8) to (V12).
//!
//! Invariant: knows nothing of any analytic gradient.

mod above;
mod entries;
mod independent;
mod kernels;
mod layer;
mod narrow;
mod products;
mod rising;
mod setup;
mod shortcut;
mod unit;

use std::sync::Arc;

use finite_diff::objective::{Neighborhood, Piece, Shortcut};
use finite_diff::{Estimate, EvaluationError, Objective, Scheme};

use self::above::Above;
use self::independent::check_independent;
use self::setup::Setup;
use self::unit::{Scratch, UnitDelta, measure};
use crate::cost::example_losses;
use crate::engine::base::Base;
use crate::engine::incremental::Incremental;
use crate::{MlpError, NetworkObjective};

/// The cost of a network, with its derivatives taken from whole rows of Z_l; single evaluations around a point are
/// [`incremental`](NetworkObjective::incremental).
///
/// Only for `f64`, the type of its steps and error bars.
#[derive(Debug, Clone, Copy)]
pub struct Layerwise<'a>(pub(crate) NetworkObjective<'a, f64>);

impl<'a> Layerwise<'a> {
    /// dZ_l of layer `layer` at `point`, by finite differences: m·∂J/∂Z_l as in the backward pass, n_l×m, row
    /// by row, each entry with its error bar.
    ///
    /// ```
    /// use finite_diff::Scheme;
    /// use mlp::{Activation, Architecture, Batch, Loss, NetworkObjective};
    /// use tensor_core::Matrix;
    /// let net = Architecture::new(&[1, 1], Activation::Relu, Loss::BinaryCrossEntropy)?;
    /// let batch = Batch::new(Matrix::from_vec(1, 1, vec![3.0])?, Matrix::from_vec(1, 1, vec![1.0])?)?;
    /// let objective = NetworkObjective::new(&net, &batch, None)?.layerwise();
    /// let dz = &objective.delta(&[0.0, 0.0], 1, &Scheme::CENTRAL)?[0];
    /// // A − Y = ½ − 1.
    /// assert!((dz.derivative + 0.5).abs() <= dz.error_bar());
    /// # Ok::<(), mlp::MlpError>(())
    /// ```
    ///
    /// # Errors
    /// [`MlpError::NoSuchLayer`]; as [`cost_at`](crate::cost_at); [`MlpError::NotFiniteDelta`] if the losses
    /// near the point are not finite.
    pub fn delta(
        &self,
        point: &[f64],
        layer: usize,
        scheme: &Scheme,
    ) -> Result<Vec<Estimate>, MlpError> {
        let base = self.independent_base(point)?;
        let depth = base.depth();
        if layer == 0 || layer > depth {
            return Err(MlpError::NoSuchLayer { layer, depth });
        }
        let setup = Setup::new(&base, scheme)?;
        let above = Above::new(&base, layer);
        let mut scratch = Scratch::new();
        let examples = base.examples();
        let mut estimates = Vec::with_capacity(base.z(layer).rows() * examples);
        for unit in 0..base.z(layer).rows() {
            let mut numbers = [(); 3].map(|()| vec![0.0; examples]);
            let mut moved = vec![false; examples];
            let [derivative, truncation, noise] = &mut numbers;
            let mut delta = UnitDelta {
                derivative,
                truncation,
                noise,
                moved: &mut moved,
            };
            let place = (layer, unit);
            let taken = measure(&base, &above, place, &setup, &mut delta, &mut scratch)?;
            let taken = taken.ok_or(MlpError::NotFiniteDelta { layer, unit })?;
            let [derivative, truncation, noise] = numbers;
            estimates.extend((0..examples).map(|example| Estimate {
                derivative: derivative[example],
                truncation: truncation[example],
                noise: noise[example],
                step: taken.step,
                flat: !moved[example],
                kink: false,
            }));
        }
        Ok(estimates)
    }

    fn base<'p>(&'p self, point: &'p [f64]) -> Result<Base<'p, f64>, MlpError> {
        let network = &self.0;
        Base::at(
            network.architecture(),
            point,
            network.batch(),
            network.masks(),
        )
    }

    /// Like [`base`](Self::base), if the examples can be perturbed all at once; otherwise an error.
    fn independent_base<'p>(&'p self, point: &'p [f64]) -> Result<Base<'p, f64>, MlpError> {
        let (architecture, masks) = (self.0.architecture(), self.0.masks());
        check_independent(self.0.batch(), |batch, chosen| {
            let masks = masks.map(|masks| masks.select(chosen)).transpose()?;
            let base = Base::at(architecture, point, batch, masks.as_ref())?;
            let logits = base.z(base.depth());
            example_losses(architecture.loss(), logits, batch.y().view())
        })?;
        self.base(point)
    }
}

impl Objective<f64> for Layerwise<'_> {
    fn dim(&self) -> usize {
        self.0.dim()
    }

    fn value(&self, point: &[f64]) -> Result<f64, EvaluationError> {
        self.0.value(point)
    }

    fn piece(&self, point: &[f64]) -> Result<Piece, EvaluationError> {
        self.0.piece(point)
    }

    fn neighborhood<'a>(
        &'a self,
        point: &'a [f64],
    ) -> Result<Box<dyn Neighborhood<f64> + 'a>, EvaluationError> {
        let base = self.base(point)?;
        Ok(Box::new(Incremental::new(Arc::new(base))))
    }

    fn shortcut(&self) -> Option<&dyn Shortcut<f64>> {
        Some(self)
    }

    fn engine(&self) -> Option<&'static str> {
        Some("layerwise")
    }
}
