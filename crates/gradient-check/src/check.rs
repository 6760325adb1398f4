//! The check itself: gather evidence in passes over the coordinates, judge it, report.

use std::time::Instant;

use finite_diff::{
    DifferenceError, EvaluationError, Execution, LayoutError, Noise, Objective, Outcome,
    ParameterLayout, Piece, Real, Scheme, Selection,
};
use num_complex::Complex;
use thiserror::Error;

use crate::constants::Constants;
use crate::diagnosis::{Context, Mistakes};
use crate::evidence::Evidence;
use crate::kinks::{NamedKink, name_kinks};
use crate::passes::{
    collect, look_again, look_from_the_complex_plane, noise_on_complex_numbers, sharpen,
    unmeasured, with_rounding,
};
use crate::report::{Frame, Report, assemble};
use crate::slope;
use crate::verdict::{self, Rule};

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
    /// Threads, progress, cancellation.
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
    /// The numeric side failed as a whole.
    #[error(transparent)]
    Difference(DifferenceError),
}

/// Checks `analytic`, the gradient of `objective` at `point`, by finite differences.
///
/// First every selected coordinate by `settings.scheme`, then those that do not agree sharply again: on
/// complex numbers where there is [`Settings::shadow`], and on a ladder of steps. See [`verdict`] for the
/// rule.
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
    let measured = measure(objective, analytic, point, layout, settings)?;
    let theta: Vec<f64> = point.iter().map(|x| x.widen()).collect();
    let mut report = judge(&measured, layout, &theta, settings);
    report.kinks = name_kinks(&measured.evidence, layout, settings, |coordinate| {
        finite_diff::ladder_reach(point[coordinate])
    });
    Ok(report)
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
    Ok(measure(objective, analytic, point, layout, &settings)?.evidence)
}

/// The evidence of [`check`], and how it was gathered.
pub(crate) fn measure<T: Real, O: Objective<T> + ?Sized>(
    objective: &O,
    analytic: &[f64],
    point: &[T],
    layout: &ParameterLayout,
    settings: &Settings<'_>,
) -> Result<Measured, CheckError> {
    let begun = Instant::now();
    let coordinates = fit(objective.dim(), analytic, point.len(), layout, settings)?;
    let (cost, deterministic) = evaluate_twice(objective, point, T::widen)?;
    let mut measured = Measured {
        evidence: begin(cost, deterministic, coordinates.len(), settings),
        noise: Noise::Absolute(f64::NAN),
        smooth: None,
        lines: None,
        analytic: analytic.to_vec(),
        begun,
        scheme: settings.scheme.stencil.name(),
    };
    let evidence = &mut measured.evidence;
    // With a cost that is not a number, or not the same twice, no difference means anything.
    if !deterministic || !cost.is_finite() {
        let nothing = unmeasured(cost, &coordinates);
        collect(evidence, nothing, analytic, settings);
        return Ok(measured);
    }
    let named = |source| name_coordinate(source, layout);
    let seen = finite_diff::measure_noise(objective, point, settings.seed).map_err(named)?;
    evidence.evaluations += seen.evaluations;
    let noise = seen.noise::<T>(cost.abs(), settings.scheme.noise);
    measured.noise = noise;
    evidence.noise = noise.at::<T>(cost.abs());
    let scheme = Scheme {
        noise,
        ..settings.scheme
    };
    let execution = &settings.execution;
    let first = finite_diff::differentiate(objective, point, &coordinates, &scheme, execution)
        .map_err(named)?;
    collect(evidence, first, analytic, settings);
    sharpen(evidence, objective, point, layout, &scheme, execution).map_err(named)?;
    if let Some(shadow) = settings.shadow {
        measured.smooth = smooth_at(objective, point, evidence)?;
        // At a kink it knows one side only, and a word that no other look could confirm is no word.
        if measured.smooth == Some(true) {
            let widened: Vec<f64> = point.iter().map(|x| x.widen()).collect();
            noise_on_complex_numbers(evidence, shadow, &widened, settings).map_err(named)?;
            look_from_the_complex_plane::<T>(evidence, shadow, &widened, layout, settings)
                .map_err(named)?;
        }
    }
    look_again(evidence, objective, point, layout, noise, execution).map_err(named)?;
    let epsilon_f = evidence.noise;
    measured.lines = walk_lines(
        evidence, objective, analytic, point, layout, epsilon_f, settings,
    )?;
    Ok(measured)
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
    let measured = measure_by_complex_step(objective, analytic, point, layout, settings)?;
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
    Ok(measure_by_complex_step(objective, analytic, point, layout, &settings)?.evidence)
}

