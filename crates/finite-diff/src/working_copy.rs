//! J along streamed directions, by one copy of θ that is moved and put back: two vectors of the length of θ
//! in all.
//!
//! Invariant: knows nothing of what the subtracted gradient is compared with.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, TryLockError};

use rayon::{ThreadPool, ThreadPoolBuilder};
use thiserror::Error;

use crate::directions::StreamedDirection;
use crate::objective::Piece;
use crate::parallel::each_once;
use crate::real::either_side;
use crate::stride::{Strides, reach};
use crate::sum::{CHUNK, Sum, summed};
use crate::sweep::inside;
use crate::{DifferenceError, Domain, EvaluationError, Objective, Real};

/// One copy of θ, in which a probe moves a range of coordinates and puts them back, also where J fails.
///
/// It allocates a vector of the length of θ once, and nothing of that length later; not even the direction is
/// stored. Each probe writes only the coordinates that it moves. Filling, putting back and adding up is shared
/// among the threads, with the same bits for every number of them.
///
/// Where the objective has a [`Domain`], no probe leaves it: entries of a direction are turned round or
/// shortened near a bound, and 0 where a coordinate is fixed ((B10) of docs/theory/bounds.md).
///
/// One probe at a time: a second one that begins meanwhile fails with [`Busy`].
pub struct WorkingCopy<'a, T, O: ?Sized> {
    objective: &'a O,
    point: &'a [T],
    domain: Option<&'a Domain>,
    short: BTreeSet<usize>,
    copy: Mutex<Vec<T>>,
    pool: Option<ThreadPool>,
    evaluations: AtomicU64,
}

/// The size of a vector v over a range of coordinates, with s_i = max(1, |θ_i|), or what bounds leave of it;
/// those that nothing moves are left out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Size {
    /// √Σ (v_i·s_i)²: the standard deviation of v·u over all directions.
    pub along: f64,
    /// √(Σ v_i²/n): the root mean square of an entry.
    pub entry: f64,
    /// √Σ s_i².
    pub steps: f64,
}

/// The error that another probe is under way on the same working copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "the working copy of the parameters is in use by another probe: run the probes one after the other"
)]
pub struct Busy;

impl<'a, T: Real, O: Objective<T> + ?Sized> WorkingCopy<'a, T, O> {
    /// Copies `point`. With `threads`, everything, J included, runs on a pool of so many; else on
    /// rayon's current one.
    ///
    /// # Errors
    /// [`DifferenceError::PointLength`] and [`DifferenceError::Threads`].
    pub fn new(
        objective: &'a O,
        point: &'a [T],
        threads: Option<NonZeroUsize>,
    ) -> Result<Self, DifferenceError> {
        fits(objective.dim(), point.len())?;
        let domain = objective.domain();
        inside(domain, point)?;
        let pool = threads
            .map(|threads| {
                let threads = threads.get();
                ThreadPoolBuilder::new()
                    .num_threads(threads)
                    .build()
                    .map_err(|source| DifferenceError::Threads { threads, source })
            })
            .transpose()?;
        Ok(Self {
            objective,
            point,
            domain,
            short: BTreeSet::new(),
            copy: Mutex::new(point.to_vec()),
            pool,
            evaluations: AtomicU64::new(0),
        })
    }

    /// This working copy with some coordinates measured in |x_i| where s_i = max(1, |x_i|) is longer: those of which it is
    /// known that J varies by lengths far below 1.
    #[must_use]
    pub fn with_short(mut self, coordinates: impl IntoIterator<Item = usize>) -> Self {
        self.short = coordinates.into_iter().collect();
        self
    }

