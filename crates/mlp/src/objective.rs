//! The network as an objective for numeric differentiation.
//!
//! Invariant: knows nothing of steps and stencils, and of how the engines work.

use std::sync::Arc;

use finite_diff::layout::LayoutError;
use finite_diff::objective::Reevaluation;
use finite_diff::objective::{Neighborhood, Piece};
use finite_diff::{EvaluationError, Objective, ParameterLayout};
use tensor_core::Scalar;

use crate::engine::base::Base;
use crate::engine::choice::Engine;
use crate::engine::incremental::Incremental;
use crate::engine::piece::piece_at;
use crate::{Architecture, Batch, DropoutMasks, MlpError, cost_at};

/// J(θ) of one network on one batch, with one set of dropout masks.
#[derive(Debug, Clone, Copy)]
pub struct NetworkObjective<'a, T> {
    architecture: &'a Architecture,
    batch: &'a Batch<T>,
    masks: Option<&'a DropoutMasks<T>>,
    incremental: bool,
}

impl<'a, T: Scalar> NetworkObjective<'a, T> {
    /// The cost of `architecture` on `batch` as a function of its parameters.
    ///
    /// # Errors
    /// The errors of [`Batch::check`] and [`DropoutMasks::check`].
    pub fn new(
        architecture: &'a Architecture,
        batch: &'a Batch<T>,
        masks: Option<&'a DropoutMasks<T>>,
    ) -> Result<Self, MlpError> {
        batch.check(architecture)?;
        if let Some(masks) = masks {
            masks.check(architecture, batch.examples())?;
        }
        Ok(Self {
            architecture,
            batch,
            masks,
            incremental: false,
        })
    }

    /// This objective, evaluated by whole forward passes.
    pub(crate) fn full(self) -> Self {
        Self {
            incremental: false,
            ..self
        }
    }

    /// This objective, evaluated around a point by recomputing only what a parameter affects.
    pub fn incremental(self) -> Self {
        Self {
            incremental: true,
            ..self
        }
    }

    /// The network.
    pub fn architecture(&self) -> &'a Architecture {
        self.architecture
    }

    /// The data.
    pub fn batch(&self) -> &'a Batch<T> {
        self.batch
    }

    /// The dropout masks.
    pub fn masks(&self) -> Option<&'a DropoutMasks<T>> {
        self.masks
    }
}

impl<T: Scalar> Objective<T> for NetworkObjective<'_, T> {
    fn dim(&self) -> usize {
        self.architecture.parameter_count()
    }

    fn value(&self, point: &[T]) -> Result<T, EvaluationError> {
        Ok(cost_at(self.architecture, point, self.batch, self.masks)?)
    }

    fn piece(&self, point: &[T]) -> Result<Piece, EvaluationError> {
        let piece = piece_at(self.architecture, point, self.batch, self.masks)?;
        Ok(piece)
    }

    fn neighborhood<'a>(
        &'a self,
        point: &'a [T],
    ) -> Result<Box<dyn Neighborhood<T> + 'a>, EvaluationError> {
        if !self.incremental {
            return Ok(Box::new(Reevaluation::new(self, point)));
        }
        let base = Base::at(self.architecture, point, self.batch, self.masks)?;
        Ok(Box::new(Incremental::new(Arc::new(base))))
    }

    fn engine(&self) -> Option<&'static str> {
        self.incremental.then(|| Engine::Incremental.name())
    }
}

/// The blocks W1, b1, W2, b2, …, each with its layer as its stage.
///
/// ```
/// use mlp::{Activation, Architecture, Loss, layout};
/// let net = Architecture::new(&[2, 3, 1], Activation::Relu, Loss::MeanSquaredError)?;
/// assert_eq!(layout(&net).to_string(), "W1[3,2] b1[3] W2[1,3] b2[1]");
/// # Ok::<(), mlp::MlpError>(())
/// ```
pub fn layout(architecture: &Architecture) -> ParameterLayout {
    let with_blocks = architecture.blocks().into_iter().try_fold(
        ParameterLayout::new(),
        |layout, block| -> Result<_, LayoutError> {
            layout.with_stage(block.name, &block.shape, block.layer)
        },
    );
    // Can't fail: the names contain the layer, and the architecture has counted the entries.
    with_blocks.unwrap_or_default()
}
