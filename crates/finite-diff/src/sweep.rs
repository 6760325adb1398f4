//! The lift from one coordinate to many: one short file for every scheme.
//!
//! Coordinates are independent, so that the result has the same bits for every number of threads.

mod complex;
mod fine;

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use crate::domain::Interval;
use crate::error::{DifferenceError, Side};
use crate::estimate::{Noise, Outcome, estimate};
use crate::execution::Progress;
use crate::formula::Formulas;
use crate::line::{Line, ProbeFailure, Seen, point as point_at};
use crate::objective::{Neighborhood, Piece, Probe};
use crate::parallel::{SLOW, one_by_one, share_out};
use crate::prefetch::Pending;
use crate::{Domain, Estimate, EvaluationError, Execution, Objective, Real, Stencil, StepSize};

pub(crate) use complex::COMPLEX_STEP;
pub use complex::complex_step;
pub use fine::{differentiate_closely, differentiate_finely};

/// Which finite differences to take.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scheme {
    /// The formula.
    pub stencil: Stencil,
    /// The rule for h.
    pub step: StepSize,
    /// The noise of J, as far as it is known.
    pub noise: Noise,
}

impl Scheme {
    /// Central differences at the step ε^⅓·max(1, |x|).
    pub const CENTRAL: Self = Self::optimal(Stencil::CENTRAL);

    /// `stencil` at its own best step, the noise of J taken as 2ε|J|.
    pub const fn optimal(stencil: Stencil) -> Self {
        Self {
            stencil,
            step: StepSize::Optimal,
            noise: Noise::Relative(2.0),
        }
    }

    /// Central differences at the absolute step of the course, whatever the value of the parameter.
    pub const fn course(epsilon: f64) -> Self {
        Self {
            stencil: Stencil::CENTRAL,
            step: StepSize::Absolute(epsilon),
            noise: Noise::Relative(2.0),
        }
    }
}

/// The numeric derivative of one coordinate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Entry<E = Estimate> {
    /// The flat index.
    pub coordinate: usize,
    /// The derivative, or why there is none.
    pub outcome: Outcome<E>,
    /// The number of evaluations of J for this coordinate.
    pub evaluations: u64,
}

/// Numeric derivatives at one point.
#[derive(Debug, Clone, PartialEq)]
pub struct Derivatives<E = Estimate> {
    /// J at the point itself; NaN where it failed, or an error of an earlier run was in the slot
    /// ([`Execution::failure`]).
    pub center: f64,
    /// One entry for each coordinate, in the order they were asked for. Fewer, where the run was interrupted.
    pub entries: Vec<Entry<E>>,
    /// The number of evaluations of J in all.
    pub evaluations: u64,
    /// Whether the run was cancelled, or an evaluation failed and left its error in the slot, before every
    /// coordinate was done.
    pub interrupted: bool,
}

/// The derivatives ∂J/∂x_i at `point` for each i in `coordinates` by finite differences.
///
/// Each comes with the error bar of [`Estimate`]. The evaluations for a coordinate start from `point`
/// as given; it is never changed.
///
/// ```
/// use finite_diff::{Execution, Scheme, differentiate, from_fn};
/// let j = from_fn(2, |x: &[f64]| x[0] * x[0] * x[1]);
/// let run = differentiate(&j, &[3.0, 2.0], &[0, 1], &Scheme::CENTRAL, &Execution::default())?;
/// let d = run.entries[0].outcome.estimated().unwrap();
/// assert!((d.derivative - 12.0).abs() <= d.error_bar());
/// # Ok::<(), finite_diff::DifferenceError>(())
/// ```
///
/// # Errors
/// [`DifferenceError`]: a point or coordinate that doesn't fit, an invalid step size, or the first
/// coordinate (in the order asked for) at which the objective failed. With a slot for failures
/// ([`Execution::failure`]) that is no error but the end of the run.
pub fn differentiate<T: Real, O: Objective<T> + ?Sized>(
    objective: &O,
    point: &[T],
    coordinates: &[usize],
    scheme: &Scheme,
    execution: &Execution<'_>,
) -> Result<Derivatives, DifferenceError> {
    once(&objective, point, coordinates, scheme, execution)
}

