//! The lift from one coordinate to many: one short file for every scheme.
//!
//! Coordinates are independent, so that the result has the same bits for every number of threads.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use num_complex::Complex;
use rayon::prelude::*;

use crate::error::{DifferenceError, Side};
use crate::estimate::{Line, Noise, Outcome, ProbeFailure, estimate};
use crate::ladder::{Refined, refine};
use crate::{Estimate, EvaluationError, Neighborhood, Objective, Real, Stencil, StepSize};

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
    sweep(
        objective,
        point,
        coordinates,
        execution,
        |near, center, coordinate| {
            let x = point[coordinate];
            let mut line = Line::new(near, coordinate, x, center);
            let h = scheme.step.at(x, &scheme.stencil);
            let outcome = estimate(&mut line, &scheme.stencil, h, scheme.noise)?;
            Ok(Entry {
                coordinate,
                outcome,
                evaluations: line.evaluations,
            })
        },
    )
    .map(|derivatives| derivatives.map_center(Real::widen))
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
    sweep(
        objective,
        point,
        coordinates,
        execution,
        |near, center, coordinate| {
            let x = point[coordinate];
            let mut line = Line::new(near, coordinate, x, center);
            let outcome = refine(&mut line, x, noise)?;
            Ok(Entry {
                coordinate,
                outcome,
                evaluations: line.evaluations,
            })
        },
    )
    .map(|derivatives| derivatives.map_center(Real::widen))
}

/// The imaginary step of [`complex_step`]: nothing is subtracted, so that it can be as small as one
/// likes, and its square vanishes beside 1.
pub(crate) const COMPLEX_STEP: f64 = 1e-30;

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
    let point: Vec<Complex<f64>> = point.iter().map(|&x| Complex::new(x, 0.0)).collect();
    sweep(
        objective,
        &point,
        coordinates,
        execution,
        |near, _, coordinate| {
            let x = point[coordinate].re;
            let side = Side {
                offset: 1,
                replacement: x,
            };
            let value = near
                .value_with(coordinate, Complex::new(x, COMPLEX_STEP))
                .map_err(|source| (side, source))?;
            let derivative = value.im / COMPLEX_STEP;
            let outcome = if value.re.is_finite() && derivative.is_finite() {
                Outcome::Estimated(Estimate {
                    derivative,
                    truncation: 0.0,
                    // What is below the smallest number beside the step is gone.
                    noise: 8.0 * f64::EPSILON * derivative.abs() + f64::MIN_POSITIVE / COMPLEX_STEP,
                    step: COMPLEX_STEP,
                    // Nothing else is seen of J.
                    flat: derivative == 0.0,
                })
            } else {
                Outcome::NonFinite {
                    side,
                    value: value.re + value.im,
                }
            };
            Ok(Entry {
                coordinate,
                outcome,
                evaluations: 1,
            })
        },
    )
    .map(|derivatives| derivatives.map_center(|center| center.re))
}

/// Runs `work` on so many threads, or on rayon's current pool.
pub(crate) fn on_threads<R: Send>(
    threads: Option<NonZeroUsize>,
    work: impl FnOnce() -> R + Send,
) -> Result<R, DifferenceError> {
    let Some(threads) = threads.map(NonZeroUsize::get) else {
        return Ok(work());
    };
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .map_err(|source| DifferenceError::Threads { threads, source })?;
    Ok(pool.install(work))
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

/// Coordinates that share one neighborhood, and so one preparation of it. A multiple of it costs
/// little on the smallest nets, and leaves enough pieces to share out on larger ones.
const CHUNK: usize = 64;

fn sweep<T, E, O, F>(
    objective: &O,
    point: &[T],
    coordinates: &[usize],
    execution: &Execution<'_>,
    along: F,
) -> Result<Swept<T, E>, DifferenceError>
where
    T: Copy + Send + Sync,
    E: Send,
    O: Objective<T> + ?Sized,
    F: Fn(&mut dyn Neighborhood<T>, T, usize) -> Result<Entry<E>, ProbeFailure> + Sync,
{
    let dim = objective.dim();
    if point.len() != dim {
        return Err(DifferenceError::PointLength {
            expected: dim,
            got: point.len(),
        });
    }
    if let Some(&coordinate) = coordinates.iter().find(|&&coordinate| coordinate >= dim) {
        return Err(DifferenceError::NoSuchCoordinate { coordinate, dim });
    }
    let at_center = |source: EvaluationError| DifferenceError::Center { source };
    let center = objective
        .neighborhood(point)
        .map_err(at_center)?
        .center()
        .map_err(at_center)?;

    let cancelled = || {
        execution
            .cancel
            .is_some_and(|flag| flag.load(Ordering::Relaxed))
    };
    let done = AtomicUsize::new(0);
    // The first chunk that failed: later ones need not begin, earlier ones go on, so that the error
    // reported is the same for every number of threads.
    let failed = AtomicUsize::new(usize::MAX);

    let run_chunk = |(number, chunk): (usize, &[usize])| -> Result<Vec<Entry<E>>, DifferenceError> {
        let mut entries = Vec::with_capacity(chunk.len());
        if cancelled() || failed.load(Ordering::Relaxed) < number {
            return Ok(entries);
        }
        let mut near = objective.neighborhood(point).map_err(at_center)?;
        for &coordinate in chunk {
            if cancelled() || failed.load(Ordering::Relaxed) < number {
                break;
            }
            let entry = along(near.as_mut(), center, coordinate).map_err(|(side, source)| {
                failed.fetch_min(number, Ordering::Relaxed);
                DifferenceError::Probe {
                    coordinate,
                    side,
                    source,
                }
            })?;
            entries.push(entry);
            let done = 1 + done.fetch_add(1, Ordering::Relaxed);
            if let Some(progress) = execution.progress {
                progress(Progress {
                    done,
                    total: coordinates.len(),
                });
            }
        }
        Ok(entries)
    };

    let one_thread = execution.threads.is_some_and(|threads| threads.get() == 1);
    let chunks: Vec<_> = if one_thread {
        coordinates
            .chunks(CHUNK)
            .enumerate()
            .map(run_chunk)
            .collect()
    } else {
        let in_parallel = || {
            coordinates
                .par_chunks(CHUNK)
                .enumerate()
                .map(run_chunk)
                .collect()
        };
        on_threads(execution.threads, in_parallel)?
    };

    let mut entries = Vec::with_capacity(coordinates.len());
    for chunk in chunks {
        entries.extend(chunk?);
    }
    let interrupted = entries.len() < coordinates.len();
    Ok(Swept {
        center,
        entries,
        interrupted,
    })
}
