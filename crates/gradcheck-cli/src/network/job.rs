//! The run: check at initialization, train, check again.

use std::borrow::Cow;
use std::fmt;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

use finite_diff::execution::Progress;
use finite_diff::{Execution, Scheme, Selection, Stencil, StepSize};
use gradient_check::check::check_by_complex_step;
use gradient_check::control::{ControlReport, negative_control_by_complex_step};
use gradient_check::structure::examine;
use gradient_check::{Report, Settings, Verdict, check, negative_control, verdict};
use mlp::{CurvePoint, Engine, MlpError, NetworkObjective, Parameters};

use super::bisect::since;
use super::context::context;
use super::delta::{Delta, delta};
use super::history::History;
use super::kinks::named_kinks;
use super::mistakes::NetworkMistakes;
use super::model::Model;
use super::prepare::Prepared;
use super::since::Since;
use super::spec::{Precision, SchemeName, name_of};
use super::subject::NetworkSubject;

/// When in the life of a network a check is made. Backward passes are often right only near
/// initialization, where nothing saturates yet; so there are two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// On the random parameters.
    Initialization,
    /// After so many steps of training.
    AfterTraining {
        /// How many.
        steps: usize,
    },
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Initialization => f.write_str("initialization"),
            Self::AfterTraining { steps: 1 } => f.write_str("after 1 step"),
            Self::AfterTraining { steps } => write!(f, "after {steps} steps"),
        }
    }
}

/// One check of a network.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    /// When.
    pub stage: Stage,
    /// What came out.
    pub report: Report,
    /// How J was evaluated.
    pub engine: &'static str,
    /// Whether the layer to look at first goes wrong in dZ already; `None` where nothing is wrong, or it is not
    /// known what dZ was.
    pub delta: Option<Delta>,
    /// What became of errors planted into the gradient, where that was asked for.
    pub control: Option<ControlReport>,
    /// The blocks that the planted fault changed, by comparing bits; `None` where none was planted.
    pub planted: Option<Vec<String>>,
}

/// What a run came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The checks made: two, one where no training was asked for or the run was stopped before.
    pub checks: Vec<Checked>,
    /// The cost over the training.
    pub curve: Vec<CurvePoint>,
    /// Why the training ended early, if it failed; the check before it stands.
    pub training_failed: Option<MlpError>,
    /// Since which step the gradient is wrong, where it is at the end and was not seen to be at first.
    pub since: Option<Since>,
    /// Whether the user stopped it.
    pub interrupted: bool,
}

impl Outcome {
    /// The word on all checks together.
    pub fn verdict(&self) -> Verdict {
        let word = verdict::overall(self.checks.iter().map(|checked| checked.report.verdict));
        if word == Verdict::Agree && self.interrupted {
            return Verdict::Inconclusive(gradient_check::Reason::Interrupted);
        }
        word
    }

    /// Whether an error planted into a gradient that agrees was let pass, so that agreement means little.
    pub fn is_judge_blind(&self) -> bool {
        let blind = |control: &ControlReport| control.failures().next().is_some();
        self.checks
            .iter()
            .filter_map(|checked| checked.control.as_ref())
            .any(blind)
    }
}

/// How the run is watched.
#[derive(Clone, Copy)]
pub struct Watch<'a> {
    /// Once true, the run ends with what it has.
    pub cancel: &'a AtomicBool,
    /// Called after each coordinate.
    pub progress: &'a (dyn Fn(Stage, Progress) + Sync),
}

