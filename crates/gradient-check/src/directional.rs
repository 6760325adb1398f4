//! The cheap check of a large gradient: a few random directions a block instead of every coordinate, and
//! bisection down to the coordinate where a block is wrong.
//!
//! Beside θ and g it takes one vector of their length. The numerics are in docs/theory/directions.md; knows
//! no layer, as all of the judge.

mod describe;
mod report;
mod search;

use std::cell::Cell;
use std::ops::Range;
use std::time::Instant;

use finite_diff::directions::{StreamedDirection, WorkingCopy};
use finite_diff::execution::Progress;
use finite_diff::noise::measure_noise;
use finite_diff::parallel::on_threads;
use finite_diff::{
    Block, DifferenceError, Domain, EvaluationError, Execution, Noise, Objective, ParameterLayout,
    Real,
};

pub use report::{
    CommonFactor, DirectionalBlock, DirectionalReport, ExaminedCoordinate, WrongRange,
};

use crate::constants::Constants;
use crate::directions::{Bench, DirectionReading, first_number};
use crate::error::{CheckError, inside, keep, working_epsilon};
use crate::settings::Claim;
use crate::verdict::{Reason, Rule, Verdict, overall};
use search::{Limits, search};

/// The settings of a check along directions.
#[derive(Clone)]
pub struct DirectionalSettings<'a> {
    /// k = 3 directions for each block. What one of them misses once in a hundred is 110 times its bar, by two
    /// 11, by three 5.2, by four 3.6: from the third on another one buys less than a factor of two.
    pub directions: usize,
    /// Seed of the directions, and of the line along which the noise of J is measured.
    pub seed: u64,
    /// ε of the type that the analytic gradient was computed in.
    pub working_epsilon: f64,
    /// The claims about cost and gradient; a required resolution holds for coordinates, and is not used here.
    pub claim: Claim,
    /// The constants of the verdict. Of them `safety`, `rounding`, `deviations`, `doubt`, `resolution` and
    /// `coarsest` are used.
    pub constants: Constants,
    /// The number of wrong ranges at which the search in one block ends: 8. What is wrong in more places than one wants
    /// to read of is found one after the other.
    pub most_ranges: usize,
    /// The number of evaluations of J, over all blocks, at which the search ends: 10,000. One wrong coordinate of 10⁶
    /// takes 200 to 500; where it is cut, the report says so.
    pub most_search_evaluations: u64,
    /// Threads, progress (one unit a block), cancellation.
    pub execution: Execution<'a>,
}

impl Default for DirectionalSettings<'_> {
    fn default() -> Self {
        Self {
            directions: 3,
            seed: 0,
            working_epsilon: f64::EPSILON,
            claim: Claim::default(),
            constants: Constants::default(),
            most_ranges: 8,
            most_search_evaluations: 10_000,
            execution: Execution::default(),
        }
    }
}

impl DirectionalSettings<'_> {
    /// The settings of [`DirectionalSettings::default`], for a cost and a gradient that are both computed to rounding: every
    /// difference beyond the error bars is wrong.
    pub fn exact() -> Self {
        Self {
            claim: Claim::EXACT,
            ..Self::default()
        }
    }
}

