//! The objective: a scalar function of a flat vector, and that function around one fixed point.
//!
//! Invariant: knows nothing of what the parameters mean; names and shapes are [`ParameterLayout`](crate::ParameterLayout)'s.

use std::error::Error;

use crate::{Derivatives, DifferenceError, Domain, Execution, Scheme};

/// The error of one evaluation, kept whole: it can be downcast to what the caller's function returned.
pub type EvaluationError = Box<dyn Error + Send + Sync + 'static>;

/// Which smooth piece of J a point lies on.
///
/// ReLU, max and |·| cut the space into pieces on each of which J is smooth. A model that knows the
/// side each of its units is on can say whether two points share a piece; then no step across a kink
/// is mistaken for smooth ground.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece {
    /// The objective can't tell.
    Unknown,
    /// J is smooth everywhere: there is one piece.
    Everywhere,
    /// The piece with this fingerprint. Two pieces share one by accident once in 2⁶⁴ pairs.
    Numbered {
        /// A hash of the side that each unit is on for each example.
        fingerprint: u64,
        /// Whether the point lies on a border between pieces, where J may have no derivative.
        on_kink: bool,
    },
}

/// A scalar function J: Tⁿ → T.
///
/// An evaluation can fail, because it may be another process. It must not depend on anything but the
/// point: the same point gives the same bits.
pub trait Objective<T: Copy + Send + Sync>: Sync {
    /// n, the number of parameters.
    fn dim(&self) -> usize;

    /// J at `point`, whose length is [`dim`](Self::dim).
    ///
    /// # Errors
    /// Whatever the function behind it fails with; the engine says at which coordinate and side.
    fn value(&self, point: &[T]) -> Result<T, EvaluationError>;

    /// The smooth piece that `point` lies on; [`Piece::Unknown`] unless the objective knows better.
    ///
    /// # Errors
    /// As [`value`](Self::value).
    fn piece(&self, _point: &[T]) -> Result<Piece, EvaluationError> {
        Ok(Piece::Unknown)
    }

    /// J around `point`, for many evaluations that each replace one coordinate.
    ///
    /// The default evaluates everything again. A model overrides it to recompute only what the
    /// coordinate touches.
    ///
    /// # Errors
    /// Whatever preparing the neighborhood fails with.
    fn neighborhood<'a>(
        &'a self,
        point: &'a [T],
    ) -> Result<Box<dyn Neighborhood<T> + 'a>, EvaluationError> {
        Ok(Box::new(Reevaluation::new(self, point)))
    }

    /// The shortcut to all derivatives together, where the model has one that is faster than one coordinate at a time.
    fn shortcut(&self) -> Option<&dyn Shortcut<T>> {
        None
    }

    /// The name of the faster way that [`neighborhood`](Self::neighborhood) or
    /// [`shortcut`](Self::shortcut) takes; `None` where every number comes from [`value`](Self::value).
    /// Whoever reads numbers of a faster way holds some of them against the plain one.
    fn engine(&self) -> Option<&'static str> {
        None
    }

    /// The domain in which J may be evaluated; `None` where it may be everywhere. Whatever differentiates J or measures
    /// its noise stays inside; see [`Domain`], and [`Within`](crate::domain::Within) for giving one to an objective.
    fn domain(&self) -> Option<&Domain> {
        None
    }
}

impl<T: Copy + Send + Sync, O: Objective<T> + ?Sized> Objective<T> for &O {
    fn dim(&self) -> usize {
        (**self).dim()
    }

    fn value(&self, point: &[T]) -> Result<T, EvaluationError> {
        (**self).value(point)
    }

    fn piece(&self, point: &[T]) -> Result<Piece, EvaluationError> {
        (**self).piece(point)
    }

    fn neighborhood<'a>(
        &'a self,
        point: &'a [T],
    ) -> Result<Box<dyn Neighborhood<T> + 'a>, EvaluationError> {
        (**self).neighborhood(point)
    }

    fn shortcut(&self) -> Option<&dyn Shortcut<T>> {
        (**self).shortcut()
    }

    fn engine(&self) -> Option<&'static str> {
        (**self).engine()
    }

    fn domain(&self) -> Option<&Domain> {
        (**self).domain()
    }
}

