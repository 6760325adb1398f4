//! A problem that stays where it is: it is asked on the thread that called, and may hold whatever can't leave it, while
//! the check runs on a thread of its own.
//!
//! Not a lock: a cost that shares its own work among threads may take up another evaluation while it waits, which would
//! then wait for the lock that it holds. And the check evaluates one point after the other: shared out to rayon's pool it
//! would wait for threads that may all be waiting here, in calls of their own.

use std::panic::resume_unwind;
use std::sync::mpsc::{Sender, channel};
use std::{io, thread};

use finite_diff::{EvaluationError, Real};

use crate::calls::Answer;
use crate::error::Misfit;

/// What is asked of the problem.
enum Message<T, V> {
    Value(Vec<T>, Sender<Answer<V>>),
    Derivative(Vec<T>, Sender<Answer>),
    /// Nothing more.
    Done,
}

/// The problem as seen from other threads.
pub(crate) struct Remote<T, V>(Sender<Message<T, V>>);

impl<T, V> Clone for Remote<T, V> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: Real, V> Remote<T, V> {
    pub(crate) fn value(&self, at: &[T]) -> Answer<V> {
        self.ask(|answer| Message::Value(at.to_vec(), answer))
    }

    pub(crate) fn derivative(&self, at: &[T]) -> Answer {
        self.ask(|answer| Message::Derivative(at.to_vec(), answer))
    }

    fn ask<A>(&self, message: impl FnOnce(Sender<Answer<A>>) -> Message<T, V>) -> Answer<A> {
        let (answer, answered) = channel();
        // Typed here, lest `?` puts the box into another.
        let gone = || EvaluationError::from(Misfit::Gone);
        self.0.send(message(answer)).map_err(|_| gone())?;
        // Where the problem panics, both ends over there are dropped.
        answered.recv().map_err(|_| gone())?
    }
}

/// Says that nothing more comes, also where the check panics. That all senders are dropped would not do: a check that
/// is kept has one.
struct Finally<T, V>(Remote<T, V>);

impl<T, V> Drop for Finally<T, V> {
    fn drop(&mut self) {
        // Nobody listens where the problem panicked.
        let _ = self.0.0.send(Message::Done);
    }
}

/// Runs `check` on another thread, and what it asks on this one. A panic of either is passed on.
///
/// # Errors
/// The thread could not be started.
pub(crate) fn on_this_thread<T: Real, V: Send, R: Send>(
    value: impl Fn(&[T]) -> Answer<V>,
    derivative: impl Fn(&[T]) -> Answer,
    check: impl FnOnce(Remote<T, V>) -> R + Send,
) -> io::Result<R> {
    let (sender, messages) = channel();
    let remote = Remote(sender);
    thread::scope(|scope| {
        let checking = thread::Builder::new().spawn_scoped(scope, move || {
            let finally = Finally(remote.clone());
            let checked = check(remote);
            drop(finally);
            checked
        })?;
        for message in messages {
            // An answer that nobody waits for any more is not sent.
            let _ = match message {
                Message::Value(at, answer) => answer.send(value(&at)).map_err(|_| ()),
                Message::Derivative(at, answer) => answer.send(derivative(&at)).map_err(|_| ()),
                Message::Done => break,
            };
        }
        checking
            .join()
            .map_or_else(|panic| resume_unwind(panic), Ok)
    })
}
