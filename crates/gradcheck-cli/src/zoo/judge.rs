//! One check of one gradient, as `gradcheck mlp` makes it, of a cost that may be scaled.

use std::num::NonZeroUsize;

use anyhow::Result;
use finite_diff::Execution;
use gradient_check::constants::Constants;
use gradient_check::{Report, Settings, check};
use mlp::{Batch, DropoutMasks, Engine, Gradient, MlpError, NetworkObjective, layout};
use mlp_faults::Fault;
use num_complex::Complex;

use super::scene::{KEEP_PROB, Scene};
use crate::network::{Model, NetworkMistakes, Precision, Scaled, context};

/// The gradient under test: the network's own, or a fault's; of a model in single precision, a
/// fault's is rounded at the end, as faults work in double.
pub(super) fn gradient(
    scene: &Scene,
    fault: Option<&Fault>,
    theta: &[f64],
) -> Result<Vec<f64>, MlpError> {
    let model = scene.model();
    let gradient = match fault {
        Some(fault) => model.faulty(fault, theta)?,
        None => model.gradient(theta)?,
    };
    Ok(finish(scene, gradient))
}

/// The network's own gradient, in the precision that faults work in, and rounded as theirs are.
pub(super) fn unharmed(scene: &Scene, theta: &[f64]) -> Result<Vec<f64>, MlpError> {
    let double = Model {
        precision: Precision::F64,
        ..scene.model()
    };
    Ok(finish(scene, double.gradient(theta)?))
}

fn finish(scene: &Scene, gradient: Gradient<f64>) -> Vec<f64> {
    let finish = |entry: f64| match scene.precision {
        Precision::F64 => scene.factor * entry,
        Precision::F32 => scene.factor * f64::from(entry as f32),
    };
    gradient.into_flat().into_iter().map(finish).collect()
}

/// By what is judged.
#[derive(Debug, Clone, Copy)]
pub(super) struct By {
    pub(super) constants: Constants,
    pub(super) engine: Engine,
}

/// A scene with what its judge needs and no gradient changes.
pub(super) struct Court<'a> {
    scene: &'a Scene,
    by: By,
    rounding: Vec<f64>,
    complex: (Batch<Complex<f64>>, Option<DropoutMasks<Complex<f64>>>),
}

impl<'a> Court<'a> {
    pub(super) fn new(scene: &'a Scene, by: By) -> Result<Self> {
        let model = scene.model();
        let mut rounding = model.rounding(scene.parameters.as_flat(), scene.seed)?;
        for sigma in &mut rounding {
            *sigma *= scene.factor;
        }
        Ok(Self {
            scene,
            by,
            rounding,
            complex: model.complex(),
        })
    }

    /// The report on a gradient, on one thread.
    pub(super) fn judge(&self, analytic: &[f64]) -> Result<Report> {
        let scene = self.scene;
        let theta = scene.parameters.as_flat();
        let model = scene.model();
        let mistakes = NetworkMistakes {
            model: &model,
            theta,
            analytic,
            factor: scene.factor,
        };
        let keep_prob = if scene.masks.is_some() {
            KEEP_PROB
        } else {
            1.0
        };
        let mut context = context(&scene.architecture, &scene.batch, keep_prob);
        context.decay = context.decay.map(|decay| scene.factor * decay);
        let (batch, masks) = &self.complex;
        let shadow = NetworkObjective::new(&scene.architecture, batch, masks.as_ref())?;
        let shadow = Scaled {
            inner: Box::new(match self.by.engine {
                Engine::Full => shadow,
                Engine::Incremental | Engine::Layerwise => shadow.incremental(),
            }),
            factor: scene.factor,
            pieces: true,
        };
        let settings = Settings {
            working_epsilon: match scene.precision {
                Precision::F64 => f64::EPSILON,
                Precision::F32 => f64::from(f32::EPSILON),
            },
            analytic_rounding: Some(&self.rounding),
            shadow: Some(&shadow),
            constants: self.by.constants,
            context,
            mistakes: Some(&mistakes),
            seed: scene.seed,
            execution: Execution {
                threads: Some(NonZeroUsize::MIN),
                ..Execution::default()
            },
            ..Settings::exact()
        };
        let masks = scene.masks.as_ref();
        let objective = NetworkObjective::new(&scene.architecture, &scene.batch, masks)?;
        let objective = Scaled {
            inner: objective.by(self.by.engine),
            factor: scene.factor,
            pieces: true,
        };
        let layout = layout(&scene.architecture);
        Ok(check(&objective, analytic, theta, &layout, &settings)?)
    }
}
