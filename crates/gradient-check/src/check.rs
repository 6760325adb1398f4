//! The check itself: the entries, and the way from what was measured to a report.

use std::time::Duration;

use finite_diff::layout::LayoutError;
use finite_diff::{
    Domain, Estimate, EvaluationError, Execution, Objective, Outcome, ParameterLayout, Real,
};
use num_complex::Complex;

use crate::assemble::{Frame, as_seen, assemble};
use crate::course::{self, CompareSettings};
use crate::diagnosis::Context;
use crate::directions;
use crate::error::CheckError;
use crate::evidence::{AlongKinks, Evidence};
use crate::kinks::name_kinks;
use crate::measure::{Measured, measure, measure_by_complex_step};
use crate::report::{BrokenTie, CostNoise, Report};
use crate::seen::{First, OnRealNumbers};
use crate::settings::Settings;
use crate::verdict::{self, Tie};

/// Checks `analytic`, the gradient of `objective` at `point`, by finite differences.
///
/// First every selected coordinate by `settings.scheme`, then those that do not agree sharply again: on
/// complex numbers where there is [`Settings::shadow`], and on a ladder of steps. See [`verdict`] for the
/// rule.
///
/// An objective with a [`Domain`] ([`Objective::domain`], [`finite_diff::domain::Within`]) is evaluated in it only. Next to
/// a bound its derivative is that into the domain, and fixed parameters are left out (docs/theory/bounds.md).
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
    once(&objective, analytic, point, layout, settings)
}

finite_diff::compiled_once! {
    fn once<'a, T>(
        objective: &'a dyn Objective<T>,
        analytic: &'a [f64],
        point: &'a [T],
        layout: &'a ParameterLayout,
        settings: &'a Settings<'a>,
    ) -> Result<Report, CheckError> = check_of
}

fn check_of<T: Real>(
    objective: &dyn Objective<T>,
    analytic: &[f64],
    point: &[T],
    layout: &ParameterLayout,
    settings: &Settings<'_>,
) -> Result<Report, CheckError> {
    let (seen, measured) = measure(objective, analytic, point, layout, settings)?;
    let theta = seen.problem.theta();
    // The evidence holds what was seen, and may be all that memory has room for.
    drop(seen);
    let mut report = judge(&measured, layout, &theta, settings);
    report.kinks = name_kinks(&measured.evidence, layout, settings, |coordinate| {
        finite_diff::ladder::ladder_reach(point[coordinate])
    });
    Ok(report)
}

/// The first half of [`check`]: everything that is measured, without a verdict. With
/// [`verdict::compare_all`] it gives what a [`Report`] leaves out, each
/// single comparison.
///
/// ```
/// use finite_diff::{ParameterLayout, from_fn};
/// use gradient_check::{Settings, verdict};
/// use gradient_check::check::gather;
///
/// let j = from_fn(2, |x: &[f64]| x[0] * x[1].sin());
/// let layout = ParameterLayout::new().with("x", &[2])?;
/// let at: [f64; 2] = [2.0, 0.5];
/// let gradient = [at[1].sin(), at[0] * at[1].cos()];
/// let evidence = gather(&j, &gradient, &at, &layout, &Settings::default())?;
/// for (_, block) in verdict::compare_all(&evidence, &layout) {
///     for comparison in block {
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
        directional_test: false,
        ..settings.clone()
    };
    gather_once(&objective, analytic, point, layout, &settings)
}

finite_diff::compiled_once! {
    fn gather_once<'a, T>(
        objective: &'a dyn Objective<T>,
        analytic: &'a [f64],
        point: &'a [T],
        layout: &'a ParameterLayout,
        settings: &'a Settings<'a>,
    ) -> Result<Evidence, CheckError> = gather_of
}

fn gather_of<T: Real>(
    objective: &dyn Objective<T>,
    analytic: &[f64],
    point: &[T],
    layout: &ParameterLayout,
    settings: &Settings<'_>,
) -> Result<Evidence, CheckError> {
    Ok(measure(objective, analytic, point, layout, settings)?
        .1
        .evidence)
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
    let real = OnRealNumbers(&objective);
    let (_, measured) = measure_by_complex_step(&real, analytic, point, layout, settings)?;
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
        directional_test: false,
        ..settings.clone()
    };
    let real = OnRealNumbers(&objective);
    let (_, measured) = measure_by_complex_step(&real, analytic, point, layout, &settings)?;
    Ok(measured.evidence)
}