/// Checks a network at initialization and again after training, the dropout masks, if any, the same
/// on both sides.
///
/// # Errors
/// Where a forward or backward pass fails, or a check can't be made. A training that diverges is no
/// error but part of the outcome: the first check stands.
pub fn run(prepared: &Prepared, watch: Watch<'_>) -> anyhow::Result<Outcome> {
    let mut outcome = Outcome {
        checks: vec![check_at(
            prepared,
            &prepared.parameters,
            Stage::Initialization,
            None,
            watch,
        )?],
        curve: Vec::new(),
        training_failed: None,
        since: None,
        interrupted: false,
    };
    let cancelled = || watch.cancel.load(Ordering::Relaxed);
    let steps = prepared.training.steps;
    if steps > 0 && !cancelled() {
        // To look back over, where it comes out wrong only after the training.
        let first_is_wrong = outcome.checks[0].report.verdict == Verdict::Disagree;
        let mut history = (!first_is_wrong).then(|| History::of_training(prepared));
        let observe = |step: usize, parameters: &Parameters<f64>, _: f64| {
            if let Some(history) = &mut history {
                history.offer(step, parameters);
            }
            match cancelled() {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        };
        let (architecture, batch) = (&prepared.architecture, &prepared.batch);
        let start = prepared.parameters.clone();
        match mlp::train_observed(architecture, start, batch, &prepared.training, observe) {
            Ok(training) => {
                outcome.curve = training.curve;
                if !cancelled() {
                    let stage = Stage::AfterTraining { steps };
                    let last = check_at(prepared, &training.parameters, stage, None, watch)?;
                    if let (Verdict::Disagree, Some(history)) = (last.report.verdict, &history) {
                        let first = &outcome.checks[0].report;
                        outcome.since = Some(since(prepared, first, &last.report, history, watch));
                    }
                    outcome.checks.push(last);
                }
            }
            Err(error) => outcome.training_failed = Some(error),
        }
    }
    outcome.interrupted = cancelled();
    Ok(outcome)
}

/// One check, of the coordinates `only` without looking for causes, or of those that are to be judged.
pub(super) fn check_at(
    prepared: &Prepared,
    parameters: &Parameters<f64>,
    stage: Stage,
    only: Option<&[usize]>,
    watch: Watch<'_>,
) -> anyhow::Result<Checked> {
    let Prepared {
        spec,
        architecture,
        layout,
        ..
    } = prepared;
    // A model in single precision: its parameters and data are rounded first, so that both sides
    // differentiate the same function at the same point.
    let (parameters, batch, working_epsilon) = match spec.precision {
        Precision::F64 => (
            Cow::Borrowed(parameters),
            Cow::Borrowed(&prepared.batch),
            f64::EPSILON,
        ),
        Precision::F32 => (
            Cow::Owned(parameters.cast::<f32>().cast::<f64>()),
            Cow::Owned(prepared.batch.cast::<f32>().cast::<f64>()),
            f64::from(f32::EPSILON),
        ),
    };
    let masks = prepared.masks.as_ref();
    let theta = parameters.as_flat();
    let model = Model {
        architecture,
        batch: &batch,
        masks,
        precision: spec.precision,
    };
    let right = model.gradient(theta)?;
    let wrong = prepared
        .fault
        .map(|fault| model.faulty(fault, theta))
        .transpose()?;
    let planted = wrong
        .as_ref()
        .map(|wrong| mlp_faults::changed_blocks(architecture, &right, wrong));
    let analytic = wrong.unwrap_or(right).into_flat();
    let analytic_rounding = model.rounding(theta, spec.seed)?;
    let (complex_batch, complex_masks) = model.complex();
    let shadow = NetworkObjective::new(architecture, &complex_batch, complex_masks.as_ref())?;
    let shadow = match spec.engine() {
        Engine::Full => shadow,
        Engine::Incremental | Engine::Layerwise => shadow.incremental(),
    };

    let progress = |p: Progress| (watch.progress)(stage, p);
    let execution = Execution {
        threads: spec.threads,
        progress: Some(&progress),
        cancel: Some(watch.cancel),
        failure: None,
    };
    let mistakes = NetworkMistakes {
        model: &model,
        theta,
        analytic: &analytic,
        factor: 1.0,
    };
    let kinks = |coordinate: usize, reach: f64| named_kinks(&model, theta, coordinate, reach);
    let mut settings = Settings {
        selection: match only {
            Some(coordinates) => Selection::Some(coordinates.to_vec()),
            None => prepared.selection.clone(),
        },
        working_epsilon,
        analytic_rounding: Some(&analytic_rounding),
        shadow: Some(&shadow),
        context: context(architecture, &batch, prepared.spec.keep_prob),
        mistakes: match only {
            Some(_) => None,
            None => Some(&mistakes),
        },
        kinks: Some(&kinks),
        seed: spec.seed,
        execution,
        ..Settings::exact()
    };
    let objective = NetworkObjective::new(architecture, &batch, masks)?;
    let by_engine = objective.by(spec.engine());
    let subject = NetworkSubject {
        model: &model,
        fault: prepared.fault,
        objective,
    };
    // A question about a few coordinates is about their numbers alone.
    let structure = match only {
        Some(_) => None,
        None => Some(examine(&subject, theta, layout, &settings)?),
    };
    let controlled = spec.negative_control && only.is_none();
    let mut control = None;
    let report = match finite_differences(spec.scheme, spec.epsilon) {
        Some(scheme) => {
            settings.scheme = scheme;
            if controlled {
                control = Some(negative_control(
                    &*by_engine,
                    &analytic,
                    theta,
                    layout,
                    &settings,
                )?);
            }
            check(&*by_engine, &analytic, theta, layout, &settings)?
        }
        None => {
            if controlled {
                let by_complex_step = negative_control_by_complex_step;
                control = Some(by_complex_step(
                    &shadow, &analytic, theta, layout, &settings,
                )?);
            }
            check_by_complex_step(&shadow, &analytic, theta, layout, &settings)?
        }
    };
    let delta = match (report.first_wrong_stage, prepared.fault, only) {
        (Some(layer), Some(fault), None) => {
            delta(&model, fault, objective, theta, layer, &settings)?
        }
        _ => None,
    };
    let mut report = match structure {
        Some(structure) => report.with_structure(structure),
        None => report,
    };
    report.scheme = name_of(&SchemeName::ALL, spec.scheme).to_owned();
    Ok(Checked {
        stage,
        report,
        engine: spec.engine().name(),
        delta,
        control,
        planted,
    })
}

/// The finite differences meant, or `None` for the complex step.
fn finite_differences(name: SchemeName, epsilon: Option<f64>) -> Option<Scheme> {
    let stencil = match name {
        SchemeName::Forward => Stencil::FORWARD,
        SchemeName::Central => Stencil::CENTRAL,
        SchemeName::FivePoint => Stencil::FIVE_POINT,
        SchemeName::Course => return Some(Scheme::course(epsilon.unwrap_or(1e-7))),
        SchemeName::ComplexStep => return None,
    };
    let scheme = Scheme::optimal(stencil);
    Some(match epsilon {
        Some(epsilon) => Scheme {
            step: StepSize::Absolute(epsilon),
            ..scheme
        },
        None => scheme,
    })
}
