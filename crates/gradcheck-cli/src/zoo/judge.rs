//! One check of one gradient, as `gradcheck mlp` makes it, of a cost that may be scaled.

use std::num::NonZeroUsize;

use anyhow::Result;
use finite_diff::{EvaluationError, Execution, Objective, Piece};
use gradient_check::{Report, Settings, check, measure_gradient_noise};
use mlp::{MlpError, NetworkObjective, layout};
use mlp_faults::Fault;

use super::scene::{KEEP_PROB, Scene};
use crate::network::{Model, Precision, alternatives, context};

/// c·J.
struct Scaled<'a> {
    inner: NetworkObjective<'a, f64>,
    factor: f64,
}

impl Objective<f64> for Scaled<'_> {
    fn dim(&self) -> usize {
        self.inner.dim()
    }

    fn value(&self, point: &[f64]) -> Result<f64, EvaluationError> {
        Ok(self.factor * self.inner.value(point)?)
    }

    fn piece(&self, point: &[f64]) -> Result<Piece, EvaluationError> {
        self.inner.piece(point)
    }
}

fn model(scene: &Scene) -> Model<'_> {
    Model {
        architecture: &scene.architecture,
        batch: &scene.batch,
        masks: scene.masks.as_ref(),
        precision: scene.precision,
    }
}

/// The gradient under test: the network's own, or a fault's; of a model in single precision, a
/// fault's is rounded at the end, as faults work in double.
pub(super) fn gradient(
    scene: &Scene,
    fault: Option<&dyn Fault>,
    theta: &[f64],
) -> Result<Vec<f64>, MlpError> {
    let model = model(scene);
    let gradient = match fault {
        Some(fault) => model.faulty(fault, theta)?,
        None => model.gradient(theta)?,
    };
    let finish = |entry: f64| match scene.precision {
        Precision::F64 => scene.factor * entry,
        Precision::F32 => scene.factor * f64::from(entry as f32),
    };
    Ok(gradient.into_flat().into_iter().map(finish).collect())
}

/// The report on that gradient, on one thread.
pub(super) fn judge(scene: &Scene, fault: Option<&dyn Fault>, analytic: &[f64]) -> Result<Report> {
    let theta = scene.parameters.as_flat();
    let under_test = |theta: &[f64]| Ok(gradient(scene, fault, theta)?);
    let (analytic_noise, working_epsilon) = match scene.precision {
        Precision::F64 => (
            measure_gradient_noise(under_test, theta, scene.seed)?,
            f64::EPSILON,
        ),
        Precision::F32 => {
            let single: Vec<f32> = theta.iter().map(|x| *x as f32).collect();
            let widened = |theta: &[f32]| {
                under_test(&theta.iter().map(|x| f64::from(*x)).collect::<Vec<_>>())
            };
            let noise = measure_gradient_noise(widened, &single, scene.seed)?;
            (noise, f64::from(f32::EPSILON))
        }
    };
    let model = model(scene);
    let alternatives = || {
        let mut all = alternatives(&model, theta);
        for entry in all.iter_mut().flat_map(|a| &mut a.gradient) {
            *entry *= scene.factor;
        }
        all
    };
    let keep_prob = if scene.masks.is_some() {
        KEEP_PROB
    } else {
        1.0
    };
    let mut context = context(&scene.architecture, &scene.batch, keep_prob);
    context.decay = context.decay.map(|decay| scene.factor * decay);
    let settings = Settings {
        working_epsilon,
        analytic_noise: Some(&analytic_noise),
        context,
        alternatives: Some(&alternatives),
        seed: scene.seed,
        execution: Execution {
            threads: Some(NonZeroUsize::MIN),
            ..Execution::default()
        },
        ..Settings::default()
    };
    let objective = Scaled {
        inner: NetworkObjective::new(&scene.architecture, &scene.batch, scene.masks.as_ref())?,
        factor: scene.factor,
    };
    let layout = layout(&scene.architecture);
    Ok(check(&objective, analytic, theta, &layout, &settings)?)
}
