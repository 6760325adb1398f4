//! J along a line θ ± t·u, for a geometric ladder of t.
//!
//! Refuses to know the gradient that somebody holds against it, and any tolerance.

use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use rayon::prelude::*;

use crate::parallel::{SLOW, on_threads, one_by_one};
use crate::sweep::inside;
use crate::{DifferenceError, Direction, EvaluationError, Execution, Objective, Piece, Real};

/// J on both sides of θ, t·u away.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pair {
    /// t.
    pub t: f64,
    /// J(θ + t·u).
    pub plus: f64,
    /// J(θ − t·u).
    pub minus: f64,
}

/// Why a walk went no further.
#[derive(Debug)]
pub enum WalkEnd {
    /// The walk came to the widest t.
    Widest,
    /// One of the two points lies on another smooth piece of J than θ does.
    OtherPiece {
        /// The t of that point.
        t: f64,
    },
    /// J was NaN or infinite.
    NonFinite {
        /// t, negative on the side of θ − t·u.
        t: f64,
        /// What J was at that point.
        value: f64,
    },
    /// The points round to θ, or past the largest number.
    NotRepresentable {
        /// The t of that point.
        t: f64,
    },
    /// J failed; the error says where.
    Failed(DifferenceError),
    /// The run was cancelled, or its slot for failures ([`Execution::failure`]) holds an error.
    Cancelled,
}

/// What was seen along one direction.
#[derive(Debug)]
pub struct Walk {
    /// J on both sides, the narrowest t first; all on the smooth piece of θ, where that is known.
    pub pairs: Vec<Pair>,
    /// Whether J said itself that all of these points lie on the smooth piece of θ.
    pub known_smooth: bool,
    /// Why there are no wider ones.
    pub end: WalkEnd,
    /// How often J, or its piece, was evaluated.
    pub evaluations: u64,
}

/// J along each of `directions`, for t = 2⁻ᵏ from about √ε up to ε^0.1, doubling: 1.5e-8 to 3e-2 in
/// `f64` (22 of them, 44 evaluations), 2e-4 to 0.25 in `f32`.
///
/// A walk starts at the narrowest t and ends where J is not finite, fails, or says that a point lies on
/// another smooth piece ([`Objective::piece`]); what was seen before stands. Where J has pieces,
/// each of them is asked for with a forward pass of its own. Two points on the piece of θ share its
/// smooth function, whatever lies between.
///
/// ```
/// use finite_diff::{Execution, ParameterLayout, directions, from_fn, walk};
/// let (layout, at) = (ParameterLayout::flat("x", 2), [0.3, 0.7]);
/// let j = from_fn(2, |x: &[f64]| x[0] * x[1]);
/// let u = directions(&layout, &at, 0, 32)?.directions;
/// let walks = walk(&j, &at, &u, &Execution::default())?;
/// let widest = walks[0].pairs.last().unwrap();
/// let gradient = [at[1], at[0]];
/// let linear: f64 = u[0].displacement(&at, widest.t).zip(gradient).map(|(d, g)| d * g).sum();
/// // A quadratic has no odd term but the linear one.
/// assert!((widest.plus - widest.minus - linear).abs() < 1e-15);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Where J takes long, the points of a walk are evaluated beside each other, a few of them perhaps past its
/// end; what is seen there is neither counted nor looked at.
///
/// # Errors
/// [`DifferenceError`]: a point or a direction that doesn't fit, an objective that fails at the point
/// itself, threads that can't be started. In a domain the directions are those of
/// [`directions_within`](crate::directions_within). A failure elsewhere is the end of its walk. With a slot for
/// failures ([`Execution::failure`]) J is then evaluated at the point once more, and where it fails there too
/// that is the end of the run.
pub fn walk<T: Real, O: Objective<T> + ?Sized>(
    objective: &O,
    point: &[T],
    directions: &[Direction],
    execution: &Execution<'_>,
) -> Result<Vec<Walk>, DifferenceError> {
    once(&objective, point, directions, execution)
}

crate::compiled_once! {
    fn once<'a, T>(
        objective: &'a dyn Objective<T>,
        point: &'a [T],
        directions: &'a [Direction],
        execution: &'a Execution<'a>,
    ) -> Result<Vec<Walk>, DifferenceError> = walk_each
}