/// The evidence of [`check_by_complex_step`], and how it was gathered.
pub(crate) fn measure_by_complex_step<O: Objective<Complex<f64>> + ?Sized>(
    objective: &O,
    analytic: &[f64],
    point: &[f64],
    layout: &ParameterLayout,
    settings: &Settings<'_>,
) -> Result<Measured, CheckError> {
    let begun = Instant::now();
    let coordinates = fit(objective.dim(), analytic, point.len(), layout, settings)?;
    let complex: Vec<Complex<f64>> = point.iter().map(|&x| Complex::new(x, 0.0)).collect();
    let (cost, deterministic) = evaluate_twice(objective, &complex, |j| j.re)?;
    let mut measured = Measured {
        evidence: begin(cost, deterministic, coordinates.len(), settings),
        noise: Noise::Absolute(f64::NAN),
        smooth: None,
        lines: None,
        analytic: analytic.to_vec(),
        begun,
        scheme: "complex-step",
    };
    let evidence = &mut measured.evidence;
    if !deterministic || !cost.is_finite() {
        let nothing = unmeasured(cost, &coordinates);
        collect(evidence, nothing, analytic, settings);
        return Ok(measured);
    }
    let named = |source| name_coordinate(source, layout);
    let first = finite_diff::complex_step(objective, point, &coordinates, &settings.execution)
        .map_err(named)?;
    collect(evidence, first, analytic, settings);
    noise_on_complex_numbers(evidence, objective, point, settings).map_err(named)?;
    let rule = Rule::of(evidence);
    for observation in &mut evidence.observations {
        if let Outcome::Estimated(estimate) = &observation.first {
            let estimate = with_rounding(estimate, observation, &rule);
            observation.first = Outcome::Estimated(estimate);
        }
    }
    measured.lines = walk_real_lines(evidence, objective, analytic, point, layout, settings)?;
    Ok(measured)
}

/// Nothing measured but J at the point.
pub(crate) fn begin(
    cost: f64,
    deterministic: bool,
    selected: usize,
    settings: &Settings<'_>,
) -> Evidence {
    Evidence {
        cost,
        deterministic,
        observations: Vec::new(),
        selected,
        reexamined: 0,
        evaluations: 2,
        interrupted: false,
        working_epsilon: settings.working_epsilon,
        noise: 0.0,
        complex_noise: 0.0,
        constants: settings.constants,
    }
}

/// Whether everything has the same length, and which coordinates are meant, in ascending order.
fn fit(
    dim: usize,
    analytic: &[f64],
    point: usize,
    layout: &ParameterLayout,
    settings: &Settings<'_>,
) -> Result<Vec<usize>, CheckError> {
    if dim != layout.len() {
        let layout_text = layout.to_string();
        return Err(CheckError::Layout {
            objective: dim,
            layout: layout_text,
            len: layout.len(),
        });
    }
    layout.check_len(point).map_err(CheckError::Point)?;
    layout
        .check_len(analytic.len())
        .map_err(CheckError::Gradient)?;
    let mut coordinates = settings.selection.coordinates(layout);
    coordinates.sort_unstable();
    coordinates.dedup();
    if let Some(&coordinate) = coordinates.iter().find(|&&coordinate| coordinate >= dim) {
        let source = DifferenceError::NoSuchCoordinate { coordinate, dim };
        return Err(CheckError::Difference(source));
    }
    if coordinates.is_empty() {
        return Err(CheckError::Empty);
    }
    Ok(coordinates)
}

/// Whether J is smooth at the point, as far as it knows.
fn smooth_at<T: Real, O: Objective<T> + ?Sized>(
    objective: &O,
    point: &[T],
    evidence: &mut Evidence,
) -> Result<Option<bool>, CheckError> {
    let piece = objective
        .piece(point)
        .map_err(|source| CheckError::Difference(DifferenceError::Center { source }))?;
    Ok(match piece {
        Piece::Everywhere => Some(true),
        Piece::Numbered { on_kink, .. } => {
            evidence.evaluations += 1;
            Some(!on_kink)
        }
        Piece::Unknown => None,
    })
}

/// J at the point, and whether a second evaluation gives the same bits.
fn evaluate_twice<T: Copy + Send, O: Objective<T> + ?Sized>(
    objective: &O,
    point: &[T],
    widen: impl Fn(T) -> f64,
) -> Result<(f64, bool), CheckError> {
    let evaluate = || match objective.value(point) {
        Ok(value) => Ok(widen(value)),
        Err(source) => Err(CheckError::Difference(DifferenceError::Center { source })),
    };
    let (first, second) = (evaluate()?, evaluate()?);
    // A NaN twice is reported as not finite, whatever its payload.
    Ok((
        first,
        first.to_bits() == second.to_bits() || (first.is_nan() && second.is_nan()),
    ))
}

