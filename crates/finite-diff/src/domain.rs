//! The domain in which J may be evaluated: an interval for each coordinate, and coordinates that are fixed.
//!
//! Invariant: knows nothing of J, nor of why its domain ends there.

use std::borrow::Borrow;

use thiserror::Error;

use crate::objective::{Neighborhood, Piece};
use crate::real::either_side;
use crate::{EvaluationError, Objective, Real};

/// A box: lower_i ≤ x_i ≤ upper_i, either of which may be infinite, and coordinates that are fixed.
///
/// Whatever is evaluated for an [`Objective`] with a domain lies in it. A coordinate that is moved is moved
/// to where lower_i < x_i < upper_i, so that an open interval can be stated by its ends: only the point itself
/// may lie on a bound. A coordinate is fixed where lower_i = upper_i or where [`fix`](Self::fix) says so:
/// nothing moves it, and it has no derivative ((B1) of docs/theory/bounds.md).
///
/// ```
/// use finite_diff::Domain;
/// // A rate, a probability, and a constant.
/// let domain = Domain::new(&[0.0, 0.0, f64::NEG_INFINITY], &[f64::INFINITY, 1.0, f64::INFINITY])?.fix([2])?;
/// assert!(domain.check(&[3.5, 0.0, 7.0]).is_ok());
/// assert!(domain.check(&[3.5, 1.1, 7.0]).unwrap_err().to_string().contains("parameter 1 is 1.1"));
/// assert_eq!(domain.fixed(), 1);
/// # Ok::<(), finite_diff::domain::DomainError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Domain {
    intervals: Vec<Interval>,
    fixed: usize,
}

/// The error of bounds that are not a domain, or do not contain the point.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum DomainError {
    /// The numbers of lower bounds, upper bounds and parameters differ.
    #[error(
        "there are {lower} lower and {upper} upper bounds for {parameters} parameters: give one of each for every parameter, infinite where there is none"
    )]
    Length {
        /// The number of lower bounds.
        lower: usize,
        /// The number of upper bounds.
        upper: usize,
        /// n.
        parameters: usize,
    },
    /// A bound is NaN, or a lower bound is above its upper bound.
    #[error(
        "parameter {coordinate} has the lower bound {lower:e} and the upper bound {upper:e}: the lower one must not be above the upper one, and neither may be NaN"
    )]
    Empty {
        /// The flat index.
        coordinate: usize,
        /// The lower bound of the parameter.
        lower: f64,
        /// The upper bound of the parameter.
        upper: f64,
    },
    /// The point lies outside.
    #[error(
        "parameter {coordinate} is {value}, outside its bounds {lower:e} and {upper:e}: check at a point inside, or correct the bounds"
    )]
    Outside {
        /// The flat index.
        coordinate: usize,
        /// The value of the parameter at the point.
        value: f64,
        /// The lower bound of the parameter.
        lower: f64,
        /// The upper bound of the parameter.
        upper: f64,
    },
    /// A parameter to be fixed that does not exist.
    #[error("cannot fix parameter {coordinate}: there are only {parameters} parameters")]
    NoSuchCoordinate {
        /// The flat index.
        coordinate: usize,
        /// n.
        parameters: usize,
    },
}

/// The bounds of one coordinate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Interval {
    lower: f64,
    upper: f64,
    fixed: bool,
}

impl Interval {
    /// The interval between these bounds.
    pub(crate) const fn new(lower: f64, upper: f64) -> Self {
        Self {
            lower,
            upper,
            fixed: false,
        }
    }

    const WHOLE: Self = Self::new(f64::NEG_INFINITY, f64::INFINITY);

    fn is_whole(&self) -> bool {
        *self == Self::WHOLE
    }

    /// Whether a coordinate may be moved to `x`.
    pub(crate) fn admits<T: Real>(&self, x: T) -> bool {
        !self.fixed && self.lower < x.widen() && x.widen() < self.upper
    }

    /// The distances of `x` from the lower and from the upper bound; 0 from both where the coordinate is fixed.
    pub(crate) fn room<T: Real>(&self, x: T) -> [f64; 2] {
        if self.fixed {
            return [0.0; 2];
        }
        [x.widen() - self.lower, self.upper - x.widen()].map(|room| room.max(0.0))
    }
}