fn walk_each<T: Real>(
    objective: &dyn Objective<T>,
    point: &[T],
    directions: &[Direction],
    execution: &Execution<'_>,
) -> Result<Vec<Walk>, DifferenceError> {
    let dim = objective.dim();
    if point.len() != dim {
        return Err(DifferenceError::PointLength {
            expected: dim,
            got: point.len(),
        });
    }
    inside(objective.domain(), point)?;
    if let Some(direction) = directions.iter().find(|u| u.range().end > dim) {
        return Err(DifferenceError::NoSuchCoordinate {
            coordinate: direction.range().end - 1,
            dim,
        });
    }
    let mut center = Piece::Unknown;
    if !execution.has_failed() {
        match objective.piece(point) {
            Ok(piece) => center = piece,
            Err(source) => execution.keep(DifferenceError::Center { source })?,
        }
    }
    let site = Site {
        objective,
        point,
        directions,
        center,
        execution,
        gone: AtomicUsize::new(usize::MAX),
    };
    let mut walks = site.walks()?;
    // The piece of θ was a forward pass too, for all of them.
    if let (Piece::Numbered { .. }, Some(first)) = (center, walks.first_mut()) {
        first.evaluations += 1;
    }
    // J is gone: that is no word on J along these directions.
    let gone = site.gone.into_inner();
    for walk in walks.iter_mut().skip(gone) {
        if let WalkEnd::Failed(_) = walk.end
            && let WalkEnd::Failed(error) = std::mem::replace(&mut walk.end, WalkEnd::Cancelled)
        {
            execution.keep(error)?;
        }
    }
    Ok(walks)
}

/// What all walks share.
struct Site<'a, T, O: ?Sized> {
    objective: &'a O,
    point: &'a [T],
    directions: &'a [Direction],
    center: Piece,
    execution: &'a Execution<'a>,
    /// The first direction along which J failed, and then at θ too.
    gone: AtomicUsize,
}

/// What was seen at one point: J, or why the walk ends here.
struct Answer {
    seen: Result<f64, WalkEnd>,
    evaluations: u64,
}

/// The two points of a rung, θ outside of the direction.
struct Sides<T> {
    points: [Vec<T>; 2],
    /// Which direction and rung they are, and whether J may be asked there.
    filled: Option<(usize, usize, bool)>,
}

