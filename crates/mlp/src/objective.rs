//! The network as an objective for numeric differentiation.
//!
//! The only module that knows finite-diff. Refuses to know steps and stencils.

use std::sync::Arc;

use finite_diff::layout::LayoutError;
use finite_diff::objective::Reevaluation;
use finite_diff::objective::{Neighborhood, Piece};
use finite_diff::{EvaluationError, Objective, ParameterLayout};
use tensor_core::Scalar;

use crate::incremental::{Base, Incremental};
use crate::layerwise::Layerwise;
use crate::{Architecture, Batch, DropoutMasks, MlpError, branch_pattern_at, cost_at};

/// How the cost is evaluated around a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// The whole forward pass for every probe.
    Full,
    /// Only what the parameter touches: a row, a rank-one term, and full products from two layers on.
    Incremental,
    /// Whole rows of Z_l at a time; incremental where a coordinate is looked at alone.
    Layerwise,
}

impl Engine {
    /// Each of them, the plainest first.
    pub const ALL: [Self; 3] = [Self::Full, Self::Incremental, Self::Layerwise];

    /// `full`, `incremental` or `layerwise`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Incremental => "incremental",
            Self::Layerwise => "layerwise",
        }
    }
}

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
            incremental: false,
        })
    }

    /// The same function, recomputing around a point only what a parameter touches.
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

impl<'a> NetworkObjective<'a, f64> {
    /// The same function, whose derivatives are taken from whole rows of Z_l.
    pub fn layerwise(self) -> Layerwise<'a> {
        Layerwise(self)
    }

    /// The same function by the engine of choice.
    ///
    /// ```
    /// use finite_diff::{Execution, Objective, Scheme, differentiate};
    /// use mlp::{Activation, Architecture, Batch, Engine, Loss, NetworkObjective};
    /// use tensor_core::Matrix;
    /// let net = Architecture::new(&[1, 1], Activation::Relu, Loss::BinaryCrossEntropy)?;
    /// let batch = Batch::new(Matrix::from_vec(1, 1, vec![3.0])?, Matrix::from_vec(1, 1, vec![1.0])?)?;
    /// let objective = NetworkObjective::new(&net, &batch, None)?;
    /// for engine in Engine::ALL {
    ///     let by = objective.by(engine);
    ///     let run = differentiate(&*by, &[0.0, 0.0], &[0, 1], &Scheme::CENTRAL, &Execution::default())?;
    ///     let d = run.entries[0].outcome.estimated().unwrap();
    ///     assert!((d.derivative + 1.5).abs() <= d.error_bar());
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn by(self, engine: Engine) -> Box<dyn Objective<f64> + 'a> {
        match engine {
            Engine::Full => Box::new(Self {
                incremental: false,
                ..self
            }),
            Engine::Incremental => Box::new(self.incremental()),
            Engine::Layerwise => Box::new(self.layerwise()),
        }
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

/// The piece of J that `point` lies on, from a whole forward pass.
pub(crate) fn piece_at<T: Scalar>(
    architecture: &Architecture,
    point: &[T],
    batch: &Batch<T>,
    masks: Option<&DropoutMasks<T>>,
) -> Result<Piece, MlpError> {
    let pattern = branch_pattern_at(architecture, point, batch, masks)?;
    Ok(
        pattern.map_or(Piece::Everywhere, |pattern| Piece::Numbered {
            fingerprint: pattern.fingerprint,
            on_kink: pattern.on_kink,
        }),
    )
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