/// Checks `analytic`, the gradient of `objective` at `point`, along k random directions in each block of
/// `layout`: some 6k evaluations of J a block instead of four a coordinate, for models with too many of those.
///
/// For each direction u it tells e_u = (g − ∇J)·u with its error bar. An error e of the block shows as
/// e·u, which misses what is allowed with probability at most (9/8)·τ/‖e‖, k directions with that to the k;
/// [`DirectionalBlock::smallest_visible`] says which error that leaves. A block that fails is bisected, with
/// fresh directions, down to the wrong coordinates or to the smallest ranges that hold them.
///
/// An objective with a [`Domain`] is evaluated in it only: entries of a direction are shortened near a bound or turned
/// round, and fixed coordinates not moved (docs/theory/bounds.md).
///
/// Memory: one copy of θ, in which probes move a block and put it back; nothing else of its length is
/// allocated here.
///
/// ```
/// use finite_diff::{ParameterLayout, from_fn};
/// use gradient_check::{Verdict, check_directional};
/// use gradient_check::directional::DirectionalSettings;
///
/// let n = 2000;
/// let j = from_fn(n, |x: &[f64]| x.iter().map(|x| x.sin()).sum::<f64>() / n as f64);
/// let at = vec![0.4; n];
/// let layout = ParameterLayout::new().with("W", &[40, 45])?.with("b", &[200])?;
///
/// let mut g: Vec<f64> = at.iter().map(|x: &f64| x.cos() / n as f64).collect();
/// let report = check_directional(&j, &g, &at, &layout, &DirectionalSettings::default())?;
/// assert_eq!(report.verdict, Verdict::Agree);
///
/// g[17 * 45 + 4] *= 1.01; // W[17,4]
/// let report = check_directional(&j, &g, &at, &layout, &DirectionalSettings::default())?;
/// let wrong = report.wrong().next().unwrap();
/// assert_eq!(wrong.wrong[0].first.to_string(), "W[17,4]");
/// assert_eq!(wrong.wrong[0].range.len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`CheckError`], where the pieces don't fit together, `directions` is zero, or J fails: at θ, or at a point
/// along a direction, of which it names the block and t. A gradient that is wrong is no error but a
/// verdict.
pub fn check_directional<T: Real, O: Objective<T> + ?Sized>(
    objective: &O,
    analytic: &[f64],
    point: &[T],
    layout: &ParameterLayout,
    settings: &DirectionalSettings<'_>,
) -> Result<DirectionalReport, CheckError> {
    // As one type, so that all that follows is compiled once and not for each objective.
    once(
        &finite_diff::objective::Plain(objective),
        analytic,
        point,
        layout,
        settings,
    )
}

finite_diff::compiled_once! {
    fn once<'a, T>(
        objective: &'a dyn Objective<T>,
        analytic: &'a [f64],
        point: &'a [T],
        layout: &'a ParameterLayout,
        settings: &'a DirectionalSettings<'a>,
    ) -> Result<DirectionalReport, CheckError> = on_its_threads
}

fn on_its_threads<T: Real>(
    objective: &dyn Objective<T>,
    analytic: &[f64],
    point: &[T],
    layout: &ParameterLayout,
    settings: &DirectionalSettings<'_>,
) -> Result<DirectionalReport, CheckError> {
    // Handed over once, and not at each of some hundred evaluations, each of which may take a microsecond.
    on_threads(settings.execution.threads, || {
        run(objective, analytic, point, layout, settings)
    })
    .map_err(CheckError::Difference)?
}

