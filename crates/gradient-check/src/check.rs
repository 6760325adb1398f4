//! The check itself: its settings, and the way from what was measured to a report.

use finite_diff::{
    Derivatives, DifferenceError, Domain, DomainError, Entry, Estimate, EvaluationError, Execution,
    LayoutError, Objective, Outcome, ParameterLayout, Real, Scheme, Selection,
};
use num_complex::Complex;
use thiserror::Error;

use crate::constants::Constants;
use crate::diagnosis::{Context, Mistakes};
use crate::evidence::Evidence;
use crate::kinks::{NamedKink, name_kinks};
use crate::measure::{Measured, measure, measure_by_complex_step};
use crate::passes::collect;
use crate::report::{Frame, Report, assemble};
use crate::slope;
use crate::verdict;

/// How to check. [`Settings::default`] is central differences at the best step, every coordinate,
/// a gradient computed in `f64`.
#[derive(Clone)]
pub struct Settings<'a> {
    /// The finite differences of the first pass. Its noise is a lower bound: the noise of J is
    /// measured too, and the larger one taken.
    pub scheme: Scheme,
    /// Which coordinates.
    pub selection: Selection,
    /// ε of the type that the analytic gradient was computed in: `f64::EPSILON`, or
    /// `f32::EPSILON` for a single-precision backward pass whose forward is evaluated in `f64`.
    pub working_epsilon: f64,
    /// The noise σ of each entry of the analytic gradient, where somebody measured it; see
    /// [`measure_gradient_noise`]. Without it the gradient is held to some 256 ε of its block.
    pub analytic_noise: Option<&'a [Option<f64>]>,
    /// The noise σ that rounding leaves in each entry of a right gradient, where somebody worked it out
    /// from the arithmetic, such as `mlp::rounding_noise`. It is taken at its word, and no other noise of
    /// the gradient is looked at.
    pub analytic_rounding: Option<&'a [f64]>,
    /// The same function on complex numbers, with analytic operations only, where there is one: a second
    /// method for those that do not agree at first, sharper and cheaper than a ladder of steps.
    pub shadow: Option<&'a dyn Objective<Complex<f64>>>,
    /// By what the judge judges; leave it as it is, but to find out what hangs on it.
    pub constants: Constants,
    /// What is known of the function, to name causes by.
    pub context: Context,
    /// What the gradient would be under mistakes that people make in such a function; called only when
    /// it is wrong.
    pub mistakes: Option<&'a dyn Mistakes>,
    /// The kinks of J along a coordinate, within a distance of the point: called after the verdict, for a
    /// handful of coordinates that a kink matters for.
    pub kinks: Option<&'a (dyn Fn(usize, f64) -> Vec<NamedKink> + Sync)>,
    /// Seed of the direction along which the noise of J is measured, and of those of the slope test.
    pub seed: u64,
    /// Whether to make the slope test too: 44 evaluations of J for each block and 44 over all, at most
    /// twice as many where J knows its smooth pieces. It moves every parameter, whatever the selection.
    pub slope_test: bool,
    /// Threads, progress, cancellation. With a slot for failures ([`Execution::failure`]) a check that J fails in
    /// ends as a cancelled one does: what was found wrong stays wrong, and what agreed is
    /// [`Reason::Interrupted`](crate::Reason::Interrupted). Where nothing had been compared yet it is the error that is returned, and the slot empty.
    pub execution: Execution<'a>,
}

impl Default for Settings<'_> {
    fn default() -> Self {
        Self {
            scheme: Scheme::CENTRAL,
            selection: Selection::All,
            working_epsilon: f64::EPSILON,
            analytic_noise: None,
            analytic_rounding: None,
            shadow: None,
            constants: Constants::default(),
            context: Context::default(),
            mistakes: None,
            kinks: None,
            seed: 0,
            slope_test: true,
            execution: Execution::default(),
        }
    }
}

