//! The lift from one coordinate to many: one short file for every scheme.
//!
//! Coordinates are independent, so that the result has the same bits for every number of threads.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use num_complex::Complex;

use crate::domain::Interval;
use crate::error::{DifferenceError, Side};
use crate::estimate::{Line, Noise, Outcome, ProbeFailure, Seen, estimate, point as point_at};
use crate::formula::Formulas;
use crate::ladder::{Refined, refine};
use crate::parallel::share_out;
use crate::{
    Domain, Estimate, EvaluationError, Neighborhood, Objective, Probe, Real, Stencil, StepSize,
};

/// Which finite differences to take.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scheme {
    /// The formula.
    pub stencil: Stencil,
    /// The rule for h.
    pub step: StepSize,
    /// What is known of the noise of J.
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

/// How far a run has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Coordinates done.
    pub done: usize,
    /// Coordinates asked for.
    pub total: usize,
}

/// How a run is carried out; changes nothing in its numbers.
#[derive(Clone, Copy, Default)]
pub struct Execution<'a> {
    /// How many threads; `None` takes rayon's current pool.
    pub threads: Option<NonZeroUsize>,
    /// Called after each coordinate, from whichever thread did it.
    pub progress: Option<&'a (dyn Fn(Progress) + Sync)>,
    /// Once true, no further coordinate is begun and the run returns what it has.
    pub cancel: Option<&'a AtomicBool>,
}

/// The numeric derivative of one coordinate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Entry<E = Estimate> {
    /// The flat index.
    pub coordinate: usize,
    /// The derivative, or why there is none.
    pub outcome: Outcome<E>,
    /// How often J was evaluated for it.
    pub evaluations: u64,
}

