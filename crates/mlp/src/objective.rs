//! The network as an objective for numeric differentiation.
//!
//! The only module that knows finite-diff. Refuses to know steps and stencils.

use std::sync::Arc;

use finite_diff::Reevaluation;
use finite_diff::{EvaluationError, LayoutError, Neighborhood, Objective, ParameterLayout, Piece};
use tensor_core::Scalar;

use crate::incremental::{Base, Incremental};
use crate::{Architecture, Batch, DropoutMasks, MlpError, branch_pattern_at, cost_at};

/// How the cost is evaluated around a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Engine {
    /// The whole forward pass for every probe.
    #[default]
    Full,
    /// Only what the parameter touches: a row, a rank-one term, and full products from two layers on.
    Incremental,
}

impl Engine {
    /// `full` or `incremental`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Incremental => "incremental",
        }
    }
}

/// J(θ) of one network on one batch, with one set of dropout masks.
#[derive(Debug, Clone, Copy)]
pub struct NetworkObjective<'a, T> {
    architecture: &'a Architecture,
    batch: &'a Batch<T>,
    masks: Option<&'a DropoutMasks<T>>,
    engine: Engine,
}

impl<'a, T: Scalar> NetworkObjective<'a, T> {
    /// The cost of `architecture` on `batch` as a function of its parameters.
    ///
    /// # Errors
    /// What [`Batch::check`] and [`DropoutMasks::check`] refuse.
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
            engine: Engine::Full,
        })
    }

    /// The same function, evaluated around a point by another engine.
    pub fn with_engine(self, engine: Engine) -> Self {
        Self { engine, ..self }
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
        let pattern = branch_pattern_at(self.architecture, point, self.batch, self.masks)?;
        Ok(
            pattern.map_or(Piece::Everywhere, |pattern| Piece::Numbered {
                fingerprint: pattern.fingerprint,
                on_kink: pattern.on_kink,
            }),
        )
    }

    fn neighborhood<'a>(
        &'a self,
        point: &'a [T],
    ) -> Result<Box<dyn Neighborhood<T> + 'a>, EvaluationError> {
        Ok(match self.engine {
            Engine::Full => Box::new(Reevaluation::new(self, point)),
            Engine::Incremental => {
                let base = Base::at(self.architecture, point, self.batch, self.masks)?;
                Box::new(Incremental::new(Arc::new(base)))
            }
        })
    }

    fn engine(&self) -> Option<&'static str> {
        (self.engine != Engine::Full).then(|| self.engine.name())
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
    // Cannot fail: the names carry the layer, and the architecture has counted the entries.
    with_blocks.unwrap_or_default()
}
