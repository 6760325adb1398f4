//! The functions under test, as the check calls them: on any thread, or on the one that asks for the check.
//!
//! Invariant: knows nothing of what the numbers are used for.

use std::cell::RefCell;
use std::num::NonZeroUsize;
use std::{fmt, iter};

use finite_diff::{EvaluationError, ParameterLayout, Real};

use super::caller::serve;
use super::returned::Returned;
use crate::CheckError;

/// Which function of a check is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The cost, or the function of many values.
    Value,
    /// The gradient, or the Jacobian.
    Derivative,
    /// The vector-Jacobian product.
    Vjp,
    /// The Jacobian-vector product.
    Jvp,
}

/// How many parts there are.
const PARTS: usize = 4;

/// The result of a function under test.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// The value of a cost.
    One(f64),
    /// Anything else.
    Many(Returned),
}

impl Output {
    /// The value of a cost.
    pub(super) fn one(self) -> f64 {
        match self {
            Self::One(value) => value,
            Self::Many(_) => f64::NAN,
        }
    }

    /// The values of a function, as numbers.
    pub(super) fn many(self) -> Returned {
        match self {
            Self::One(value) => Returned::Flat(vec![value]),
            Self::Many(returned) => returned,
        }
    }
}

/// What a function under test gave, or its error.
pub(super) type Answer = Result<Output, EvaluationError>;

/// The functions as the check calls them: a part, the point, and the vector that a product is taken with.
pub(super) type Calls<'b, T> = dyn Fn(Part, &[T], &[T]) -> Answer + Sync + 'b;

/// The rest of a check, which calls the functions.
pub(super) type Work<'w, T> = dyn FnMut(&Calls<'_, T>) + Send + 'w;

type Shared<'a, T> = Box<dyn Fn(&ParameterLayout, &[T], &[T]) -> Answer + Send + Sync + 'a>;
type Local<'a, T> = Box<dyn FnMut(&ParameterLayout, &[T], &[T]) -> Answer + 'a>;

/// What `work` gives, which may call the functions.
///
/// # Errors
/// That of `work`, or [`CheckError`], where the functions can't be called.
pub(super) fn called<T: Real, R: Send>(
    closures: &impl Closures<T>,
    layout: &ParameterLayout,
    mut work: impl FnMut(&Calls<'_, T>) -> Result<R, CheckError> + Send,
) -> Result<R, CheckError> {
    let mut done = None;
    closures.serve(layout, &mut |calls| done = Some(work(calls)))?;
    // It is called once.
    done.unwrap_or(Err(CheckError::NothingToCheck))
}

/// Closures that any thread may call, several of them at a time: `Fn + Send + Sync`.
///
/// The default of [`GradientCheck`](crate::GradientCheck) and [`VectorCheck`](crate::VectorCheck).
pub struct AnyThread<'a, T>(Vec<Option<Shared<'a, T>>>);

/// Closures that only the thread that starts the check calls, one at a time: any `FnMut`.
///
/// What [`GradientCheck::single_threaded`](crate::GradientCheck::single_threaded) and
/// [`VectorCheck::single_threaded`](crate::VectorCheck::single_threaded) hold.
pub struct OneThread<'a, T>(RefCell<Vec<Option<Local<'a, T>>>>);

/// The threads on which the functions of a check are called: [`AnyThread`] or [`OneThread`].
pub trait Closures<T>: sealed::Sealed {
    /// How many threads there are, where that is not for the caller to say.
    #[doc(hidden)]
    const THREADS: Option<NonZeroUsize>;

    /// Whether the caller supplied a function for this part.
    #[doc(hidden)]
    fn has(&self, part: Part) -> bool;

    /// Does `work`, which may call the functions.
    ///
    /// # Errors
    /// [`CheckError`], where the functions can't be called.
    #[doc(hidden)]
    fn serve(&self, layout: &ParameterLayout, work: &mut Work<'_, T>) -> Result<(), CheckError>;
}

mod sealed {
    pub trait Sealed {}

    impl<T> Sealed for super::AnyThread<'_, T> {}
    impl<T> Sealed for super::OneThread<'_, T> {}
}

impl<'a, T> AnyThread<'a, T> {
    pub(super) fn new() -> Self {
        Self(none())
    }

    pub(super) fn set(
        &mut self,
        part: Part,
        call: impl Fn(&ParameterLayout, &[T], &[T]) -> Answer + Send + Sync + 'a,
    ) {
        self.0[part as usize] = Some(Box::new(call));
    }
}

impl<'a, T> OneThread<'a, T> {
    pub(super) fn new() -> Self {
        Self(RefCell::new(none()))
    }

    pub(super) fn set(
        &mut self,
        part: Part,
        call: impl FnMut(&ParameterLayout, &[T], &[T]) -> Answer + 'a,
    ) {
        self.0.get_mut()[part as usize] = Some(Box::new(call));
    }
}

fn none<C>() -> Vec<Option<C>> {
    iter::repeat_with(|| None).take(PARTS).collect()
}

/// A builder asks for no part that it was not given.
fn absent() -> Answer {
    Err("there is no such function".into())
}

impl<T: Real> Closures<T> for AnyThread<'_, T> {
    const THREADS: Option<NonZeroUsize> = None;

    fn has(&self, part: Part) -> bool {
        self.0[part as usize].is_some()
    }

    fn serve(&self, layout: &ParameterLayout, work: &mut Work<'_, T>) -> Result<(), CheckError> {
        work(&|part, point, with| match &self.0[part as usize] {
            Some(call) => call(layout, point, with),
            None => absent(),
        });
        Ok(())
    }
}

impl<T: Real> Closures<T> for OneThread<'_, T> {
    const THREADS: Option<NonZeroUsize> = Some(NonZeroUsize::MIN);

    fn has(&self, part: Part) -> bool {
        // While they are called nobody asks.
        let calls = self.0.try_borrow();
        calls.is_ok_and(|calls| calls[part as usize].is_some())
    }

    fn serve(&self, layout: &ParameterLayout, work: &mut Work<'_, T>) -> Result<(), CheckError> {
        let mut calls = self.0.try_borrow_mut().map_err(|_| CheckError::Reentered)?;
        let answer = |part: Part, point: &[T], with: &[T]| match &mut calls[part as usize] {
            Some(call) => call(layout, point, with),
            None => absent(),
        };
        serve(answer, work).map_err(|source| CheckError::Thread { source })
    }
}

impl<T> fmt::Debug for AnyThread<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnyThread").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for OneThread<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OneThread").finish_non_exhaustive()
    }
}