    /// θ.
    pub fn point(&self) -> &'a [T] {
        self.point
    }

    /// The number of evaluations so far of J, or of its smooth piece where it has several.
    pub fn evaluations(&self) -> u64 {
        self.evaluations.load(Ordering::Relaxed)
    }

    /// J at θ.
    ///
    /// # Errors
    /// Whatever J fails with.
    pub fn value(&self) -> Result<T, EvaluationError> {
        self.count();
        self.on_pool(|| self.objective.value(self.point))
    }

    /// The smooth piece of θ.
    ///
    /// # Errors
    /// Whatever J fails with.
    pub fn piece(&self) -> Result<Piece, EvaluationError> {
        let piece = self.on_pool(|| self.objective.piece(self.point))?;
        self.count_piece(piece);
        Ok(piece)
    }

    /// t ↦ J(θ + t·u), a function of one variable.
    ///
    /// # Errors
    /// [`DifferenceError::NoSuchCoordinate`], where the direction moves more than there is.
    pub fn along(&self, direction: StreamedDirection) -> Result<Along<'_, T, O>, DifferenceError> {
        let dim = self.point.len();
        let range = direction.range();
        if range.end > dim {
            return Err(DifferenceError::NoSuchCoordinate {
                coordinate: range.end - 1,
                dim,
            });
        }
        Ok(Along {
            copy: self,
            domain: reach(self.strides_of(&direction), self.point, &range)
                .map(|t| Domain::of(vec![t])),
            direction,
            against: None,
            moved: AtomicBool::new(false),
            failed: AtomicBool::new(false),
        })
    }

    /// ψ(t) = (J(θ + t·u) − J(θ)) − g·Δ(t), a function of one variable whose derivative at 0 is (∇J − g)·u:
    /// what g is wrong by along u, less its sign ((D2) of docs/theory/directions.md).
    ///
    /// Δ is the step really taken, θ_i + t·u_i as rounded less θ_i. The subtraction comes before any
    /// quotient, so that ψ is as small as the error and its noise no more than that of J; the sum is
    /// compensated (Neumaier 1974). `cost` is J(θ).
    ///
    /// # Errors
    /// As [`along`](Self::along), and [`DifferenceError::PointLength`] for a gradient of another length.
    pub fn against<'b>(
        &'b self,
        direction: StreamedDirection,
        gradient: &'b [f64],
        cost: T,
    ) -> Result<Along<'b, T, O>, DifferenceError> {
        fits(self.point.len(), gradient.len())?;
        Ok(Along {
            against: Some((gradient, cost)),
            ..self.along(direction)?
        })
    }

    /// Σ v_i·u_i over the range of the direction, compensated.
    pub fn contract(&self, direction: &StreamedDirection, values: &[f64]) -> f64 {
        let strides = self.strides_of(direction);
        let scaled = |first: usize, point: &[T], values: &[f64]| {
            let mut sum = Sum::default();
            let entries = direction.from(first).zip(strides.along(first, point));
            for ((z, stride), v) in entries.zip(values) {
                // What is not moved has no part in it, whatever its value.
                if stride.length != 0.0 {
                    sum.add(stride.of(z) * v);
                }
            }
            sum
        };
        self.sum(direction.range(), values, scaled)
    }

    /// The size of `values` over the coordinates that `direction` moves, in its lengths, and the point's part of it.
    pub fn size(&self, direction: &StreamedDirection, values: &[f64]) -> Size {
        let (range, strides) = (direction.range(), self.strides_of(direction));
        let end = range.end.min(self.point.len()).min(values.len());
        let range = range.start.min(end)..end;
        let moved =
            |first: usize, point: &'a [T]| strides.along(first, point).map(|stride| stride.length);
        let lengths = || moved(range.start, &self.point[range.clone()]);
        let largest = |of: &dyn Fn(f64, f64) -> f64| {
            values[range.clone()]
                .iter()
                .zip(lengths())
                .filter(|(_, length)| *length != 0.0)
                .fold(0.0f64, |most, (v, length)| most.max(of(*v, length).abs()))
        };
        // Squares of what is far from 1 would leave the range of the type.
        let root = |of: &(dyn Fn(f64, f64) -> f64 + Sync)| {
            let largest = largest(&of);
            if largest == 0.0 || !largest.is_finite() {
                return largest;
            }
            let squares = |first: usize, point: &'a [T], values: &[f64]| {
                let mut sum = Sum::default();
                let pairs = moved(first, point).zip(values);
                for (length, v) in pairs.filter(|(length, _)| *length != 0.0) {
                    sum.add((of(*v, length) / largest).powi(2));
                }
                sum
            };
            largest * self.sum(range.clone(), values, squares).sqrt()
        };
        let count = lengths().filter(|length| *length != 0.0).count();
        Size {
            along: root(&|v, length| v * length),
            entry: root(&|v, _| v) / (count.max(1) as f64).sqrt(),
            steps: root(&|_, length| length),
        }
    }

    fn strides_of(&self, direction: &StreamedDirection) -> Strides<'_> {
        Strides {
            domain: self.domain,
            short: &self.short,
            own: direction.has_own_lengths(),
        }
    }

    /// s_i for the coordinates that `direction` moves: max(1, |x_i|), or what bounds and lengths of its own leave of it; 0
    /// where nothing moves.
    pub fn lengths(&self, direction: &StreamedDirection) -> impl Iterator<Item = f64> {
        let range = direction.range();
        let end = range.end.min(self.point.len());
        let moved = self.point.get(range.start..end).unwrap_or_default();
        let strides = self.strides_of(direction);
        strides
            .along(range.start, moved)
            .map(|stride| stride.length)
    }

    /// u of `direction` as a probe moves the point: its [`entries`](StreamedDirection::entries) where no bound is
    /// near, else turned round, or shortened, or 0.
    pub fn entries(&self, direction: &StreamedDirection) -> impl Iterator<Item = f64> {
        let range = direction.range();
        let end = range.end.min(self.point.len());
        let moved = self.point.get(range.start..end).unwrap_or_default();
        let strides = self.strides_of(direction).along(range.start, moved);
        let entries = direction.from(range.start).zip(strides);
        entries.map(|(z, stride)| stride.of(z))
    }

    /// Adds `piece(first, θ, values)` over the chunks of `range`.
    fn sum(
        &self,
        range: Range<usize>,
        values: &[f64],
        piece: impl Fn(usize, &'a [T], &[f64]) -> Sum + Sync,
    ) -> f64 {
        let end = range.end.min(self.point.len()).min(values.len());
        let start = range.start.min(end);
        let whole: &'a [T] = self.point;
        let (point, values) = (&whole[start..end], &values[start..end]);
        self.on_pool(|| {
            summed(point.len(), |part| {
                piece(start + part.start, &point[part.clone()], &values[part])
            })
        })
    }

    /// Moves the copy by t·u, asks, and puts it back before a failure is looked at.
    fn at<R: Send>(
        &self,
        direction: &StreamedDirection,
        t: f64,
        ask: impl FnOnce(&O, &[T]) -> Result<R, EvaluationError> + Send,
    ) -> Result<R, EvaluationError> {
        let mut guard = match self.copy.try_lock() {
            Ok(guard) => guard,
            Err(TryLockError::WouldBlock) => return Err(Busy.into()),
            Err(TryLockError::Poisoned(poisoned)) => {
                // J panicked at a probe: nobody put θ back.
                let mut guard = poisoned.into_inner();
                guard.copy_from_slice(self.point);
                self.copy.clear_poison();
                guard
            }
        };
        let copy: &mut [T] = &mut guard;
        let range = direction.range();
        let point = &self.point[range.clone()];
        self.on_pool(|| {
            fill(
                &mut copy[range.clone()],
                point,
                self.strides_of(direction),
                direction,
                t,
            );
            let answer = ask(self.objective, copy);
            copy[range].copy_from_slice(point);
            answer
        })
    }

    fn on_pool<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
        match &self.pool {
            Some(pool) => pool.install(work),
            None => work(),
        }
    }

    fn count(&self) {
        self.evaluations.fetch_add(1, Ordering::Relaxed);
    }

    fn count_piece(&self, piece: Piece) {
        if matches!(piece, Piece::Numbered { .. }) {
            self.count();
        }
    }
}

