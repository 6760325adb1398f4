//! Calls of the functions under test: on the Python thread that started the check, or on any.
//!
//! Invariant: knows nothing of derivatives.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError, channel};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use finite_diff::{EvaluationError, Real};
use gradient_check::subject::NamedArray;
use numpy::{Element, PyArray1, PyArrayMethods, PyReadonlyArray1};
use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use thiserror::Error;

/// How often Python is asked for signals while no evaluation comes in.
const LISTEN: Duration = Duration::from_millis(50);

/// How often a thread that waits for the next evaluation looks before it sleeps: handing work to a thread that sleeps takes
/// longer than a small function.
const LOOKS: usize = 2_000;

/// A number that NumPy has too.
pub(crate) trait Number: Real + Element {}

impl<T: Real + Element> Number for T {}

/// What a function under test is called for. The names are those that the Python side knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Value,
    Gradient,
    Values,
    Jacobian,
    Vjp,
    Jvp,
}

impl Part {
    fn name(self) -> &'static str {
        match self {
            Self::Value => "value",
            Self::Gradient => "gradient",
            Self::Values => "values",
            Self::Jacobian => "jacobian",
            Self::Vjp => "vjp",
            Self::Jvp => "jvp",
        }
    }
}

/// What a function under test gave.
pub(crate) enum Answer {
    One(f64),
    Many(Vec<f64>),
    Named(Vec<NamedArray>),
}

/// An exception of a function under test, on its way through the check and out again.
#[derive(Debug, Error)]
#[error("{0}")]
pub(crate) struct Raised(pub(crate) PyErr);

/// The thread of the functions is gone; nobody sees this, as what ended it is raised.
#[derive(Debug, Error)]
#[error("the check was abandoned")]
struct Gone;

/// One call: a part, the point, which the function may write to, and the vector of a product.
pub(crate) struct Request<T> {
    part: Part,
    point: Vec<T>,
    with: Vec<T>,
    reply: Sender<Reply<T>>,
}

/// The point, where the function wrote into it, and what it gave.
type Reply<T> = (Option<Vec<T>>, Result<Answer, Raised>);

/// Where the functions of a check are called.
pub(crate) enum Caller<T> {
    /// On the thread that started the check, one at a time.
    Here(Sender<Request<T>>),
    /// On the thread that asks.
    Anywhere(Py<PyAny>),
}

/// What is shared between the check and the thread that started it.
#[derive(Default)]
pub(crate) struct Shared {
    /// Set to end the check: Ctrl-C came.
    pub(crate) cancel: AtomicBool,
    /// Whether a function wrote into its argument.
    pub(crate) wrote: AtomicBool,
    /// What ended it.
    signal: Mutex<Option<PyErr>>,
}

impl Shared {
    /// The `KeyboardInterrupt`, or whatever a signal handler raised, that ended the check.
    pub(crate) fn signal(&self) -> Option<PyErr> {
        let mut slot = self.signal.lock().unwrap_or_else(PoisonError::into_inner);
        slot.take()
    }

    fn end(&self, error: PyErr) {
        let mut slot = self.signal.lock().unwrap_or_else(PoisonError::into_inner);
        slot.get_or_insert(error);
        self.cancel.store(true, Ordering::Relaxed);
    }
}

impl<T: Number> Caller<T> {
    /// The answer of `part` at `point`, and the point where the function wrote into it.
    pub(crate) fn call(
        &self,
        shared: &Shared,
        part: Part,
        point: Vec<T>,
        with: &[T],
    ) -> Result<(Option<Vec<T>>, Answer), EvaluationError> {
        let (written, answer) = match self {
            Self::Anywhere(functions) => {
                Python::attach(|py| perform(functions.bind(py), shared, part, point, with))
            }
            Self::Here(requests) => {
                let (reply, answered) = channel();
                let request = Request {
                    part,
                    point,
                    with: with.to_vec(),
                    reply,
                };
                requests.send(request).map_err(|_| Gone)?;
                answered.recv().map_err(|_| Gone)?
            }
        };
        Ok((written, answer?))
    }
}