/// Why a check could not be made.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CheckError {
    /// The analytic gradient has another length than the parameters.
    #[error("the analytic gradient does not fit the parameters: {0}")]
    Gradient(#[source] LayoutError),
    /// The point has another length than the layout.
    #[error("the point does not fit the layout: {0}")]
    Point(#[source] LayoutError),
    /// The layout and the objective disagree on the number of parameters.
    #[error("the objective takes {objective} parameters, but the layout {layout} has {len}")]
    Layout {
        /// n of the objective.
        objective: usize,
        /// The layout in short form.
        layout: String,
        /// Its length.
        len: usize,
    },
    /// There is nothing to check.
    #[error("there are no parameters to check: the layout or the selection is empty")]
    Empty,
    /// All that was selected is fixed.
    #[error(
        "nothing moves the parameters to check: {fixed} of them were selected, and all are fixed, or their \
         lower bound is their upper one"
    )]
    AllFixed {
        /// How many were selected.
        fixed: usize,
    },
    /// A check along directions was asked for none.
    #[error("a check along directions needs at least one a block; three is the default")]
    NoDirections,
    /// A resolution that is no share of a scale.
    #[error(
        "the resolution {value} is no share of a scale: give a number between 0 and 1, such as 1e-2"
    )]
    Resolution {
        /// As given.
        value: f64,
    },
    /// A block to be fixed that is not there.
    #[error("no block is named `{name}`, which is to be fixed: the blocks are {layout}")]
    NoSuchBlock {
        /// The name.
        name: String,
        /// The layout in short form.
        layout: String,
    },
    /// A function of many values was given without any derivative of it.
    #[error(
        "there is nothing to check: give the Jacobian, a vector-Jacobian or a Jacobian-vector product"
    )]
    NothingToCheck,
    /// A function of many values gives none.
    #[error("the function gives no values at this point: there is nothing to differentiate")]
    NoValues,
    /// A function of many values gives another number of them than was said.
    #[error("the function gives {got} values, but `{name}` of shape {shape:?} has {expected}")]
    Output {
        /// The output.
        name: String,
        /// Its shape.
        shape: Vec<usize>,
        /// The number of entries of that shape.
        expected: usize,
        /// The number of values.
        got: usize,
    },
    /// The numeric side failed at a coordinate.
    #[error("at {name}: {source}")]
    At {
        /// The coordinate, such as `W2[3,1]`.
        name: String,
        /// What happened.
        source: DifferenceError,
    },
    /// The backward pass failed.
    #[error("{call} failed: {source}")]
    Backward {
        /// Which call of it.
        call: &'static str,
        /// What it failed with.
        source: EvaluationError,
    },
    /// A fast way to evaluate J around a point contradicts J itself. No verdict on the gradient can rest on it.
    #[error(
        "the engine `{engine}` is at fault, not the gradient: at {name} it gives the derivative {fast:e}, and \
         plain evaluations of the cost give {plain:e}, which is further apart than the {allowed:.1e} that \
         rounding explains. There is no verdict. Check with the engine `full`, and report this"
    )]
    Engine {
        /// Its name.
        engine: &'static str,
        /// The coordinate, such as `W2[3,1]`.
        name: String,
        /// The derivative that it gives.
        fast: f64,
        /// The derivative by plain evaluations.
        plain: f64,
        /// How far apart they may be.
        allowed: f64,
    },
    /// The numeric side failed as a whole.
    #[error(transparent)]
    Difference(DifferenceError),
}

impl From<DomainError> for CheckError {
    fn from(wrong: DomainError) -> Self {
        Self::Difference(DifferenceError::Domain(wrong))
    }
}

impl CheckError {
    /// The caller's own error, where it was one of this type that the function under test failed with.
    ///
    /// ```
    /// use gradient_check::GradientCheck;
    /// let parse = |x: &[f64]| "one".parse::<f64>().map(|a| a * x[0]);
    /// let error = GradientCheck::new(parse, |_: &[f64]| [1.0]).at([2.0]).run().unwrap_err();
    /// assert!(error.caused_by::<std::num::ParseFloatError>().is_some());
    /// ```
    pub fn caused_by<E: std::error::Error + 'static>(&self) -> Option<&E> {
        let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(self);
        while let Some(error) = cause {
            if let Some(found) = error.downcast_ref::<E>() {
                return Some(found);
            }
            cause = error.source();
        }
        None
    }
}

/// Puts an evaluation that failed into the slot for it.
///
/// # Errors
/// The same error, where there is no slot or it is of another kind.
pub(crate) fn keep(error: CheckError, execution: &Execution<'_>) -> Result<(), CheckError> {
    if execution.failure.is_none() {
        return Err(error);
    }
    let failed = match error {
        CheckError::Difference(source) | CheckError::At { source, .. } => source,
        CheckError::Backward { source, .. } => DifferenceError::Center { source },
        other => return Err(other),
    };
    match failed {
        DifferenceError::Center { .. }
        | DifferenceError::Near { .. }
        | DifferenceError::Probe { .. }
        | DifferenceError::Along { .. } => execution.keep(failed).map_err(CheckError::Difference),
        other => Err(CheckError::Difference(other)),
    }
}