/// Judges `analytic` by numeric derivatives that the caller supplies, each with its error bar: no further estimate is
/// taken where one would be wanted. `settings` says how well the analytic side can be.
///
/// ```
/// use finite_diff::{Estimate, ParameterLayout};
/// use gradient_check::{Settings, Verdict};
/// use gradient_check::check::check_estimates;
/// let layout = ParameterLayout::flat("dZ", 2);
/// let estimate = |derivative| Estimate {
///     derivative,
///     truncation: 1e-11,
///     noise: 1e-11,
///     step: 1e-5,
///     flat: false,
///     kink: false,
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
    let given = estimates.iter().enumerate();
    let given = given.map(|(coordinate, estimate)| First {
        coordinate,
        unit: 1.0,
        enough: 0.0,
        outcome: Outcome::Estimated(*estimate),
    });
    let given: Vec<First> = given.collect();
    let evidence = Evidence {
        // It is not known, and was a number if there are derivatives.
        cost: 0.0,
        ..Evidence::beside(&given, analytic, settings)
    };
    let measured = Measured::given(evidence, analytic, "given");
    // Nothing is known of a point, and a decay that is proportional to zeros fits nothing.
    let theta = vec![0.0; layout.len()];
    let report = judge(&measured, layout, &theta, settings);
    Ok(Report {
        cost: f64::NAN,
        ..report
    })
}

/// Compares `analytic` with `numeric`, two gradients without error bars, block by block.
///
/// By default the course's bands decide. A coordinate is wrong when |g − d| is [`BUG_FROM`](crate::course::BUG_FROM) of its
/// block's scale (the root mean square of d) or more, so that one bad entry can't drown in a large block. The others agree
/// where the difference of all of them together is likely right, or where they are by themselves within the same share of
/// the block's scale; else they are inconclusive: without error bars the error of the numeric side is unknown. A block that
/// is zero on both sides is vacuous; one that on both sides is no more than 256 ε of the scale of the whole gradient is zero
/// to within rounding, and agrees. [`CompareSettings`] has the other rules, and the types that the numbers were stored in:
/// one unit in the last place of these counts for nothing.
/// A number that is not finite never agrees: wrong on the analytic side, inconclusive on the numeric one.
///
/// ```
/// use finite_diff::ParameterLayout;
/// use gradient_check::course::{CompareRule, CompareSettings, Stored};
/// use gradient_check::{Verdict, compare_gradients};
/// let layout = ParameterLayout::new().with("W", &[2])?;
/// let compare = |g: &[f64], settings: &CompareSettings| {
///     compare_gradients(g, &[1.0, 2.0], &layout, settings).map(|report| report.verdict)
/// };
/// let bands = CompareSettings::default();
/// assert_eq!(compare(&[1.0, 2.0 + 1e-9], &bands)?, Verdict::Agree);
/// assert_eq!(compare(&[1.0, 4.0], &bands)?, Verdict::Disagree);
/// // A half-precision gradient is not known better than this.
/// let half = CompareSettings { stored: vec![Stored::F16], ..bands.clone() };
/// assert_eq!(compare(&[1.0009, 2.0], &half)?, Verdict::Agree);
/// // As numpy.allclose.
/// let close = CompareSettings { rule: CompareRule::Close { rtol: 1e-5, atol: 1e-8 }, ..bands };
/// assert_eq!(compare(&[1.0, 2.0 + 1.9e-5], &close)?, Verdict::Agree);
/// assert_eq!(compare(&[1.0, 2.0 + 2.1e-5], &close)?, Verdict::Disagree);
/// # Ok::<(), finite_diff::layout::LayoutError>(())
/// ```
///
/// # Errors
/// [`LayoutError::Length`] where a gradient is not as long as the layout.
pub fn compare_gradients(
    analytic: &[f64],
    numeric: &[f64],
    layout: &ParameterLayout,
    settings: &CompareSettings<'_>,
) -> Result<Report, LayoutError> {
    let compared = course::compare(analytic, numeric, layout, settings)?;
    let context = Context::default();
    let frame = Frame {
        // Nothing is known of the parameters.
        theta: &[],
        working_epsilon: f64::EPSILON,
        context: &context,
        mistakes: None,
        cost: f64::NAN,
        selected: layout.len(),
        fixed: 0,
        reexamined: 0,
        evaluations: 0,
        elapsed: Duration::ZERO,
        scheme: "given".to_owned(),
        interrupted: false,
        directional: None,
        recheck: None,
        noise: None,
        accuracy: 0.0,
        tie_directions: 0,
        broken_tie: None,
        keep_comparisons: false,
    };
    Ok(assemble(layout, &as_seen(&compared), frame))
}

