//! The methods of a problem as functions of flat vectors.

use std::marker::PhantomData;

use argmin::core::{CostFunction, Error, Gradient, Hessian, Jacobian, Operator};
use finite_diff::{EvaluationError, Real};
use gradient_check::face::{Returned, ReturnedVector};

use crate::error::{Misfit, ProblemError};
use crate::numbers::{Numbers, Point, Rows};

/// One value, or all entries of a vector or of a matrix by rows.
pub(crate) type Answer<V = Vec<f64>> = Result<V, EvaluationError>;

/// J at the point.
pub(crate) fn cost<P, X>(problem: &P, like: &X, at: &[X::Real]) -> Answer<X::Real>
where
    X: Point,
    P: CostFunction<Param = X, Output = X::Real> + ?Sized,
{
    problem.cost(&placed(like, at)?).map_err(failed("cost"))
}

/// ∇J at the point.
pub(crate) fn gradient<P, X>(problem: &P, like: &X, at: &[X::Real]) -> Answer
where
    X: Point,
    P: Gradient<Param = X, Gradient: Numbers> + ?Sized,
{
    let gradient = problem.gradient(&placed(like, at)?);
    Ok(widened(
        gradient.map_err(failed("gradient"))?.numbers().as_slice(),
    ))
}

/// F at the point.
pub(crate) fn apply<P, X>(problem: &P, like: &X, at: &[X::Real]) -> Answer
where
    X: Point,
    P: Operator<Param = X, Output: Numbers> + ?Sized,
{
    let output = problem.apply(&placed(like, at)?);
    Ok(widened(
        output.map_err(failed("apply"))?.numbers().as_slice(),
    ))
}

/// The Jacobian of F at the point.
pub(crate) fn jacobian<P, X>(problem: &P, like: &X, at: &[X::Real]) -> Answer
where
    X: Point,
    P: Jacobian<Param = X, Jacobian: Rows> + ?Sized,
{
    let jacobian = problem.jacobian(&placed(like, at)?);
    by_rows(&jacobian.map_err(failed("jacobian"))?, at.len())
}

/// The Hessian of J at the point.
pub(crate) fn hessian<P, X>(problem: &P, like: &X, at: &[X::Real]) -> Answer
where
    X: Point,
    P: Hessian<Param = X, Hessian: Rows> + ?Sized,
{
    let hessian = problem.hessian(&placed(like, at)?);
    by_rows(&hessian.map_err(failed("hessian"))?, at.len())
}

fn placed<X: Point>(like: &X, at: &[X::Real]) -> Answer<X> {
    let expected = like.numbers().len();
    match at.len() == expected {
        true => Ok(like.with_numbers(at)),
        false => Err(Box::new(Misfit::Point {
            got: at.len(),
            expected,
        })),
    }
}

fn failed(method: &'static str) -> impl Fn(Error) -> EvaluationError {
    move |source| Box::new(ProblemError { method, source })
}

fn widened<T: Real>(numbers: &[T]) -> Vec<f64> {
    numbers.iter().map(|number| number.widen()).collect()
}

/// All rows one after the other, if each has `columns` entries: of a transposed matrix the whole has the right length too.
fn by_rows<M: Rows>(matrix: &M, columns: usize) -> Answer {
    let rows = matrix.rows();
    let misfit = |(row, entries): (usize, &Vec<M::Real>)| {
        (entries.len() != columns).then_some(Misfit::Row {
            row,
            got: entries.len(),
            rows: rows.len(),
            expected: columns,
        })
    };
    match rows.iter().enumerate().find_map(misfit) {
        Some(misfit) => Err(Box::new(misfit)),
        None => Ok(rows.iter().flat_map(|row| widened(row)).collect()),
    }
}

/// Numbers that came in the type T, by whose ε their rounding is judged.
pub(crate) struct Typed<T>(Vec<f64>, PhantomData<T>);

impl<T> Typed<T> {
    pub(crate) fn new(numbers: Vec<f64>) -> Self {
        Self(numbers, PhantomData)
    }
}

impl<T: Real> ReturnedVector for Typed<T> {
    const EPSILON: f64 = T::EPSILON;

    fn into_vector(self) -> Result<Returned, EvaluationError> {
        Ok(Returned::Flat(self.0))
    }
}
