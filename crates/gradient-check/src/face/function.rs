//! The closures of a gradient check as a [`Subject`].

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use finite_diff::objective::Piece;
use finite_diff::{Domain, EvaluationError, Objective, ParameterLayout, Real};
use num_complex::Complex;

use super::closures::{Answer, AnyThread, Calls, OneThread, Output, Part};
use super::returned::{Returned, ReturnedPair, ReturnedValue, ReturnedVector};
use crate::check::measure_gradient_noise;
use crate::structure::fit_gradient;
use crate::subject::{Gradient, NamedArray};
use crate::{CheckError, Settings, Subject};

pub(super) fn flat<'a, T: Real, S: ReturnedValue<T>, V: ReturnedVector>(
    value: impl Fn(&[T]) -> S + Send + Sync + 'a,
    gradient: impl Fn(&[T]) -> V + Send + Sync + 'a,
) -> AnyThread<'a, T> {
    let mut closures = AnyThread::new();
    closures.set(Part::Value, move |_, x, _| one(value(x)));
    closures.set(Part::Derivative, move |_, x, _| many(gradient(x)));
    closures
}

pub(super) fn fused<'a, T: Real, P: ReturnedPair<T>>(
    both: impl Fn(&[T]) -> P + Send + Sync + 'a,
) -> AnyThread<'a, T> {
    // Two owners of one closure.
    let both = Arc::new(both);
    let again = both.clone();
    let mut closures = AnyThread::new();
    closures.set(Part::Value, move |_, x, _| first(both(x)));
    closures.set(Part::Derivative, move |_, x, _| second(again(x)));
    closures
}

pub(super) fn of_inputs<'a, T: Real, S: ReturnedValue<T>, V: ReturnedVector>(
    value: impl Fn(&[&[T]]) -> S + Send + Sync + 'a,
    gradient: impl Fn(&[&[T]]) -> V + Send + Sync + 'a,
) -> AnyThread<'a, T> {
    let mut closures = AnyThread::new();
    closures.set(Part::Value, move |layout, x, _| {
        one(value(&layout.unflatten(x)?))
    });
    closures.set(Part::Derivative, move |layout, x, _| {
        many(gradient(&layout.unflatten(x)?))
    });
    closures
}

pub(super) fn local_flat<'a, T: Real, S: ReturnedValue<T>, V: ReturnedVector>(
    mut value: impl FnMut(&[T]) -> S + 'a,
    mut gradient: impl FnMut(&[T]) -> V + 'a,
) -> OneThread<'a, T> {
    let mut closures = OneThread::new();
    closures.set(Part::Value, move |_, x, _| one(value(x)));
    closures.set(Part::Derivative, move |_, x, _| many(gradient(x)));
    closures
}

pub(super) fn local_fused<'a, T: Real, P: ReturnedPair<T>>(
    both: impl FnMut(&[T]) -> P + 'a,
) -> OneThread<'a, T> {
    // Two owners of one closure, of which one is called at a time.
    let both = Rc::new(RefCell::new(both));
    let again = both.clone();
    let mut closures = OneThread::new();
    closures.set(Part::Value, move |_, x, _| first((both.borrow_mut())(x)));
    closures.set(Part::Derivative, move |_, x, _| {
        second((again.borrow_mut())(x))
    });
    closures
}

pub(super) fn local_of_inputs<'a, T: Real, S: ReturnedValue<T>, V: ReturnedVector>(
    mut value: impl FnMut(&[&[T]]) -> S + 'a,
    mut gradient: impl FnMut(&[&[T]]) -> V + 'a,
) -> OneThread<'a, T> {
    let mut closures = OneThread::new();
    closures.set(Part::Value, move |layout, x, _| {
        one(value(&layout.unflatten(x)?))
    });
    closures.set(Part::Derivative, move |layout, x, _| {
        many(gradient(&layout.unflatten(x)?))
    });
    closures
}

fn one<T: Real>(value: impl ReturnedValue<T>) -> Answer {
    Ok(Output::One(value.into_value()?.widen()))
}

pub(super) fn many(vector: impl ReturnedVector) -> Answer {
    Ok(Output::Many(vector.into_vector()?))
}

fn first<T: Real>(pair: impl ReturnedPair<T>) -> Answer {
    Ok(Output::One(pair.into_pair()?.0.widen()))
}

fn second<T: Real>(pair: impl ReturnedPair<T>) -> Answer {
    Ok(Output::Many(pair.into_pair()?.1))
}

/// A cost and its gradient at points with this layout.
pub(super) struct Placed<'b, T> {
    pub(super) calls: &'b Calls<'b, T>,
    pub(super) layout: &'b ParameterLayout,
    pub(super) domain: Option<&'b Domain>,
    /// Whether the caller declares that the cost has no kinks.
    pub(super) smooth: bool,
}

