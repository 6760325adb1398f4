//! The check again on the way: at the starting point and at iterates of a solver.

use std::sync::{Arc, Mutex, PoisonError};

use argmin::core::observers::Observe;
use argmin::core::{Error, KV, State};
use gradient_check::{GradientCheck, GradientError, Report};

use crate::check::CheckGradient;
use crate::numbers::Point;

/// One check on the way.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckedIterate {
    /// How many steps the solver had made.
    pub steps: u64,
    /// What was found, with its verdict.
    pub report: Report,
}

/// The checks that a [`GradientObserver`] has made: a handle that stays when the observer has gone to the solver.
#[derive(Debug, Clone, Default)]
pub struct GradientLog(Arc<Mutex<Vec<CheckedIterate>>>);

impl GradientLog {
    /// All so far, in their order.
    pub fn iterates(&self) -> Vec<CheckedIterate> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn push(&self, steps: u64, report: Report) {
        let mut iterates = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        iterates.push(CheckedIterate { steps, report });
    }
}

type Configure<T> = Box<dyn Fn(GradientCheck<'static, T>) -> GradientCheck<'static, T> + Sync>;

/// Checks the gradient of a problem at the starting point, and again at the iterates that argmin's `ObserverMode` asks for: a
/// gradient can be right where weights are small and wrong where a unit saturates or a bound is hit.
///
/// A wrong gradient ends the run with the [`GradientError`] as its error. What could not be decided, as near a minimum,
/// is kept in the [`log`](Self::log) with everything else, and the run goes on. An observer does not see the solver's
/// problem, so that it is given one of its own: a clone, or what is held behind an `Arc`.
pub struct GradientObserver<P, X: Point> {
    problem: P,
    configure: Configure<X::Real>,
    log: GradientLog,
}

impl<P: CheckGradient<X>, X: Point> GradientObserver<P, X> {
    /// Of this problem.
    pub fn new(problem: P) -> Self {
        Self {
            problem,
            configure: Box::new(|check| check),
            log: GradientLog::default(),
        }
    }

    /// How to check: `observer.configure(|check| check.sample(100))` for a parameter with many entries.
    #[must_use]
    pub fn configure(
        mut self,
        configure: impl Fn(GradientCheck<'static, X::Real>) -> GradientCheck<'static, X::Real>
        + Sync
        + 'static,
    ) -> Self {
        self.configure = Box::new(configure);
        self
    }

    /// A handle on the checks; to be taken before the observer goes to the solver.
    pub fn log(&self) -> GradientLog {
        self.log.clone()
    }

    fn check(&self, steps: u64, at: Option<&X>) -> Result<(), Error> {
        // A solver that keeps no parameter has nothing to check at.
        let Some(at) = at else { return Ok(()) };
        let configure = &self.configure;
        let named = |check| configure(check).message(format!("after {steps} steps"));
        let mut checked = self.problem.check_gradient_with(at, named);
        if let Err(GradientError::Wrong(failure) | GradientError::Undecided(failure)) = &mut checked
        {
            // It is not the caller's.
            failure.location = None;
        }
        match checked {
            Ok(report) => self.log.push(steps, report),
            Err(GradientError::Undecided(failure)) => self.log.push(steps, failure.report),
            Err(error) => {
                if let GradientError::Wrong(failure) = &error {
                    self.log.push(steps, failure.report.clone());
                }
                return Err(error.into());
            }
        }
        Ok(())
    }
}

impl<P, X, I> Observe<I> for GradientObserver<P, X>
where
    P: CheckGradient<X>,
    X: Point,
    I: State<Param = X>,
{
    fn observe_init(&mut self, _: &str, state: &I, _: &KV) -> Result<(), Error> {
        self.check(0, state.get_param())
    }

    fn observe_iter(&mut self, state: &I, _: &KV) -> Result<(), Error> {
        // argmin counts after it has called.
        self.check(state.get_iter() + 1, state.get_param())
    }
}