/// Checks `analytic`, the gradient of `objective` at `point`, by finite differences.
///
/// First every selected coordinate by `settings.scheme`, then those that do not agree sharply again: on
/// complex numbers where there is [`Settings::shadow`], and on a ladder of steps. See [`verdict`] for the
/// rule.
///
/// An objective with a [`Domain`] ([`Objective::domain`], [`finite_diff::Within`]) is evaluated in it only. Next to a bound its
/// derivative is that into the domain, and fixed parameters are left out (docs/theory/bounds.md).
///
/// ```
/// use finite_diff::{ParameterLayout, from_fn};
/// use gradient_check::{Settings, Verdict, check};
///
/// let j = from_fn(3, |x: &[f64]| x[0] * x[1] + x[2].sin());
/// let layout = ParameterLayout::new().with("w", &[2])?.with("b", &[1])?;
/// let at: [f64; 3] = [2.0, -1.0, 0.5];
///
/// let right = [at[1], at[0], at[2].cos()];
/// assert_eq!(check(&j, &right, &at, &layout, &Settings::default())?.verdict, Verdict::Agree);
///
/// let wrong = [at[1], at[0], -at[2].cos()];
/// let report = check(&j, &wrong, &at, &layout, &Settings::default())?;
/// assert_eq!(report.verdict, Verdict::Disagree);
/// assert_eq!(report.worst[0].coordinate.to_string(), "b[0]");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`CheckError`], where the pieces don't fit together or an evaluation fails. A gradient that is
/// wrong is no error but a verdict.
pub fn check<T: Real, O: Objective<T> + ?Sized>(
    objective: &O,
    analytic: &[f64],
    point: &[T],
    layout: &ParameterLayout,
    settings: &Settings<'_>,
) -> Result<Report, CheckError> {
    let measured = measure(of(&objective), analytic, point, layout, settings)?;
    let theta: Vec<f64> = point.iter().map(|x| x.widen()).collect();
    let mut report = judge(&measured, layout, &theta, settings);
    report.kinks = name_kinks(&measured.evidence, layout, settings, |coordinate| {
        finite_diff::ladder_reach(point[coordinate])
    });
    Ok(report)
}

/// Whatever it is, behind one type: the checks are compiled once, and not for every closure that comes along.
fn of<T: Copy + Send + Sync, O: Objective<T>>(objective: &O) -> &dyn Objective<T> {
    objective
}

/// The first half of [`check`]: everything that is measured, and no word on it. With
/// [`Evidence::by_block`] and [`verdict::compare_block`] it gives what a [`Report`] leaves out, each
/// single comparison.
///
/// ```
/// use finite_diff::{ParameterLayout, from_fn};
/// use gradient_check::{Settings, gather, verdict};
///
/// let j = from_fn(2, |x: &[f64]| x[0] * x[1].sin());
/// let layout = ParameterLayout::new().with("x", &[2])?;
/// let at: [f64; 2] = [2.0, 0.5];
/// let gradient = [at[1].sin(), at[0] * at[1].cos()];
/// let evidence = gather(&j, &gradient, &at, &layout, &Settings::default())?;
/// for block in evidence.by_block(&layout) {
///     for comparison in verdict::compare_block(&evidence, block) {
///         let off = (comparison.analytic - comparison.numeric.unwrap()).abs();
///         assert!(off <= comparison.tolerance);
///     }
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// As [`check`].
pub fn gather<T: Real, O: Objective<T> + ?Sized>(
    objective: &O,
    analytic: &[f64],
    point: &[T],
    layout: &ParameterLayout,
    settings: &Settings<'_>,
) -> Result<Evidence, CheckError> {
    let settings = Settings {
        slope_test: false,
        ..settings.clone()
    };
    Ok(measure(of(&objective), analytic, point, layout, &settings)?.evidence)
}

/// Checks `analytic` by the complex step: sharper by five digits than finite differences and with one
/// evaluation a coordinate, for an objective that runs on complex numbers with analytic operations
/// only. `settings.scheme` is not used.
///
/// # Errors
/// As [`check`].
pub fn check_by_complex_step<O: Objective<Complex<f64>> + ?Sized>(
    objective: &O,
    analytic: &[f64],
    point: &[f64],
    layout: &ParameterLayout,
    settings: &Settings<'_>,
) -> Result<Report, CheckError> {
    let measured = measure_by_complex_step(of(&objective), analytic, point, layout, settings)?;
    Ok(judge(&measured, layout, point, settings))
}

/// The first half of [`check_by_complex_step`], as [`gather`] is that of [`check`].
///
/// # Errors
/// As [`check`].
pub fn gather_by_complex_step<O: Objective<Complex<f64>> + ?Sized>(
    objective: &O,
    analytic: &[f64],
    point: &[f64],
    layout: &ParameterLayout,
    settings: &Settings<'_>,
) -> Result<Evidence, CheckError> {
    let settings = Settings {
        slope_test: false,
        ..settings.clone()
    };
    Ok(measure_by_complex_step(of(&objective), analytic, point, layout, &settings)?.evidence)
}