/// Does `work` on a thread of its own, and meanwhile on this one what it calls, and what Python's signals ask for.
///
/// With `anywhere` the functions are called on the threads of the check, and this one listens for signals alone.
///
/// # Errors
/// Where the thread can't be started.
pub(crate) fn serve<T: Number, R: Send>(
    functions: &Bound<'_, PyAny>,
    anywhere: bool,
    shared: &Shared,
    work: impl FnOnce(&Caller<T>) -> R + Send,
) -> PyResult<R> {
    let py = functions.py();
    let (requests, asked) = channel::<Request<T>>();
    // Dropped where the work ends, or panics: nothing more will come.
    let (alive, over) = channel::<()>();
    let caller = match anywhere {
        true => Caller::Anywhere(functions.clone().unbind()),
        false => Caller::Here(requests),
    };
    thread::scope(|scope| {
        let working = thread::Builder::new()
            .name("gradient-check".to_owned())
            .spawn_scoped(scope, move || {
                let _alive = alive;
                work(&caller)
            })?;
        match anywhere {
            true => listen(py, shared, over),
            false => answer_all(functions, shared, asked),
        }
        let joined = py.detach(|| working.join());
        Ok(joined.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}

fn listen(py: Python<'_>, shared: &Shared, mut over: Receiver<()>) {
    while wait(py, &mut over) {
        look_for_signals(py, shared);
    }
}

/// Whether the check goes on.
fn wait(py: Python<'_>, over: &mut Receiver<()>) -> bool {
    py.detach(move || over.recv_timeout(LISTEN)) == Err(RecvTimeoutError::Timeout)
}

fn answer_all<T: Number>(
    functions: &Bound<'_, PyAny>,
    shared: &Shared,
    mut asked: Receiver<Request<T>>,
) {
    let py = functions.py();
    loop {
        let next = match soon(&asked) {
            Some(next) => Ok(next),
            None => {
                let asked = &mut asked;
                py.detach(move || asked.recv_timeout(LISTEN))
            }
        };
        match next {
            Ok(Request {
                part,
                point,
                with,
                reply,
            }) => {
                let answered = perform(functions, shared, part, point, &with);
                // The check may have ended meanwhile.
                let _ = reply.send(answered);
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        look_for_signals(py, shared);
    }
}

/// The next request, if it comes at once.
fn soon<T>(asked: &Receiver<T>) -> Option<T> {
    for _ in 0..LOOKS {
        match asked.try_recv() {
            Ok(request) => return Some(request),
            Err(TryRecvError::Disconnected) => return None,
            Err(TryRecvError::Empty) => std::hint::spin_loop(),
        }
    }
    None
}

fn look_for_signals(py: Python<'_>, shared: &Shared) {
    if let Err(error) = py.check_signals() {
        shared.end(error);
    }
}

/// Calls the function, with an array of its own.
fn perform<T: Number>(
    functions: &Bound<'_, PyAny>,
    shared: &Shared,
    part: Part,
    point: Vec<T>,
    with: &[T],
) -> Reply<T> {
    let py = functions.py();
    let before = point.clone();
    let array = PyArray1::from_vec(py, point);
    let vector = (!with.is_empty()).then(|| PyArray1::from_slice(py, with));
    let answer = functions
        .call1((part.name(), &array, vector))
        .and_then(|given| read(part, &given));
    let written = array.readonly().as_slice().ok().and_then(|after| {
        let same = |(x, y): (&T, &T)| x.widen().to_bits() == y.widen().to_bits();
        (!before.iter().zip(after).all(same)).then(|| after.to_vec())
    });
    if written.is_some() {
        shared.wrote.store(true, Ordering::Relaxed);
    }
    let answer = answer.map_err(|error| {
        // Ctrl-C in the middle of the function, or an exit: what was measured until then is kept.
        if !error.is_instance_of::<PyException>(py) {
            shared.end(error.clone_ref(py));
        }
        Raised(error)
    });
    (written, answer)
}

fn read(part: Part, given: &Bound<'_, PyAny>) -> PyResult<Answer> {
    let numbers = |given: &Bound<'_, PyAny>| -> PyResult<Vec<f64>> {
        let array: PyReadonlyArray1<'_, f64> = given.extract()?;
        Ok(array.as_array().to_vec())
    };
    match part {
        Part::Value => Ok(Answer::One(given.extract()?)),
        Part::Gradient => {
            let arrays: Vec<(String, Vec<usize>, Bound<'_, PyAny>)> = given.extract()?;
            let named = |(name, shape, array): (String, Vec<usize>, Bound<'_, PyAny>)| {
                Ok(NamedArray::new(name, &shape, numbers(&array)?))
            };
            let arrays: PyResult<Vec<NamedArray>> = arrays.into_iter().map(named).collect();
            Ok(Answer::Named(arrays?))
        }
        Part::Values | Part::Jacobian | Part::Vjp | Part::Jvp => Ok(Answer::Many(numbers(given)?)),
    }
}