/// Numeric derivatives at one point.
#[derive(Debug, Clone, PartialEq)]
pub struct Derivatives<E = Estimate> {
    /// J at the point itself.
    pub center: f64,
    /// One entry a coordinate, in the order they were asked for. Fewer, where the run was cancelled.
    pub entries: Vec<Entry<E>>,
    /// How often J was evaluated in all.
    pub evaluations: u64,
    /// Whether the run was cancelled before every coordinate was done.
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
/// [`DifferenceError`]: a point or coordinate that doesn't fit, a step that is no step, or the first
/// coordinate (in the order asked for) at which the objective failed.
pub fn differentiate<T: Real, O: Objective<T> + ?Sized>(
    objective: &O,
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
                seen.push((0, x, center.widen()));
                let offsets = choice.formula.offsets.iter();
                let points = offsets.filter_map(|&o| Some((o, point_at(x, o, choice.step)?)));
                seen.extend(
                    points
                        .zip(&mut values)
                        .map(|((offset, at), value)| (offset, at, value.widen())),
                );
                let interval = interval(domain, coordinate);
                let mut line = Line::new(near, coordinate, x, interval, seen);
                let failed = |failure| (coordinate, failure);
                let mut outcome = estimate(&mut line, &choice, scheme.noise).map_err(failed)?;
                let closer = outcome
                    .estimated()
                    .and_then(|seen| formulas.closer(coordinate, x, &choice, seen));
                if let Some(closer) = closer {
                    line.restart();
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

/// Fails where the point does not lie in the domain.
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

/// The same on a ladder of steps, with one-sided derivatives: sharper, several times the price, for
/// coordinates that look wrong. See [`Refined`].
///
/// # Errors
/// As [`differentiate`].
pub fn differentiate_finely<T: Real, O: Objective<T> + ?Sized>(
    objective: &O,
    point: &[T],
    coordinates: &[usize],
    noise: Noise,
    execution: &Execution<'_>,
) -> Result<Derivatives<Refined>, DifferenceError> {
    check(objective.dim(), point.len(), coordinates)?;
    let domain = objective.domain();
    inside(domain, point)?;
    sweep(
        objective,
        point,
        coordinates,
        1,
        execution,
        |near, center, group, scratch, entries| {
            for &coordinate in group {
                let x = point[coordinate];
                scratch.seen.clear();
                scratch.seen.push((0, x, center.widen()));
                let interval = interval(domain, coordinate);
                let mut line = Line::new(near, coordinate, x, interval, &mut scratch.seen);
                let outcome = refine(&mut line, x, noise).map_err(|f| (coordinate, f))?;
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

/// The imaginary step of [`complex_step`]: nothing is subtracted, so that it can be as small as one
/// likes, and its square vanishes beside 1.
pub(crate) const COMPLEX_STEP: f64 = 1e-30;

/// h²·J‴/6, with room for J‴ up to 6e20: nothing beside a derivative, but not nothing beside one that is 0.
const COMPLEX_TRUNCATION: f64 = 1e-40;

/// The same by the complex step, d = Im J(x + ih)/h with h = 1e-30: one evaluation a coordinate, no
/// cancellation, an error of a few ε (Squire & Trapp 1998; Martins, Sturdza & Alonso 2003).
///
/// J must be written with analytic operations only: no absolute value, no conjugate, and branches on
/// the real part alone. What is taken as the noise is 8ε|d|; where d is a small sum of large terms it is
/// more, which [`measure_complex_step_noise`](crate::measure_complex_step_noise) tells.
///
/// ```
/// use finite_diff::{Execution, complex_step, from_fn};
/// use num_complex::Complex;
/// let j = from_fn(1, |x: &[Complex<f64>]| x[0].exp() * x[0]);
/// let run = complex_step(&j, &[1.0], &[0], &Execution::default())?;
/// let d = run.entries[0].outcome.estimated().unwrap();
/// assert!((d.derivative - 2.0 * 1f64.exp()).abs() <= d.error_bar());
/// # Ok::<(), finite_diff::DifferenceError>(())
/// ```
///
/// # Errors
/// As [`differentiate`].
pub fn complex_step<O: Objective<Complex<f64>> + ?Sized>(
    objective: &O,
    point: &[f64],
    coordinates: &[usize],
    execution: &Execution<'_>,
) -> Result<Derivatives, DifferenceError> {
    inside(objective.domain(), point)?;
    let point: Vec<Complex<f64>> = point.iter().map(|&x| Complex::new(x, 0.0)).collect();
    check(objective.dim(), point.len(), coordinates)?;
    sweep(
        objective,
        &point,
        coordinates,
        1,
        execution,
        |near, _, group, scratch, entries| {
            let Scratch { probes, values, .. } = scratch;
            probes.clear();
            values.clear();
            probes.extend(group.iter().map(|&coordinate| Probe {
                coordinate,
                replacement: Complex::new(point[coordinate].re, COMPLEX_STEP),
            }));
            let side = |coordinate: usize| Side {
                offset: 1,
                replacement: point[coordinate].re,
            };
            near.values_with(probes, values).map_err(|source| {
                let failed = group.get(values.len()).copied().unwrap_or_default();
                (failed, (side(failed), source))
            })?;
            for (&coordinate, value) in group.iter().zip(values) {
                entries.push(Entry {
                    coordinate,
                    outcome: imaginary_part(*value, side(coordinate)),
                    evaluations: 1,
                });
            }
            Ok(())
        },
    )
    .map(|derivatives| derivatives.map_center(|center| center.re))
}

/// d = Im J/h with its bar.
fn imaginary_part(value: Complex<f64>, side: Side) -> Outcome {
    let derivative = value.im / COMPLEX_STEP;
    if !value.re.is_finite() || !derivative.is_finite() {
        let value = value.re + value.im;
        return Outcome::NonFinite { side, value };
    }
    Outcome::Estimated(Estimate {
        derivative,
        truncation: COMPLEX_TRUNCATION,
        // What is below the smallest number beside the step is gone.
        noise: 8.0 * f64::EPSILON * derivative.abs() + f64::MIN_POSITIVE / COMPLEX_STEP,
        step: COMPLEX_STEP,
        // Nothing else is seen of J.
        flat: derivative == 0.0,
    })
}

/// What a sweep collects, before J(x) is brought to `f64`.
struct Swept<T, E> {
    center: T,
    entries: Vec<Entry<E>>,
    interrupted: bool,
}

impl<T, E> Swept<T, E> {
    fn map_center(self, widen: impl Fn(T) -> f64) -> Derivatives<E> {
        // One evaluation is J at the point itself.
        let evaluations = 1 + self
            .entries
            .iter()
            .map(|entry| entry.evaluations)
            .sum::<u64>();
        Derivatives {
            center: widen(self.center),
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

/// Fails where the lengths don't fit or a coordinate does not exist.
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
fn sweep<T, E, O, F>(
    objective: &O,
    point: &[T],
    coordinates: &[usize],
    probes: usize,
    execution: &Execution<'_>,
    along: F,
) -> Result<Swept<T, E>, DifferenceError>
where
    T: Copy + Send + Sync,
    E: Send,
    O: Objective<T> + ?Sized,
    F: Fn(
            &mut dyn Neighborhood<T>,
            T,
            &[usize],
            &mut Scratch<T>,
            &mut Vec<Entry<E>>,
        ) -> Result<(), (usize, ProbeFailure)>
        + Sync,
{
    let at_center = |source: EvaluationError| DifferenceError::Center { source };
    let mut near = objective.neighborhood(point).map_err(at_center)?;
    let center = near.center().map_err(at_center)?;
    let group = (near.batch() / probes.max(1)).max(1);

    let cancelled = || {
        execution
            .cancel
            .is_some_and(|flag| flag.load(Ordering::Relaxed))
    };
    let done = AtomicUsize::new(0);
    // The first chunk that failed: later ones need not begin, earlier ones go on, so that the error
    // reported is the same for every number of threads.
    let failed = AtomicUsize::new(usize::MAX);

    let run_chunk = |near: &mut dyn Neighborhood<T>,
                     scratch: &mut Scratch<T>,
                     (number, chunk): (usize, &[usize])|
     -> Result<Vec<Entry<E>>, DifferenceError> {
        let mut entries = Vec::with_capacity(chunk.len());
        for group in chunk.chunks(group) {
            if cancelled() || failed.load(Ordering::Relaxed) < number {
                break;
            }
            along(near, center, group, scratch, &mut entries).map_err(
                |(coordinate, (side, source))| {
                    failed.fetch_min(number, Ordering::Relaxed);
                    DifferenceError::Probe {
                        coordinate,
                        side,
                        source,
                    }
                },
            )?;
            if let Some(progress) = execution.progress {
                for _ in group {
                    progress(Progress {
                        done: 1 + done.fetch_add(1, Ordering::Relaxed),
                        total: coordinates.len(),
                    });
                }
            }
        }
        Ok(entries)
    };
    let scratch = || Scratch {
        probes: Vec::new(),
        values: Vec::new(),
        seen: Vec::new(),
    };

    let chunks: Vec<&[usize]> = coordinates.chunks(CHUNK).collect();
    let near = near.as_ref();
    let state = || (near.fork().map_err(Some), scratch());
    let results = share_out(
        execution.threads,
        chunks.len(),
        state,
        |(own, scratch), number| match own {
            Ok(own) => run_chunk(own.as_mut(), scratch, (number, chunks[number])),
            Err(failure) => failure
                .take()
                .map_or(Ok(Vec::new()), |source| Err(at_center(source))),
        },
    )?;
    let mut entries = Vec::with_capacity(coordinates.len());
    for chunk in results {
        entries.extend(chunk?);
    }
    let interrupted = entries.len() < coordinates.len();
    Ok(Swept {
        center,
        entries,
        interrupted,
    })
}