fn run<T: Real>(
    objective: &dyn Objective<T>,
    analytic: &[f64],
    point: &[T],
    layout: &ParameterLayout,
    settings: &DirectionalSettings<'_>,
) -> Result<DirectionalReport, CheckError> {
    let begun = Instant::now();
    fit(objective.dim(), analytic, point.len(), layout, settings)?;
    let domain = objective.domain();
    inside(domain, point, layout)?;
    let is_free = |i: usize| domain.is_none_or(|domain| !domain.is_fixed(i));
    let blocks: Vec<(usize, &Block)> = layout
        .blocks()
        .iter()
        .enumerate()
        .filter(|(_, block)| block.range().any(is_free))
        .collect();
    if blocks.is_empty() {
        let fixed = point.len();
        return Err(CheckError::AllFixed { fixed });
    }
    // It runs where we do.
    let copy = WorkingCopy::new(objective, point, None).map_err(CheckError::Difference)?;
    let evaluate = || copy.value().map_err(at_center);
    let (cost, again) = (evaluate()?, evaluate()?);
    let same = cost == again || (cost.is_nan() && again.is_nan());

    let mut report = DirectionalReport {
        verdict: Verdict::Agree,
        cost: cost.widen(),
        noise: f64::NAN,
        parameters: point.len(),
        fixed: domain.map_or(0, Domain::fixed),
        directions: settings.directions,
        blocks: Vec::with_capacity(blocks.len()),
        evaluations: 0,
        search_evaluations: 0,
        elapsed: begun.elapsed(),
        interrupted: false,
    };
    let unusable = if !cost.is_finite() {
        Some(Reason::NonFinite)
    } else if !same {
        Some(Reason::NotDeterministic)
    } else {
        None
    };
    if let Some(reason) = unusable {
        for (_, block) in &blocks {
            let mut unseen = unseen(block);
            unseen.verdict = Verdict::Inconclusive(reason);
            report.blocks.push(unseen);
        }
        report.verdict = Verdict::Inconclusive(reason);
        report.evaluations = copy.evaluations();
        report.elapsed = begun.elapsed();
        return Ok(report);
    }

    let piece = copy.piece().map_err(at_center)?;
    // A number that no block's directions have.
    let line = copy
        .along(StreamedDirection::new(
            settings.seed,
            u64::MAX,
            0..point.len(),
        ))
        .map_err(CheckError::Difference)?;
    let measured = measure_noise(&line, &[T::zero()], settings.seed, &Execution::ONE_THREAD)
        .map_err(CheckError::Difference)?;
    let noise = measured.noise::<T>(cost.widen().abs(), Noise::default());
    report.noise = noise.at::<T>(cost.widen().abs());

    let bench = Bench {
        copy,
        domain,
        analytic,
        cost,
        piece,
        noise,
        rule: Rule {
            cost: cost.widen(),
            constants: settings.constants,
            claim: Claim {
                resolution: None,
                ..settings.claim
            },
            working_epsilon: settings.working_epsilon,
            complex_noise: 0.0,
            interrupted: false,
        },
        seed: settings.seed,
        execution: settings.execution,
        next: Cell::new(0),
    };
    for (done, (number, block)) in blocks.iter().enumerate() {
        bench.next.set(first_number(*number));
        let checked = match check_block(&bench, layout, block, settings, &mut report) {
            Err(error) if done > 0 => {
                keep(error, &settings.execution)?;
                report.interrupted = true;
                unseen(block)
            }
            checked => checked?,
        };
        report.blocks.push(checked);
        if let Some(progress) = settings.execution.progress {
            progress(Progress {
                done: done + 1,
                total: blocks.len(),
            });
        }
    }
    report.verdict = overall(report.blocks.iter().map(|block| block.verdict));
    report.evaluations = bench.copy.evaluations();
    report.elapsed = begun.elapsed();
    Ok(report)
}

fn at_center(source: EvaluationError) -> CheckError {
    CheckError::Difference(DifferenceError::Center { source })
}

/// Whether all that was given belongs together.
fn fit(
    dim: usize,
    analytic: &[f64],
    point: usize,
    layout: &ParameterLayout,
    settings: &DirectionalSettings<'_>,
) -> Result<(), CheckError> {
    layout.check_len(point).map_err(CheckError::Point)?;
    layout
        .check_len(analytic.len())
        .map_err(CheckError::Gradient)?;
    if dim != layout.len() {
        return Err(CheckError::Layout {
            objective: dim,
            layout: layout.to_string(),
            len: layout.len(),
        });
    }
    if layout.is_empty() {
        return Err(CheckError::Empty);
    }
    working_epsilon(settings.working_epsilon)?;
    if settings.directions == 0 {
        return Err(CheckError::NoDirections);
    }
    Ok(())
}

fn unseen(block: &Block) -> DirectionalBlock {
    DirectionalBlock {
        name: block.name().to_owned(),
        range: block.range(),
        verdict: Verdict::Inconclusive(Reason::Interrupted),
        size: f64::NAN,
        readings: Vec::new(),
        wrong: Vec::new(),
        undecided: Vec::new(),
        cut: false,
    }
}