/// Measures the noise σ of each entry of a gradient at `point`, for [`Settings::analytic_noise`]: how
/// far rounding in the backward pass moves it, by 27 evaluations of `gradient` next to the point
/// (see [`finite_diff::measure_field_noise`]).
///
/// # Errors
/// [`CheckError::Difference`], where the gradient can't be evaluated.
pub fn measure_gradient_noise<T: Real>(
    gradient: impl Fn(&[T]) -> Result<Vec<f64>, EvaluationError>,
    point: &[T],
    seed: u64,
) -> Result<Vec<Option<f64>>, CheckError> {
    finite_diff::measure_field_noise(gradient, point, seed).map_err(CheckError::Difference)
}

/// The evidence of the slope test, if it is wanted and there was no interruption before it.
fn walk_lines<T: Real, O: Objective<T> + ?Sized>(
    evidence: &mut Evidence,
    objective: &O,
    analytic: &[f64],
    point: &[T],
    layout: &ParameterLayout,
    epsilon_f: f64,
    settings: &Settings<'_>,
) -> Result<Option<slope::Lines>, CheckError> {
    if !settings.slope_test || evidence.interrupted {
        return Ok(None);
    }
    let lines = slope::gather(
        objective, analytic, point, layout, evidence, epsilon_f, settings,
    )
    .map_err(|obstacle| match obstacle {
        slope::Obstacle::Layout(source) => CheckError::Point(source),
        slope::Obstacle::Difference(source) => CheckError::Difference(source),
    })?;
    evidence.evaluations += lines.evaluations;
    evidence.interrupted |= lines.interrupted;
    Ok(Some(lines))
}

/// The same for a function of complex numbers, on real ones.
fn walk_real_lines<O: Objective<Complex<f64>> + ?Sized>(
    evidence: &mut Evidence,
    objective: &O,
    analytic: &[f64],
    point: &[f64],
    layout: &ParameterLayout,
    settings: &Settings<'_>,
) -> Result<Option<slope::Lines>, CheckError> {
    if !settings.slope_test || evidence.interrupted {
        return Ok(None);
    }
    let real = OnRealNumbers(objective);
    let measured =
        finite_diff::measure_noise(&real, point, settings.seed).map_err(CheckError::Difference)?;
    evidence.evaluations += measured.evaluations;
    let epsilon_f = measured.epsilon_f::<f64>(evidence.cost.abs());
    walk_lines(
        evidence, &real, analytic, point, layout, epsilon_f, settings,
    )
}

/// A function of complex numbers on real ones.
struct OnRealNumbers<'a, O: ?Sized>(&'a O);

impl<O: Objective<Complex<f64>> + ?Sized> OnRealNumbers<'_, O> {
    fn at(point: &[f64]) -> Vec<Complex<f64>> {
        point.iter().map(|&x| Complex::new(x, 0.0)).collect()
    }
}

impl<O: Objective<Complex<f64>> + ?Sized> Objective<f64> for OnRealNumbers<'_, O> {
    fn dim(&self) -> usize {
        self.0.dim()
    }

    fn value(&self, point: &[f64]) -> Result<f64, EvaluationError> {
        Ok(self.0.value(&Self::at(point))?.re)
    }

    fn piece(&self, point: &[f64]) -> Result<Piece, EvaluationError> {
        self.0.piece(&Self::at(point))
    }
}

/// The evidence, and how it was gathered.
pub(crate) struct Measured {
    pub(crate) evidence: Evidence,
    /// That of J; of NaN where no difference was taken.
    pub(crate) noise: Noise,
    /// Whether J is smooth at the point, where that was asked for and J knows it.
    pub(crate) smooth: Option<bool>,
    /// What the slope test saw.
    pub(crate) lines: Option<slope::Lines>,
    /// The gradient that it was held against.
    pub(crate) analytic: Vec<f64>,
    pub(crate) begun: Instant,
    /// The name of what gave the derivatives.
    pub(crate) scheme: &'static str,
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
        .map(|lines| slope::judge(lines, layout, &measured.analytic, theta, &compared));
    let frame = Frame {
        theta,
        working_epsilon: evidence.working_epsilon,
        context: &settings.context,
        mistakes: settings.mistakes,
        cost: evidence.cost,
        selected: evidence.selected,
        reexamined: evidence.reexamined,
        evaluations: evidence.evaluations,
        elapsed: measured.begun.elapsed(),
        scheme: measured.scheme.to_owned(),
        interrupted: evidence.interrupted,
        slope,
    };
    assemble(layout, compared, frame)
}

pub(crate) fn name_coordinate(source: DifferenceError, layout: &ParameterLayout) -> CheckError {
    match &source {
        DifferenceError::Probe { coordinate, .. } => match layout.coordinate(*coordinate) {
            Some(coordinate) => CheckError::At {
                name: coordinate.to_string(),
                source,
            },
            None => CheckError::Difference(source),
        },
        _ => CheckError::Difference(source),
    }
}