crate::compiled_once! {
    fn once<'a, T>(
        objective: &'a dyn Objective<T>,
        point: &'a [T],
        coordinates: &'a [usize],
        scheme: &'a Scheme,
        execution: &'a Execution<'a>,
    ) -> Result<Derivatives, DifferenceError> = differences
}

fn differences<T: Real>(
    objective: &dyn Objective<T>,
    point: &[T],
    coordinates: &[usize],
    scheme: &Scheme,
    execution: &Execution<'_>,
) -> Result<Derivatives, DifferenceError> {
    if !scheme.step.is_valid() {
        return Err(DifferenceError::InvalidStep { step: scheme.step });
    }
    check(objective.dim(), point.len(), coordinates)?;
    let domain = objective.domain();
    inside(domain, point)?;
    // A shortcut does not know bounds.
    if let Some(shortcut) = objective.shortcut().filter(|_| domain.is_none()) {
        return shortcut.differentiate(point, coordinates, scheme, execution);
    }
    let formulas = Formulas::new::<T>(scheme, domain);
    sweep(
        objective,
        point,
        coordinates,
        formulas.points(),
        execution,
        |_, coordinate, probes| {
            let x = point[coordinate];
            let interval = interval(domain, coordinate);
            if let Some(choice) = formulas.choose(coordinate, x) {
                let offsets = choice.formula.offsets.iter();
                let points = offsets.filter_map(|&o| point_at(x, o, choice.step));
                let is_inside =
                    |x: &T| interval.as_ref().is_none_or(|interval| interval.admits(*x));
                probes.extend(points.filter(is_inside));
            }
        },
        |near, center, group, scratch, entries| {
            if near.batch() > 1 {
                probe_group(near, point, group, &formulas, scratch)?;
            }
            let mut values = scratch.values.drain(..);
            for &coordinate in group {
                let x = point[coordinate];
                let Some(choice) = formulas.choose(coordinate, x) else {
                    let step = formulas.step(x);
                    entries.push(Entry {
                        coordinate,
                        outcome: Outcome::StepNotRepresentable { step },
                        evaluations: 0,
                    });
                    continue;
                };
                let seen = &mut scratch.seen;
                seen.clear();
                seen.push((x, center.widen()));
                let offsets = choice.formula.offsets.iter();
                let points = offsets.filter_map(|&o| point_at(x, o, choice.step));
                seen.extend(
                    points
                        .zip(&mut values)
                        .map(|(at, value)| (at, value.widen())),
                );
                let interval = interval(domain, coordinate);
                let mut line = Line::new(near, coordinate, x, interval, seen);
                let failed = |failure| (coordinate, failure);
                let mut outcome = estimate(&mut line, &choice, scheme.noise).map_err(failed)?;
                let closer = outcome
                    .estimated()
                    .and_then(|seen| formulas.closer(coordinate, x, &choice, seen));
                if let Some(closer) = closer {
                    let other = estimate(&mut line, &closer, scheme.noise).map_err(failed)?;
                    let bar = |outcome: &Outcome| outcome.estimated().map(Estimate::error_bar);
                    if bar(&other).zip(bar(&outcome)).is_some_and(|(b, a)| b < a) {
                        outcome = other;
                    }
                }
                entries.push(Entry {
                    coordinate,
                    outcome,
                    evaluations: line.evaluations,
                });
            }
            Ok(())
        },
    )
    .map(|derivatives| derivatives.map_center(Real::widen))
}

/// Checks that the point lies in the domain.
pub(crate) fn inside<T: Real>(domain: Option<&Domain>, point: &[T]) -> Result<(), DifferenceError> {
    domain.map_or(Ok(()), |domain| domain.check(point))?;
    Ok(())
}

fn interval(domain: Option<&Domain>, coordinate: usize) -> Option<Interval> {
    domain.and_then(|domain| domain.interval(coordinate))
}