/// Checks one block: along its directions until one of them is wrong, and then by the search.
fn check_block<T: Real, O: Objective<T> + ?Sized>(
    bench: &Bench<'_, T, O>,
    layout: &ParameterLayout,
    block: &Block,
    settings: &DirectionalSettings<'_>,
    report: &mut DirectionalReport,
) -> Result<DirectionalBlock, CheckError> {
    let mut checked = unseen(block);
    let is_free = |at: usize| bench.is_free(at);
    let (no_numbers, more) =
        not_numbers(bench.analytic, block.range(), is_free, settings.most_ranges);
    if !no_numbers.is_empty() {
        // J is a number at θ and g is not: nothing needs to be evaluated.
        checked.verdict = Verdict::Disagree;
        checked.cut = more;
        checked.wrong = no_numbers
            .into_iter()
            .filter_map(|range| not_a_number(layout, range))
            .collect();
        return Ok(checked);
    }
    let entry = bench.typical_entry(block.range());
    let allowance = bench.allowance(block.range(), entry);
    checked.size = allowance.size;
    for _ in 0..settings.directions {
        if bench.is_cancelled() {
            report.interrupted = true;
            return Ok(checked);
        }
        let seen = bench.look(&bench.fresh(block.range()), &allowance, Some(block.name()))?;
        checked.readings.push(seen.reading);
        if seen.reading.verdict != Verdict::Disagree {
            continue;
        }
        checked.verdict = Verdict::Disagree;
        let before = bench.copy.evaluations();
        let left = settings
            .most_search_evaluations
            .saturating_sub(report.search_evaluations);
        let limits = Limits {
            directions: settings.directions,
            ranges: settings.most_ranges,
            until: before.saturating_add(left),
        };
        let found = search(bench, layout, block, &seen.reading, seen.calm, limits);
        report.search_evaluations += bench.copy.evaluations() - before;
        let found = match found {
            Ok(found) => found,
            Err(error) => {
                // Wrong it is, wherever that may be.
                keep(error, &settings.execution)?;
                report.interrupted = true;
                checked.cut = true;
                return Ok(checked);
            }
        };
        report.interrupted |= bench.is_cancelled();
        checked.wrong = found.wrong;
        checked.undecided = found.undecided;
        checked.cut = found.cut;
        return Ok(checked);
    }
    checked.verdict = word(&checked.readings);
    Ok(checked)
}

/// Agree if every direction does, else the first reason why one does not; vacuous only if all are.
fn word(readings: &[DirectionReading]) -> Verdict {
    let vacuous = Verdict::Inconclusive(Reason::Vacuous);
    let undecided = readings
        .iter()
        .map(|reading| reading.verdict)
        .filter(|verdict| *verdict != Verdict::Agree);
    let mut first = None;
    for verdict in undecided {
        if verdict != vacuous {
            return verdict;
        }
        first = Some(verdict);
    }
    first.unwrap_or(Verdict::Agree)
}

/// The ranges of `range` in which g is no number, up to `most` of them, and whether there are more.
fn not_numbers(
    analytic: &[f64],
    range: Range<usize>,
    is_free: impl Fn(usize) -> bool,
    most: usize,
) -> (Vec<Range<usize>>, bool) {
    let mut ranges: Vec<Range<usize>> = Vec::new();
    for at in range {
        if analytic.get(at).is_none_or(|g| g.is_finite()) || !is_free(at) {
            continue;
        }
        if let Some(last) = ranges.last_mut().filter(|last| last.end == at) {
            last.end = at + 1;
        } else if ranges.len() >= most.max(1) {
            return (ranges, true);
        } else {
            ranges.push(at..at + 1);
        }
    }
    (ranges, false)
}

fn not_a_number(layout: &ParameterLayout, range: Range<usize>) -> Option<WrongRange> {
    Some(WrongRange {
        first: layout.coordinate(range.start)?,
        last: layout.coordinate(range.end - 1)?,
        range,
        error: f64::NAN,
        tolerance: 0.0,
        narrowed: true,
        examined: Vec::new(),
        factor: None,
    })
}