fn fits(expected: usize, got: usize) -> Result<(), DifferenceError> {
    if got == expected {
        return Ok(());
    }
    Err(DifferenceError::PointLength { expected, got })
}

/// Sets `copy` to θ + t·u. The far side is as far off as the near one, as `either_side` rounds it.
fn fill<T: Real>(
    copy: &mut [T],
    point: &[T],
    strides: Strides<'_>,
    direction: &StreamedDirection,
    t: f64,
) {
    let start = direction.range().start;
    let one = |(number, (copy, point)): (usize, (&mut [T], &[T]))| {
        let first = start + number * CHUNK;
        let moved = copy.iter_mut().zip(point).zip(direction.from(first));
        for (i, ((moved, x), z)) in moved.enumerate() {
            let u = strides.of(first + i, *x).of(z);
            let (plus, minus) = either_side(*x, t.abs() * u);
            *moved = if t < 0.0 { minus } else { plus };
        }
    };
    if copy.len() <= CHUNK {
        one((0, (copy, point)));
    } else {
        let chunks = copy.chunks_mut(CHUNK).zip(point.chunks(CHUNK)).enumerate();
        each_once(chunks, &|chunks| chunks.for_each(one));
    }
}

/// J, or what g leaves of it, along one direction: an [`Objective`] of one variable t, for
/// [`differentiate`](crate::differentiate), [`differentiate_finely`](crate::differentiate_finely) and
/// [`measure_noise`](crate::noise::measure_noise) at t = 0.
///
/// Let them run on one thread: the probes share the working copy.
///
/// ```
/// use finite_diff::{Execution, Scheme, differentiate, from_fn};
/// use finite_diff::directions::{StreamedDirection, WorkingCopy};
///
/// let j = from_fn(3, |x: &[f64]| x[0] * x[1] + x[2].sin());
/// let at: [f64; 3] = [2.0, -1.0, 0.5];
/// let copy = WorkingCopy::new(&j, &at, None)?;
/// let cost = j_at(&copy);
/// # fn j_at<O: finite_diff::Objective<f64>>(copy: &WorkingCopy<'_, f64, O>) -> f64 { copy.value().unwrap() }
///
/// // The last entry is 1 % too large.
/// let gradient = [at[1], at[0], 1.01 * at[2].cos()];
/// let psi = copy.against(StreamedDirection::new(0, 0, 0..3), &gradient, cost)?;
/// let run = differentiate(&psi, &[0.0], &[0], &Scheme::CENTRAL, &Execution::ONE_THREAD)?;
/// let error = -run.entries[0].outcome.estimated().unwrap().derivative;
///
/// let u = StreamedDirection::new(0, 0, 0..3).entries(&at).nth(2).unwrap();
/// assert!((error - 0.01 * at[2].cos() * u).abs() < 1e-9);
/// # Ok::<(), finite_diff::DifferenceError>(())
/// ```
pub struct Along<'a, T, O: ?Sized> {
    copy: &'a WorkingCopy<'a, T, O>,
    direction: StreamedDirection,
    /// The t for which the point is where J may be evaluated.
    domain: Option<Domain>,
    /// g, and J at θ.
    against: Option<(&'a [f64], T)>,
    moved: AtomicBool,
    failed: AtomicBool,
}