/// J at all points that the derivatives by a group of coordinates need, in one batch.
fn probe_group<T: Real>(
    near: &mut dyn Neighborhood<T>,
    point: &[T],
    group: &[usize],
    formulas: &Formulas<'_>,
    scratch: &mut Scratch<T>,
) -> Result<(), (usize, ProbeFailure)> {
    let Scratch { probes, values, .. } = scratch;
    probes.clear();
    values.clear();
    for &coordinate in group {
        let x = point[coordinate];
        let Some(choice) = formulas.choose(coordinate, x) else {
            continue;
        };
        // What is no point has no value, and the estimate finds out by itself.
        let offsets = choice.formula.offsets.iter();
        let replacements = offsets.filter_map(|&o| point_at(x, o, choice.step));
        probes.extend(replacements.map(|replacement| Probe {
            coordinate,
            replacement,
        }));
    }
    near.values_with(probes, values).map_err(|source| {
        let failed = probes.get(values.len());
        let coordinate = failed.map_or(0, |probe| probe.coordinate);
        let replacement = failed.map_or(f64::NAN, |probe| probe.replacement.widen());
        let x = point[coordinate];
        let h = formulas
            .choose(coordinate, x)
            .map_or(f64::NAN, |choice| choice.step);
        let offset = ((replacement - x.widen()) / h).round() as i32;
        let side = Side {
            offset,
            replacement,
        };
        (coordinate, (side, source))
    })
}

/// What a sweep collects, before J(x) is brought to `f64`.
struct Swept<T, E> {
    /// `None` where J was not evaluated there, or failed.
    center: Option<T>,
    entries: Vec<Entry<E>>,
    interrupted: bool,
}

impl<T, E> Swept<T, E> {
    fn map_center(self, widen: impl Fn(T) -> f64) -> Derivatives<E> {
        // One evaluation is J at the point itself.
        let evaluations = u64::from(self.center.is_some())
            + self
                .entries
                .iter()
                .map(|entry| entry.evaluations)
                .sum::<u64>();
        Derivatives {
            center: self.center.map_or(f64::NAN, widen),
            entries: self.entries,
            evaluations,
            interrupted: self.interrupted,
        }
    }
}

/// What a thread reuses from group to group, so that no probe allocates.
struct Scratch<T> {
    probes: Vec<Probe<T>>,
    values: Vec<T>,
    seen: Vec<Seen<T>>,
}

/// Checks that the lengths fit and that every coordinate exists.
pub(crate) fn check(dim: usize, got: usize, coordinates: &[usize]) -> Result<(), DifferenceError> {
    if got != dim {
        return Err(DifferenceError::PointLength { expected: dim, got });
    }
    match coordinates.iter().find(|&&coordinate| coordinate >= dim) {
        Some(&coordinate) => Err(DifferenceError::NoSuchCoordinate { coordinate, dim }),
        None => Ok(()),
    }
}

/// The unit in which work is given to threads, in coordinates: enough of them for every batch, and enough
/// pieces to share out.
const CHUNK: usize = 64;