impl<T: Real, O: Objective<T> + ?Sized> Site<'_, T, O> {
    fn walks(&self) -> Result<Vec<Walk>, DifferenceError> {
        let each = || 0..self.directions.len();
        if self.execution.threads == Some(NonZeroUsize::MIN) {
            return Ok(each().map(|number| self.walk(number, |_| None)).collect());
        }
        let begun = Instant::now();
        let first = each()
            .next()
            .map(|number| self.ask(number, 0, &mut self.sides()));
        if begun.elapsed() >= SLOW {
            return self.beside_each_other(first);
        }
        let first = Mutex::new(first);
        on_threads(self.execution.threads, || {
            let one = |number: usize| {
                self.walk(number, |step| match (number, step) {
                    (0, 0) => first.lock().ok()?.take(),
                    _ => None,
                })
            };
            (0..self.directions.len())
                .into_par_iter()
                .map(one)
                .collect()
        })
    }

    /// All points of all walks, begun in their order; of each walk no further ones once its end is known.
    fn beside_each_other(&self, first: Option<Answer>) -> Result<Vec<Walk>, DifferenceError> {
        let steps = 2 * ladder::<T>().count();
        let ends: Vec<AtomicUsize> = self
            .directions
            .iter()
            .map(|_| AtomicUsize::new(usize::MAX))
            .collect();
        let ask = |sides: &mut Sides<T>, at: usize| {
            let (number, step) = ((at + 1) / steps, (at + 1) % steps);
            if ends[number].load(Ordering::Relaxed) < step {
                return None;
            }
            let answer = self.ask(number, step, sides);
            if answer.seen.is_err() {
                ends[number].fetch_min(step, Ordering::Relaxed);
            }
            Some(answer)
        };
        if let (Some(Answer { seen: Err(_), .. }), Some(end)) = (&first, ends.first()) {
            end.store(0, Ordering::Relaxed);
        }
        let others = (steps * ends.len()).saturating_sub(1);
        let seen = one_by_one(self.execution.threads, others, || self.sides(), ask)?;
        let mut answers: Vec<Option<Answer>> = Vec::new();
        answers.resize_with(steps * ends.len(), || None);
        for (at, answer) in seen {
            answers[at + 1] = Some(answer);
        }
        if let Some(place) = answers.first_mut() {
            *place = first;
        }
        let walks = answers.chunks_mut(steps).enumerate();
        Ok(walks
            .map(|(number, answers)| self.walk(number, |step| answers[step].take()))
            .collect())
    }

    /// One walk, by what is `known` of its steps; they alternate between the two sides.
    fn walk(&self, number: usize, mut known: impl FnMut(usize) -> Option<Answer>) -> Walk {
        let mut walk = Walk {
            pairs: Vec::new(),
            known_smooth: self.center != Piece::Unknown,
            end: WalkEnd::Widest,
            evaluations: 0,
        };
        let mut sides = self.sides();
        for (rung, t) in ladder::<T>().enumerate() {
            let mut values = [0.0; 2];
            for (side, value) in values.iter_mut().enumerate() {
                let step = 2 * rung + side;
                let answer = known(step).unwrap_or_else(|| self.ask(number, step, &mut sides));
                walk.evaluations += answer.evaluations;
                match answer.seen {
                    Ok(j) => *value = j,
                    Err(end) => {
                        walk.end = end;
                        return walk;
                    }
                }
            }
            let [plus, minus] = values;
            walk.pairs.push(Pair { t, plus, minus });
        }
        walk
    }

    fn sides(&self) -> Sides<T> {
        Sides {
            points: [self.point.to_vec(), self.point.to_vec()],
            filled: None,
        }
    }

    fn ask(&self, number: usize, step: usize, sides: &mut Sides<T>) -> Answer {
        let mut evaluations = 0;
        let seen = self.evaluate(number, step, sides, &mut evaluations);
        Answer { seen, evaluations }
    }

    fn evaluate(
        &self,
        number: usize,
        step: usize,
        sides: &mut Sides<T>,
        evaluations: &mut u64,
    ) -> Result<f64, WalkEnd> {
        let (rung, side) = (step / 2, step % 2);
        let t = ladder::<T>().nth(rung).unwrap_or(f64::NAN);
        if self.execution.is_stopped() || self.gone.load(Ordering::Relaxed) < number {
            return Err(WalkEnd::Cancelled);
        }
        if !self.fill(number, rung, t, sides) {
            return Err(WalkEnd::NotRepresentable { t });
        }
        let probe = &sides.points[side];
        let signed = if side == 0 { t } else { -t };
        if let Piece::Numbered { .. } = self.center {
            *evaluations += 1;
            match self.objective.piece(probe) {
                Ok(piece) if piece == self.center => {}
                Ok(_) => return Err(WalkEnd::OtherPiece { t }),
                Err(source) => return Err(self.failed(number, signed, source, evaluations)),
            }
        }
        *evaluations += 1;
        match self.objective.value(probe).map(T::widen) {
            Ok(value) if value.is_finite() => Ok(value),
            Ok(value) => Err(WalkEnd::NonFinite { t: signed, value }),
            Err(source) => Err(self.failed(number, signed, source, evaluations)),
        }
    }

    /// Moves both points to this rung; whether they are two, and J may be asked there.
    fn fill(&self, number: usize, rung: usize, t: f64, sides: &mut Sides<T>) -> bool {
        if let Some((n, r, usable)) = sides.filled
            && (n, r) == (number, rung)
        {
            return usable;
        }
        if let Some((n, _, _)) = sides.filled
            && n != number
        {
            let range = self.directions[n].range();
            for point in &mut sides.points {
                point[range.clone()].copy_from_slice(&self.point[range.clone()]);
            }
        }
        let direction = &self.directions[number];
        let [plus, minus] = &mut sides.points;
        let moved = direction.step(self.point, t, plus, minus);
        let domain = self.objective.domain();
        let usable = moved && direction.is_inside(domain, self.point, [plus, minus]);
        sides.filled = Some((number, rung, usable));
        usable
    }

    /// J failed at a point. Where somebody keeps failures, whether it has no value there or none anywhere any more.
    fn failed(
        &self,
        number: usize,
        t: f64,
        source: EvaluationError,
        evaluations: &mut u64,
    ) -> WalkEnd {
        if self.execution.failure.is_some() {
            *evaluations += 1;
            if self.objective.value(self.point).is_err() {
                self.gone.fetch_min(number, Ordering::Relaxed);
            }
        }
        WalkEnd::Failed(DifferenceError::Along {
            block: self.directions[number].block.clone(),
            t,
            source,
        })
    }
}

/// The t, the narrowest first: from half the bits of the mantissa up to a tenth of them.
pub(crate) fn ladder<T: Real>() -> impl Iterator<Item = f64> {
    let bits = f64::from(T::MANTISSA_BITS);
    let (widest, narrowest) = ((0.1 * bits).round() as i32, (0.5 * bits).round() as i32);
    (widest..=narrowest).rev().map(|k| 2f64.powi(-k))
}