impl<T: Real, O: Objective<T> + ?Sized> Along<'_, T, O> {
    /// Whether J was seen to differ from its value at θ. Never, where there is no gradient to hold
    /// against it.
    pub fn has_moved(&self) -> bool {
        self.moved.load(Ordering::Relaxed)
    }

    /// Whether J failed anywhere along the direction.
    pub fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Relaxed)
    }

    /// Whether a bound turned entries of the direction round, so that it goes to t > 0 only
    /// ([`MISSED_PER_TURNED_BAR`](crate::directions::MISSED_PER_TURNED_BAR)).
    pub fn is_one_sided(&self) -> bool {
        let bounds = self.domain.as_ref().map(|domain| domain.bounds(0));
        bounds.is_some_and(|(lower, _)| lower == 0.0)
    }
}

impl<T: Real, O: Objective<T> + ?Sized> Objective<T> for Along<'_, T, O> {
    fn dim(&self) -> usize {
        1
    }

    fn value(&self, t: &[T]) -> Result<T, EvaluationError> {
        let t = t.first().map_or(0.0, |t| t.widen());
        if t == 0.0 && self.against.is_some() {
            return Ok(T::zero());
        }
        let range = self.direction.range();
        self.copy.at(&self.direction, t, |objective, moved| {
            self.copy.count();
            let value = objective.value(moved);
            self.failed.fetch_or(value.is_err(), Ordering::Relaxed);
            let value = value?;
            let Some((gradient, cost)) = self.against else {
                return Ok(value);
            };
            if value != cost {
                self.moved.store(true, Ordering::Relaxed);
            }
            let (moved, point) = (&moved[range.clone()], &self.copy.point[range.clone()]);
            let gradient = &gradient[range.clone()];
            let linear = summed(range.len(), |part| {
                let mut sum = Sum::default();
                let sides = moved[part.clone()].iter().zip(&point[part.clone()]);
                for ((moved, x), g) in sides.zip(&gradient[part]) {
                    // What is not moved has no part in it, whatever g is there.
                    if moved != x {
                        sum.add(g * (moved.widen() - x.widen()));
                    }
                }
                sum
            });
            Ok(T::narrow((value.widen() - cost.widen()) - linear))
        })
    }

    fn piece(&self, t: &[T]) -> Result<Piece, EvaluationError> {
        let t = t.first().map_or(0.0, |t| t.widen());
        if t == 0.0 {
            return self.copy.piece();
        }
        let piece = self.copy.at(&self.direction, t, |objective, moved| {
            objective.piece(moved)
        })?;
        self.copy.count_piece(piece);
        Ok(piece)
    }

    fn domain(&self) -> Option<&Domain> {
        self.domain.as_ref()
    }
}