impl<T: Real> Placed<'_, T> {
    fn cost(&self, point: &[T]) -> Result<T, EvaluationError> {
        Ok(T::narrow((self.calls)(Part::Value, point, &[])?.one()))
    }

    fn returned(&self, point: &[T]) -> Result<Gradient, EvaluationError> {
        let returned = (self.calls)(Part::Derivative, point, &[])?.many();
        Ok(named(returned, self.layout))
    }

    /// The gradient as one vector. A block without a gradient is zero, as it is to whoever takes a step with it.
    ///
    /// # Errors
    /// [`CheckError`], where the gradient fails or does not fit the parameters.
    pub(super) fn gradient(&self, point: &[T]) -> Result<Vec<f64>, CheckError> {
        let returned = self
            .returned(point)
            .map_err(|source| CheckError::Backward {
                call: "the gradient",
                source,
            })?;
        let mut fitted = fit_gradient(returned, self.layout);
        match fitted.faults.is_empty() {
            true => Ok(fitted.flat),
            false => Err(CheckError::Misfit(fitted.faults.swap_remove(0))),
        }
    }

    /// The noise of each entry of the gradient next to the point.
    ///
    /// # Errors
    /// [`CheckError`], where the gradient fails.
    pub(super) fn noise(
        &self,
        point: &[T],
        settings: &Settings<'_>,
    ) -> Result<Vec<Option<f64>>, CheckError> {
        let field = |point: &[T]| Ok(fit_gradient(self.returned(point)?, self.layout).flat);
        let Settings {
            seed, execution, ..
        } = settings;
        measure_gradient_noise(field, point, self.domain, *seed, execution)
    }
}

impl<T: Real> Objective<T> for Placed<'_, T> {
    fn dim(&self) -> usize {
        self.layout.len()
    }

    fn value(&self, point: &[T]) -> Result<T, EvaluationError> {
        self.cost(point)
    }

    fn piece(&self, _: &[T]) -> Result<Piece, EvaluationError> {
        Ok(match self.smooth {
            true => Piece::Everywhere,
            false => Piece::Unknown,
        })
    }

    fn domain(&self) -> Option<&Domain> {
        self.domain
    }
}

impl<T: Real> Subject<T> for Placed<'_, T> {
    fn value(&self, point: &mut [T]) -> Result<T, EvaluationError> {
        self.cost(point)
    }

    fn backward(&self, point: &mut [T], _: f64) -> Result<Gradient, EvaluationError> {
        self.returned(point)
    }

    fn takes_cotangent(&self) -> bool {
        false
    }

    fn objective(&self) -> Option<&dyn Objective<T>> {
        Some(self as &dyn Objective<T>).filter(|_| self.smooth)
    }

    fn domain(&self) -> Option<&Domain> {
        self.domain
    }
}

/// The cost on complex numbers.
pub(super) type OnComplex<'a> =
    Box<dyn Fn(&[Complex<f64>]) -> Result<Complex<f64>, EvaluationError> + Send + Sync + 'a>;

/// The complex-step counterpart of a cost of so many parameters.
pub(super) struct Counterpart<'b, 'a> {
    pub(super) function: &'b OnComplex<'a>,
    pub(super) dim: usize,
}

impl Objective<Complex<f64>> for Counterpart<'_, '_> {
    fn dim(&self) -> usize {
        self.dim
    }

    fn value(&self, point: &[Complex<f64>]) -> Result<Complex<f64>, EvaluationError> {
        (self.function)(point)
    }
}

/// As the judge takes it: parts without names have those of the blocks, in their order, and where one does not fit
/// its block it has its own length, which is for the judge to find.
pub(super) fn named(returned: Returned, layout: &ParameterLayout) -> Gradient {
    let blocks = layout.blocks();
    match returned {
        Returned::Flat(flat) => Gradient::Flat(flat),
        Returned::Named(arrays) => Gradient::Blocks(arrays),
        Returned::Matrix {
            rows,
            columns,
            values,
        } => match blocks {
            // Of a parameter that is a matrix it has to have the shape.
            [block] if block.shape().len() == 2 => Gradient::Blocks(vec![NamedArray::new(
                block.name(),
                &[rows, columns],
                values,
            )]),
            _ => Gradient::Flat(values),
        },
        Returned::Parts(parts) => {
            let name = |(at, values): (usize, Vec<f64>)| match blocks.get(at) {
                Some(block) if block.len() == values.len() => {
                    NamedArray::new(block.name(), block.shape(), values)
                }
                Some(block) => NamedArray::new(block.name(), &[values.len()], values),
                None => NamedArray::new(format!("part {at}"), &[values.len()], values),
            };
            Gradient::Blocks(parts.into_iter().enumerate().map(name).collect())
        }
    }
}