/// Measures the noise σ of each entry of a gradient at `point`, for [`Settings::analytic_noise`]: how
/// far rounding in the backward pass moves it, by 27 evaluations of `gradient` next to the point
/// (see [`finite_diff::noise::measure_field_noise`]), inside `domain` and on the threads of `execution`. Empty where the
/// run was stopped.
///
/// # Errors
/// [`CheckError::Difference`], where the point does not lie in the domain or the gradient can't be evaluated; with a slot
/// for failures ([`Execution::failure`]) the latter is none.
pub fn measure_gradient_noise<T: Real>(
    gradient: impl Fn(&[T]) -> Result<Vec<f64>, EvaluationError> + Sync,
    point: &[T],
    domain: Option<&Domain>,
    seed: u64,
    execution: &Execution<'_>,
) -> Result<Vec<Option<f64>>, CheckError> {
    finite_diff::noise::measure_field_noise(gradient, point, domain, seed, execution)
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
    let compared = verdict::compare_all(evidence, layout);
    let directional = measured
        .lines
        .as_ref()
        .map(|lines| directions::judge(lines, layout, &measured.analytic, &compared));
    let frame = Frame {
        theta,
        working_epsilon: evidence.working_epsilon,
        context: &settings.context,
        mistakes: settings.mistakes,
        cost: evidence.cost,
        selected: evidence.selected,
        fixed: measured.facts.fixed,
        reexamined: evidence.reexamined,
        evaluations: evidence.evaluations,
        elapsed: measured.facts.begun.elapsed(),
        recheck: evidence.recheck,
        scheme: measured.facts.scheme.to_owned(),
        interrupted: evidence.interrupted,
        directional,
        noise: cost_noise(measured),
        accuracy: evidence.claim.accuracy,
        tie_directions: along_kinks(evidence, Tie::Together).count(),
        broken_tie: broken_tie(evidence),
        keep_comparisons: settings.keep_comparisons,
    };
    assemble(layout, &as_seen(&compared), frame)
}

/// ε of a single-precision cost is 2⁻²⁴ of it or more, by up to as much as a sum of a thousand terms loses, and a quarter
/// of it where the result has fewer bits.
const SINGLE: std::ops::Range<f64> = 1.5e-8..8e-6;

/// What noise there was in the cost; `None` where it was not measured.
fn cost_noise(measured: &Measured) -> Option<CostNoise> {
    let evidence = &measured.evidence;
    let measures =
        evidence.noise > 0.0 && !matches!(measured.facts.noise, finite_diff::Noise::Absolute(_));
    let share = evidence.noise / evidence.cost.abs();
    measures.then_some(CostNoise {
        of_one_evaluation: evidence.noise,
        spread: evidence.spread,
        is_single: evidence.spread == 0.0 && (!measured.facts.in_double || SINGLE.contains(&share)),
    })
}

/// The directions among entries at kinks of which this is the verdict.
fn along_kinks(evidence: &Evidence, word: Tie) -> impl Iterator<Item = &AlongKinks> {
    let safety = evidence.constants.safety;
    let seen = evidence.along_kinks.iter();
    seen.filter(move |seen| verdict::tie(seen, safety) == word)
}

/// The direction among entries at kinks that shows them to be no subgradient together.
fn broken_tie(evidence: &Evidence) -> Option<BrokenTie> {
    let broken = along_kinks(evidence, Tie::Broken).next()?;
    Some(BrokenTie {
        slopes: [broken.left, broken.right],
        analytic: broken.analytic,
    })
}
