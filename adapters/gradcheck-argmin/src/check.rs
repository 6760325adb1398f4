//! `problem.check_gradient(&x)?`: the checks as methods of the problem, whatever it holds.

use std::panic::Location;

use argmin::core::{CostFunction, Gradient, Hessian, Jacobian, Operator};
use finite_diff::Real;
use gradient_check::face::VectorReport;
use gradient_check::{CheckError, GradientCheck, GradientError, Report, VectorCheck};

use crate::builders::Start;
use crate::calls::{self, Answer};
use crate::here::{Remote, on_this_thread};
use crate::numbers::{Numbers, Point, Rows};

/// The check of ∇J, for every problem with [`CostFunction`] and [`Gradient`].
///
/// The problem is asked on the thread that calls, one evaluation after the other, so that it may hold a `RefCell`, an
/// `Rc` or a handle to a library that knows one thread only. One that is [`Sync`] has
/// [`parallel_gradient_check`](crate::parallel_gradient_check) too, which evaluates on all threads.
pub trait CheckGradient<X: Point>:
    CostFunction<Param = X, Output = X::Real> + Gradient<Param = X, Gradient: Numbers>
{
    /// Checks the gradient at `at`.
    ///
    /// # Errors
    /// Where the gradient is wrong, could not be confirmed, or could not be checked, as where the problem fails. The text
    /// is complete.
    #[track_caller]
    fn check_gradient(&self, at: &X) -> Result<Report, GradientError> {
        self.check_gradient_with(at, |check| check)
    }

    /// Checks the gradient at `at` with settings: `problem.check_gradient_with(&x, |check| check.seed(7))`. The number of
    /// threads has no effect: it is one.
    ///
    /// # Errors
    /// As [`check_gradient`](Self::check_gradient).
    #[track_caller]
    fn check_gradient_with<'a>(
        &self,
        at: &X,
        configure: impl FnOnce(GradientCheck<'a, X::Real>) -> GradientCheck<'a, X::Real> + Send,
    ) -> Result<Report, GradientError> {
        let location = Location::caller();
        let start = Start::new(at);
        here(
            location,
            |x| calls::cost(self, at, x),
            |x| calls::gradient(self, at, x),
            |problem| {
                let again = problem.clone();
                let check = start.gradient::<<Self::Gradient as Numbers>::Real>(
                    move |x| problem.value(x),
                    move |x| again.derivative(x),
                );
                configure(check).threads(1).verify()
            },
        )
    }
}

impl<P, X: Point> CheckGradient<X> for P where
    P: CostFunction<Param = X, Output = X::Real> + Gradient<Param = X, Gradient: Numbers>
{
}

/// The check of ∂F/∂x, for every problem with [`Operator`] and [`Jacobian`]: ∂F_i/∂x_j in row i, column j. On which
/// threads: see [`CheckGradient`].
pub trait CheckJacobian<X: Point>:
    Operator<Param = X, Output: Numbers> + Jacobian<Param = X, Jacobian: Rows>
{
    /// Checks every entry of the Jacobian at `at`.
    ///
    /// # Errors
    /// Where it is wrong, could not be confirmed, or could not be checked. The text is complete.
    #[track_caller]
    fn check_jacobian(&self, at: &X) -> Result<VectorReport, GradientError<VectorReport>> {
        self.check_jacobian_with(at, |check| check)
    }

    /// Checks every entry of the Jacobian at `at` with settings. The number of threads has no effect: it is one.
    ///
    /// # Errors
    /// As [`check_jacobian`](Self::check_jacobian).
    #[track_caller]
    fn check_jacobian_with<'a>(
        &self,
        at: &X,
        configure: impl FnOnce(VectorCheck<'a, X::Real>) -> VectorCheck<'a, X::Real> + Send,
    ) -> Result<VectorReport, GradientError<VectorReport>> {
        let location = Location::caller();
        let start = Start::new(at);
        here(
            location,
            |x| calls::apply(self, at, x),
            |x| calls::jacobian(self, at, x),
            |problem| {
                let again = problem.clone();
                let check = start.jacobian::<<Self::Jacobian as Rows>::Real>(
                    move |x| problem.value(x),
                    move |x| again.derivative(x),
                );
                configure(check).threads(1).verify()
            },
        )
    }
}

impl<P, X: Point> CheckJacobian<X> for P where
    P: Operator<Param = X, Output: Numbers> + Jacobian<Param = X, Jacobian: Rows>
{
}

/// The check of ∂²J/∂x², for every problem with [`Gradient`] and [`Hessian`]. It is held against differences of the
/// problem's own gradient, which wants to be checked first; an entry is named `dg/dx[i,j]`. On which threads: see
/// [`CheckGradient`].
pub trait CheckHessian<X: Point>:
    Gradient<Param = X, Gradient: Numbers> + Hessian<Param = X, Hessian: Rows>
{
    /// Checks every entry of the Hessian at `at`.
    ///
    /// # Errors
    /// Where it is wrong, could not be confirmed, or could not be checked. The text is complete.
    #[track_caller]
    fn check_hessian(&self, at: &X) -> Result<VectorReport, GradientError<VectorReport>> {
        self.check_hessian_with(at, |check| check)
    }

    /// Checks every entry of the Hessian at `at` with settings. The number of threads has no effect: it is one.
    ///
    /// # Errors
    /// As [`check_hessian`](Self::check_hessian).
    #[track_caller]
    fn check_hessian_with<'a>(
        &self,
        at: &X,
        configure: impl FnOnce(VectorCheck<'a, X::Real>) -> VectorCheck<'a, X::Real> + Send,
    ) -> Result<VectorReport, GradientError<VectorReport>> {
        let location = Location::caller();
        let start = Start::new(at);
        here(
            location,
            |x| calls::gradient(self, at, x),
            |x| calls::hessian(self, at, x),
            |problem| {
                let again = problem.clone();
                let check = start.hessian::<<Self::Hessian as Rows>::Real>(
                    move |x| problem.value(x),
                    move |x| again.derivative(x),
                );
                configure(check).threads(1).verify()
            },
        )
    }
}

impl<P, X: Point> CheckHessian<X> for P where
    P: Gradient<Param = X, Gradient: Numbers> + Hessian<Param = X, Hessian: Rows>
{
}

/// Runs a check whose functions are called on this thread, and says where it was called.
fn here<T: Real, V: Send, R: Send>(
    location: &'static Location<'static>,
    value: impl Fn(&[T]) -> Answer<V>,
    derivative: impl Fn(&[T]) -> Answer,
    check: impl FnOnce(Remote<T, V>) -> Result<R, GradientError<R>> + Send,
) -> Result<R, GradientError<R>> {
    let not_started = |source: std::io::Error| GradientError::Check {
        message: None,
        source: CheckError::Backward {
            call: "to start the thread of the check",
            source: Box::new(source),
        },
    };
    let checked = on_this_thread(value, derivative, check);
    let mut checked = checked.unwrap_or_else(|failed| Err(not_started(failed)));
    if let Err(GradientError::Wrong(failure) | GradientError::Undecided(failure)) = &mut checked {
        failure.location = Some(location);
    }
    checked
}