/// Asks `along` for the entries of groups of coordinates that take `probes` evaluations each. It gets a
/// neighborhood, J(x), the group and what to reuse, and appends one entry a coordinate.
///
/// Where one evaluation takes long, they are made beside each other, also those of one coordinate: `wanted` appends
/// the probes that a coordinate will take. It is told whether J has several smooth pieces.
fn sweep<T, E, O, W, F>(
    objective: &O,
    point: &[T],
    coordinates: &[usize],
    probes: usize,
    execution: &Execution<'_>,
    wanted: W,
    along: F,
) -> Result<Swept<T, E>, DifferenceError>
where
    T: Copy + PartialEq + Send + Sync,
    E: Send,
    O: Objective<T> + ?Sized,
    W: Fn(bool, usize, &mut Vec<T>),
    F: Fn(
            &mut dyn Neighborhood<T>,
            T,
            &[usize],
            &mut Scratch<T>,
            &mut Vec<Entry<E>>,
        ) -> Result<(), (usize, ProbeFailure)>
        + Sync,
{
    let nothing = || Swept {
        center: None,
        entries: Vec::new(),
        interrupted: true,
    };
    if execution.has_failed() {
        return Ok(nothing());
    }
    let at_center = |source: EvaluationError| DifferenceError::Center { source };
    let prepared = objective.neighborhood(point).and_then(|mut near| {
        let begun = Instant::now();
        let center = near.center()?;
        Ok((near, center, begun.elapsed()))
    });
    let (mut near, center, elapsed) = match prepared {
        Ok(prepared) => prepared,
        Err(source) => {
            execution.keep(at_center(source))?;
            return Ok(nothing());
        }
    };
    let is_alone = execution.threads == Some(NonZeroUsize::MIN);
    let is_slow = elapsed >= SLOW && near.batch() == 1 && !is_alone;
    let group = (near.batch() / probes.max(1)).max(1);

    let done = AtomicUsize::new(0);
    // The first piece of work that failed: later ones need not begin, earlier ones go on, so that the error
    // reported is the same for every number of threads.
    let failed = AtomicUsize::new(usize::MAX);
    let is_unwanted =
        |number: usize| execution.is_cancelled() || failed.load(Ordering::Relaxed) < number;

    let run_chunk = |near: &mut dyn Neighborhood<T>,
                     scratch: &mut Scratch<T>,
                     (number, chunk): (usize, &[usize])|
     -> Done<E> {
        let mut entries = Vec::with_capacity(chunk.len());
        for group in chunk.chunks(group) {
            if is_unwanted(number) {
                break;
            }
            let before = entries.len();
            if let Err((coordinate, (side, source))) =
                along(near, center, group, scratch, &mut entries)
            {
                failed.fetch_min(number, Ordering::Relaxed);
                let error = DifferenceError::Probe {
                    coordinate,
                    side,
                    source,
                };
                return (entries, Some(error));
            }
            if let Some(progress) = execution.progress {
                for _ in before..entries.len() {
                    progress(Progress {
                        done: 1 + done.fetch_add(1, Ordering::Relaxed),
                        total: coordinates.len(),
                    });
                }
            }
        }
        (entries, None)
    };
    let scratch = || Scratch {
        probes: Vec::new(),
        values: Vec::new(),
        seen: Vec::new(),
    };
    let could_not_fork =
        |failure: &mut Option<EvaluationError>| (Vec::new(), failure.take().map(at_center));

    let results: Vec<Done<E>> = if is_slow && !coordinates.is_empty() {
        let asked = near.piece_with(coordinates[0], point[coordinates[0]]);
        let numbered = !matches!(asked, Ok(Piece::Unknown | Piece::Everywhere));
        let pending: Vec<Pending<T>> = coordinates
            .iter()
            .map(|&coordinate| {
                let mut replacements = Vec::new();
                wanted(numbered, coordinate, &mut replacements);
                Pending::new(coordinate, replacements)
            })
            .collect();
        let steps: Vec<(usize, usize)> = pending
            .iter()
            .enumerate()
            .flat_map(|(at, pending)| (0..pending.steps()).map(move |step| (at, step)))
            .collect();
        let near = near.as_ref();
        let state = || (near.fork().map_err(Some), scratch());
        let task = |(own, scratch): &mut (Result<Box<dyn Neighborhood<T> + '_>, _>, _),
                    number: usize| {
            let (at, step) = steps[number];
            if is_unwanted(at) {
                return None;
            }
            let near = match own {
                Ok(own) => own.as_mut(),
                Err(failure) => return Some(could_not_fork(failure)),
            };
            if !pending[at].step(near, step) || is_unwanted(at) {
                return None;
            }
            let mut near = pending[at].take(near);
            Some(run_chunk(&mut near, scratch, (at, &coordinates[at..=at])))
        };
        let done = one_by_one(execution.threads, steps.len(), state, task)?;
        // By the number of one of its steps each, which is the order of the coordinates.
        done.into_iter().map(|(_, done)| done).collect()
    } else {
        let chunks: Vec<&[usize]> = coordinates.chunks(CHUNK).collect();
        let near = near.as_ref();
        let state = || (near.fork().map_err(Some), scratch());
        share_out(
            execution.threads,
            chunks.len(),
            state,
            |(own, scratch), number| match own {
                Ok(own) => run_chunk(own.as_mut(), scratch, (number, chunks[number])),
                Err(failure) => could_not_fork(failure),
            },
        )?
    };
    let mut entries = Vec::with_capacity(coordinates.len());
    let mut first = None;
    for (of_piece, error) in results {
        entries.extend(of_piece);
        first = first.or(error);
    }
    first.map_or(Ok(()), |error| execution.keep(error))?;
    let interrupted = entries.len() < coordinates.len();
    Ok(Swept {
        center: Some(center),
        entries,
        interrupted,
    })
}

/// The entries of a piece of work, and what ended it.
type Done<E> = (Vec<Entry<E>>, Option<DifferenceError>);