/// Judges `analytic` by numeric derivatives that somebody else has taken, each with its bar: no further look is
/// taken where one would be wanted. `settings` says how well the analytic side can be.
///
/// ```
/// use finite_diff::{Estimate, ParameterLayout};
/// use gradient_check::{Settings, Verdict, check_estimates};
/// let layout = ParameterLayout::flat("dZ", 2);
/// let estimate = |derivative| Estimate {
///     derivative,
///     truncation: 1e-11,
///     noise: 1e-11,
///     step: 1e-5,
///     flat: false,
/// };
/// let numeric = [estimate(0.25), estimate(-1.0)];
/// let verdict = |analytic: [f64; 2]| {
///     check_estimates(&analytic, &numeric, &layout, &Settings::default()).map(|report| report.verdict)
/// };
/// assert_eq!(verdict([0.25, -1.0])?, Verdict::Agree);
/// assert_eq!(verdict([0.25, 1.0])?, Verdict::Disagree);
/// # Ok::<(), gradient_check::CheckError>(())
/// ```
///
/// # Errors
/// [`CheckError::Gradient`] and [`CheckError::Point`] where the lengths don't fit, [`CheckError::Empty`].
pub fn check_estimates(
    analytic: &[f64],
    estimates: &[Estimate],
    layout: &ParameterLayout,
    settings: &Settings<'_>,
) -> Result<Report, CheckError> {
    layout
        .check_len(estimates.len())
        .map_err(CheckError::Point)?;
    layout
        .check_len(analytic.len())
        .map_err(CheckError::Gradient)?;
    if layout.is_empty() {
        return Err(CheckError::Empty);
    }
    let mut measured = Measured::begin(analytic, settings);
    measured.scheme = "given";
    let entries = estimates.iter().enumerate();
    let given = Derivatives {
        center: f64::NAN,
        entries: entries
            .map(|(coordinate, estimate)| Entry {
                coordinate,
                outcome: Outcome::Estimated(*estimate),
                evaluations: 0,
            })
            .collect(),
        evaluations: 0,
        interrupted: false,
    };
    measured.evidence.selected = estimates.len();
    // It is not known, and was a number if there are derivatives.
    measured.evidence.cost = 0.0;
    collect(&mut measured.evidence, given, analytic, settings);
    // Nothing is known of a point, and a decay that is proportional to zeros fits nothing.
    let theta = vec![0.0; layout.len()];
    let report = judge(&measured, layout, &theta, settings);
    Ok(Report {
        cost: f64::NAN,
        ..report
    })
}

/// Measures the noise σ of each entry of a gradient at `point`, for [`Settings::analytic_noise`]: how
/// far rounding in the backward pass moves it, by 27 evaluations of `gradient` next to the point
/// (see [`finite_diff::measure_field_noise`]).
///
/// # Errors
/// [`CheckError::Difference`], where the gradient can't be evaluated.
pub fn measure_gradient_noise<T: Real>(
    gradient: impl Fn(&[T]) -> Result<Vec<f64>, EvaluationError> + Sync,
    point: &[T],
    seed: u64,
) -> Result<Vec<Option<f64>>, CheckError> {
    finite_diff::measure_field_noise(gradient, point, seed).map_err(CheckError::Difference)
}

/// The same, the gradient being evaluated in a domain only, and beside each other where one evaluation takes long.
/// Empty where the run was stopped.
///
/// # Errors
/// [`CheckError::Difference`], where the point does not lie in it or the gradient can't be evaluated; with a slot
/// for failures ([`Execution::failure`]) the latter is none.
pub fn measure_gradient_noise_within<T: Real>(
    gradient: impl Fn(&[T]) -> Result<Vec<f64>, EvaluationError> + Sync,
    point: &[T],
    domain: Option<&Domain>,
    seed: u64,
    execution: &Execution<'_>,
) -> Result<Vec<Option<f64>>, CheckError> {
    finite_diff::measure_field_noise_within(gradient, point, domain, seed, execution)
        .map_err(CheckError::Difference)
}

/// The report on the evidence: nothing is evaluated here.
pub(crate) fn judge(
    measured: &Measured,
    layout: &ParameterLayout,
    theta: &[f64],
    settings: &Settings<'_>,
) -> Report {
    let evidence = &measured.evidence;
    let compared: Vec<_> = evidence
        .by_block(layout)
        .map(|observations| {
            (
                verdict::scale(observations),
                verdict::compare_block(evidence, observations),
            )
        })
        .collect();
    let slope = measured
        .lines
        .as_ref()
        .map(|lines| slope::judge(lines, layout, &measured.analytic, &compared));
    let frame = Frame {
        theta,
        working_epsilon: evidence.working_epsilon,
        context: &settings.context,
        mistakes: settings.mistakes,
        cost: evidence.cost,
        selected: evidence.selected,
        fixed: measured.fixed,
        reexamined: evidence.reexamined,
        evaluations: evidence.evaluations,
        elapsed: measured.begun.elapsed(),
        recheck: evidence.recheck,
        scheme: measured.scheme.to_owned(),
        interrupted: evidence.interrupted,
        slope,
    };
    assemble(layout, compared, frame)
}