impl Domain {
    /// The box between `lower` and `upper`, of the length of the point.
    ///
    /// # Errors
    /// [`DomainError::Length`] and [`DomainError::Empty`].
    pub fn new<T: Real>(lower: &[T], upper: &[T]) -> Result<Self, DomainError> {
        if lower.len() != upper.len() {
            return Err(DomainError::Length {
                lower: lower.len(),
                upper: upper.len(),
                parameters: lower.len().max(upper.len()),
            });
        }
        let interval = |(coordinate, (lower, upper)): (usize, (&T, &T))| {
            let (lower, upper) = (lower.widen(), upper.widen());
            if lower <= upper {
                return Ok(Interval {
                    fixed: lower == upper,
                    ..Interval::new(lower, upper)
                });
            }
            Err(DomainError::Empty {
                coordinate,
                lower,
                upper,
            })
        };
        let intervals: Vec<Interval> = lower
            .iter()
            .zip(upper)
            .enumerate()
            .map(interval)
            .collect::<Result<_, _>>()?;
        Ok(Self::of(intervals))
    }

    /// A domain of `dim` parameters without bounds, to [`fix`](Self::fix) some of them.
    pub fn unbounded(dim: usize) -> Self {
        Self::of(vec![Interval::WHOLE; dim])
    }

    pub(crate) fn of(intervals: Vec<Interval>) -> Self {
        let fixed = intervals.iter().filter(|interval| interval.fixed).count();
        Self { intervals, fixed }
    }

    /// This domain with `coordinates` fixed at whatever value the point has.
    ///
    /// # Errors
    /// [`DomainError::NoSuchCoordinate`].
    pub fn fix(
        mut self,
        coordinates: impl IntoIterator<Item = usize>,
    ) -> Result<Self, DomainError> {
        let parameters = self.intervals.len();
        for coordinate in coordinates {
            let Some(interval) = self.intervals.get_mut(coordinate) else {
                return Err(DomainError::NoSuchCoordinate {
                    coordinate,
                    parameters,
                });
            };
            self.fixed += usize::from(!interval.fixed);
            interval.fixed = true;
        }
        Ok(self)
    }

    /// n.
    pub fn dim(&self) -> usize {
        self.intervals.len()
    }

    /// The number of fixed coordinates.
    pub fn fixed(&self) -> usize {
        self.fixed
    }

    /// Whether this coordinate is fixed.
    pub fn is_fixed(&self, coordinate: usize) -> bool {
        self.intervals
            .get(coordinate)
            .is_some_and(|interval| interval.fixed)
    }

    /// The lower and the upper bound of a coordinate; infinite ones where there are none.
    pub fn bounds(&self, coordinate: usize) -> (f64, f64) {
        let interval = self.intervals.get(coordinate).unwrap_or(&Interval::WHOLE);
        (interval.lower, interval.upper)
    }

    /// Whether `point` has as many entries as the domain and lies inside, bounds included.
    ///
    /// # Errors
    /// [`DomainError::Length`] and [`DomainError::Outside`].
    pub fn check<T: Real>(&self, point: &[T]) -> Result<(), DomainError> {
        self.check_values(point.len(), point.iter().map(|x| x.widen()))
    }

    pub(crate) fn check_values(
        &self,
        len: usize,
        mut values: impl Iterator<Item = f64>,
    ) -> Result<(), DomainError> {
        if len != self.dim() {
            return Err(DomainError::Length {
                lower: self.dim(),
                upper: self.dim(),
                parameters: len,
            });
        }
        let mut intervals = self.intervals.iter().enumerate();
        let outside = intervals.find_map(|(coordinate, interval)| {
            let value = values.next()?;
            let (lower, upper) = (interval.lower, interval.upper);
            // What is no number is for the comparison to say, where nothing bounds it.
            let bounded = lower > f64::NEG_INFINITY || upper < f64::INFINITY;
            (bounded && !(lower..=upper).contains(&value)).then_some(DomainError::Outside {
                coordinate,
                value,
                lower,
                upper,
            })
        });
        outside.map_or(Ok(()), Err)
    }

    /// The bounds of a coordinate, where it has any.
    pub(crate) fn interval(&self, coordinate: usize) -> Option<Interval> {
        let interval = self.intervals.get(coordinate)?;
        (!interval.is_whole()).then_some(*interval)
    }