/// Derivatives by many coordinates from work that they share.
pub trait Shortcut<T: Copy + Send + Sync>: Sync {
    /// What [`differentiate`](crate::differentiate) gives, in its order and with its kind of error bars:
    /// the numeric derivative of the same function at the same point, if not by the same steps.
    ///
    /// # Errors
    /// As [`differentiate`](crate::differentiate).
    fn differentiate(
        &self,
        point: &[T],
        coordinates: &[usize],
        scheme: &Scheme,
        execution: &Execution<'_>,
    ) -> Result<Derivatives, DifferenceError>;
}

/// An objective without its faster ways: every number comes from [`Objective::value`] of the whole point.
///
/// ```
/// use finite_diff::{Objective, from_fn};
/// use finite_diff::objective::Plain;
/// let j = from_fn(1, |x: &[f64]| x[0] * x[0]);
/// assert_eq!(Plain(&j).value(&[3.0]).unwrap(), 9.0);
/// assert_eq!(Plain(&j).engine(), None);
/// ```
#[derive(Debug)]
pub struct Plain<'a, O: ?Sized>(pub &'a O);

impl<T: Copy + Send + Sync, O: Objective<T> + ?Sized> Objective<T> for Plain<'_, O> {
    fn dim(&self) -> usize {
        self.0.dim()
    }

    fn value(&self, point: &[T]) -> Result<T, EvaluationError> {
        self.0.value(point)
    }

    fn piece(&self, point: &[T]) -> Result<Piece, EvaluationError> {
        self.0.piece(point)
    }

    fn domain(&self) -> Option<&Domain> {
        self.0.domain()
    }
}

/// θ with one entry replaced.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Probe<T> {
    /// The flat index of the entry that is replaced.
    pub coordinate: usize,
    /// The value that replaces the entry.
    pub replacement: T,
}

/// J around one fixed point θ.
///
/// It takes the replacement, not a difference, so that the derivative divides by the step really
/// taken; the caller's θ is never touched.
pub trait Neighborhood<T: Copy>: Sync {
    /// Another neighborhood of the same point, for another thread; what was prepared is shared.
    ///
    /// # Errors
    /// Whatever making it fails with, such as memory that runs out.
    fn fork(&self) -> Result<Box<dyn Neighborhood<T> + '_>, EvaluationError>;

    /// J at θ itself.
    ///
    /// # Errors
    /// Whatever the function behind it fails with.
    fn center(&mut self) -> Result<T, EvaluationError>;

    /// J at θ with the one entry `coordinate` replaced by `replacement`.
    ///
    /// # Errors
    /// Whatever the function behind it fails with; the next call starts from θ again all the same.
    fn value_with(&mut self, coordinate: usize, replacement: T) -> Result<T, EvaluationError>;

    /// J at each of `probes`, appended to `values` in their order: with the same bits as
    /// [`value_with`](Self::value_with), whatever else is in the batch.
    ///
    /// # Errors
    /// As [`value_with`](Self::value_with); the values of the probes before the one that failed are there.
    fn values_with(
        &mut self,
        probes: &[Probe<T>],
        values: &mut Vec<T>,
    ) -> Result<(), EvaluationError> {
        for probe in probes {
            values.push(self.value_with(probe.coordinate, probe.replacement)?);
        }
        Ok(())
    }

    /// The number of probes in a batch that suits the objective. 1, where batches save nothing: each evaluation may take
    /// long, and a run can be stopped between two.
    fn batch(&self) -> usize {
        1
    }

    /// The smooth piece of J at the point of [`value_with`](Self::value_with).
    ///
    /// # Errors
    /// As [`value_with`](Self::value_with).
    fn piece_with(&mut self, _: usize, _replacement: T) -> Result<Piece, EvaluationError> {
        Ok(Piece::Unknown)
    }
}

/// The neighborhood that evaluates everything again, on a private copy of the point.
pub struct Reevaluation<'a, T, O: ?Sized> {
    objective: &'a O,
    point: Vec<T>,
}

impl<'a, T: Copy + Send + Sync, O: Objective<T> + ?Sized> Reevaluation<'a, T, O> {
    /// Copies `point` once; each evaluation then replaces one entry and puts it back.
    pub fn new(objective: &'a O, point: &[T]) -> Self {
        Self {
            objective,
            point: point.to_vec(),
        }
    }
}

impl<T: Copy + Send + Sync, O: Objective<T> + ?Sized> Neighborhood<T> for Reevaluation<'_, T, O> {
    fn fork(&self) -> Result<Box<dyn Neighborhood<T> + '_>, EvaluationError> {
        Ok(Box::new(Reevaluation::new(self.objective, &self.point)))
    }

    fn center(&mut self) -> Result<T, EvaluationError> {
        self.objective.value(&self.point)
    }

    fn value_with(&mut self, coordinate: usize, replacement: T) -> Result<T, EvaluationError> {
        self.at(coordinate, replacement, |objective, point| {
            objective.value(point)
        })
    }

    fn piece_with(&mut self, coordinate: usize, replacement: T) -> Result<Piece, EvaluationError> {
        self.at(coordinate, replacement, |objective, point| {
            objective.piece(point)
        })
    }
}

impl<T: Copy, O: ?Sized> Reevaluation<'_, T, O> {
    fn at<R>(&mut self, coordinate: usize, replacement: T, ask: impl Fn(&O, &[T]) -> R) -> R {
        let original = std::mem::replace(&mut self.point[coordinate], replacement);
        let answer = ask(self.objective, &self.point);
        // Put back before a failure is looked at: the next probe starts from the same point.
        self.point[coordinate] = original;
        answer
    }
}

/// An objective made from a closure that cannot fail.
///
/// ```
/// use finite_diff::{Objective, from_fn};
/// let j = from_fn(2, |x: &[f64]| x[0] * x[1]);
/// assert_eq!(j.value(&[2.0, 3.0]).unwrap(), 6.0);
/// ```
pub fn from_fn<T: Copy + Send + Sync, F: Fn(&[T]) -> T + Sync>(
    dim: usize,
    function: F,
) -> FromFn<F> {
    FromFn { dim, function }
}

/// An objective made from a closure that can fail.
///
/// ```
/// use finite_diff::{Objective, try_from_fn};
/// let j = try_from_fn(1, |x: &[f64]| -> Result<f64, std::num::ParseFloatError> {
///     let offset: f64 = "1.5".parse()?;
///     Ok(x[0] + offset)
/// });
/// assert_eq!(j.value(&[2.0]).unwrap(), 3.5);
/// ```
pub fn try_from_fn<T, E, F>(dim: usize, function: F) -> TryFromFn<F>
where
    T: Copy + Send + Sync,
    E: Into<EvaluationError>,
    F: Fn(&[T]) -> Result<T, E> + Sync,
{
    TryFromFn { dim, function }
}

/// See [`from_fn`].
#[derive(Debug, Clone)]
pub struct FromFn<F> {
    dim: usize,
    function: F,
}

/// See [`try_from_fn`].
#[derive(Debug, Clone)]
pub struct TryFromFn<F> {
    dim: usize,
    function: F,
}

impl<T: Copy + Send + Sync, F: Fn(&[T]) -> T + Sync> Objective<T> for FromFn<F> {
    fn dim(&self) -> usize {
        self.dim
    }

    fn value(&self, point: &[T]) -> Result<T, EvaluationError> {
        Ok((self.function)(point))
    }
}

impl<T, E, F> Objective<T> for TryFromFn<F>
where
    T: Copy + Send + Sync,
    E: Into<EvaluationError>,
    F: Fn(&[T]) -> Result<T, E> + Sync,
{
    fn dim(&self) -> usize {
        self.dim
    }

    fn value(&self, point: &[T]) -> Result<T, EvaluationError> {
        (self.function)(point).map_err(Into::into)
    }
}