    /// The component u_i of a direction, of which t·u_i is to be added to the value `x` of `coordinate`: as
    /// it is where that lies inside, else turned round where that does, else half the way to the further
    /// bound. 0 where the coordinate is fixed or has no room ((B9) of docs/theory/bounds.md).
    ///
    /// Whatever lies between x and x + t·u_i is inside too.
    ///
    /// ```
    /// use finite_diff::Domain;
    /// let domain = Domain::new(&[0.0], &[1.0])?;
    /// assert_eq!(domain.turned(0, 0.25, -1.0, 0.1), -1.0);
    /// assert_eq!(domain.turned(0, 0.25, -1.0, 0.5), 1.0);
    /// assert_eq!(domain.turned(0, 0.25, -1.0, 8.0), 0.375 / 8.0);
    /// # Ok::<(), finite_diff::domain::DomainError>(())
    /// ```
    pub fn turned<T: Real>(&self, coordinate: usize, x: T, component: f64, t: f64) -> f64 {
        let Some(interval) = self.interval(coordinate) else {
            return component;
        };
        let inside = |u: &f64| interval.admits(T::narrow(x.widen() + t * u));
        let [below, above] = interval.room(x);
        let half = 0.5 * below.max(above) / t;
        let half = if above >= below { half } else { -half };
        [component, -component, half]
            .into_iter()
            .find(inside)
            .unwrap_or(0.0)
    }

    /// The component u_i of a direction for a table of values: half the way to the nearer bound, as long as that leaves
    /// √ε of it, so that a J that is singular there does not pass for noise; else [`turned`](Self::turned).
    pub(crate) fn shortened<T: Real>(
        &self,
        coordinate: usize,
        x: T,
        component: f64,
        t: f64,
    ) -> f64 {
        match self.both_ways(coordinate, x, component, t) {
            0.0 => self.turned(coordinate, x, component, t),
            short => short,
        }
    }

    /// The component u_i of a direction, of which x ± t·u_i are both needed: as it is where both lie inside, else half
    /// the way to the nearer bound, 0 where that leaves less than √ε of it.
    pub(crate) fn both_ways<T: Real>(
        &self,
        coordinate: usize,
        x: T,
        component: f64,
        t: f64,
    ) -> f64 {
        let Some(interval) = self.interval(coordinate) else {
            return component;
        };
        let inside = |u: &f64| {
            let (plus, minus) = either_side(x, t * u);
            interval.admits(plus) && interval.admits(minus)
        };
        let [below, above] = interval.room(x);
        let half = (0.5 * below.min(above) / t).copysign(component);
        let least = T::EPSILON.sqrt() * component.abs();
        [component, half]
            .into_iter()
            .find(|u| u.abs() >= least && inside(u))
            .unwrap_or(0.0)
    }
}

/// An objective that must not be evaluated outside a [`Domain`].
///
/// Everything that differentiates it, or measures its noise, stays inside. It has no
/// [`shortcut`](Objective::shortcut), because a shortcut does not know the bounds.
///
/// ```
/// use finite_diff::{Domain, Execution, Scheme, differentiate, from_fn};
/// use finite_diff::domain::Within;
/// // Not evaluated above 4, though the point lies there.
/// let j = Within::new(from_fn(1, |x: &[f64]| (1.0 + x[0].sqrt().powi(3)).ln() + x[0]), Domain::new(&[0.0], &[4.0])?);
/// let run = differentiate(&j, &[4.0], &[0], &Scheme::CENTRAL, &Execution::default())?;
/// let d = run.entries[0].outcome.estimated().unwrap();
/// assert!((d.derivative - (1.0 + 3.0 / 9.0)).abs() <= d.error_bar());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Within<O, D = Domain> {
    objective: O,
    domain: D,
}

impl<O, D: Borrow<Domain>> Within<O, D> {
    /// `objective` in `domain`, which may be borrowed. Whether they have the same number of parameters is
    /// found out with the point.
    pub const fn new(objective: O, domain: D) -> Self {
        Self { objective, domain }
    }
}

impl<T, O, D> Objective<T> for Within<O, D>
where
    T: Copy + Send + Sync,
    O: Objective<T>,
    D: Borrow<Domain> + Sync,
{
    fn dim(&self) -> usize {
        self.objective.dim()
    }

    fn value(&self, point: &[T]) -> Result<T, EvaluationError> {
        self.objective.value(point)
    }

    fn piece(&self, point: &[T]) -> Result<Piece, EvaluationError> {
        self.objective.piece(point)
    }

    fn neighborhood<'a>(
        &'a self,
        point: &'a [T],
    ) -> Result<Box<dyn Neighborhood<T> + 'a>, EvaluationError> {
        self.objective.neighborhood(point)
    }

    fn engine(&self) -> Option<&'static str> {
        self.objective.engine()
    }

    fn domain(&self) -> Option<&Domain> {
        Some(self.domain.borrow())
    }
}
