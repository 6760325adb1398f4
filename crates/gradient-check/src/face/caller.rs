//! Functions that stay on the thread that started the check, while the check itself runs on a thread of its own and
//! sends each evaluation over.
//!
//! Not a lock around the functions: they need not be `Send`, so that no other thread may ever touch them. The check
//! evaluates one point after the other; shared out to rayon's pool it would wait for threads that may all be waiting
//! here, in checks of their own.

use std::panic::resume_unwind;
use std::sync::mpsc::{Sender, channel};
use std::{io, thread};

use finite_diff::Real;
use thiserror::Error;

use super::closures::{Answer, Part, Work};

/// One call of a function, and where its answer goes.
struct Question<T> {
    part: Part,
    point: Vec<T>,
    with: Vec<T>,
    answer: Sender<Answer>,
}

/// The thread of the functions does not answer any more; users never see this, as its panic is passed on.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the function under test panicked")]
struct Gone;

/// Does `work` on another thread, and what it calls on this one, by `answer`. A panic of either is passed on.
///
/// # Errors
/// The thread could not be started.
pub(super) fn serve<T: Real>(
    mut answer: impl FnMut(Part, &[T], &[T]) -> Answer,
    work: &mut Work<'_, T>,
) -> io::Result<()> {
    let (questions, asked) = channel();
    thread::scope(|scope| {
        // The sender is the work's alone: where the work ends, or panics, it is dropped and ends the loop.
        let working = thread::Builder::new().spawn_scoped(scope, move || {
            work(&|part, point, with| ask(&questions, part, point, with));
        })?;
        for Question {
            part,
            point,
            with,
            answer: to,
        } in asked
        {
            // Where the function panics, `asked` and `to` are dropped, so that the work ends as well.
            // Nobody may be waiting any more.
            let _ = to.send(answer(part, &point, &with));
        }
        working.join().map_err(|panic| resume_unwind(panic))
    })
}

fn ask<T: Real>(questions: &Sender<Question<T>>, part: Part, point: &[T], with: &[T]) -> Answer {
    let (answer, answered) = channel();
    let question = Question {
        part,
        point: point.to_vec(),
        with: with.to_vec(),
        answer,
    };
    questions.send(question).map_err(|_| Gone)?;
    answered.recv().map_err(|_| Gone)?
}
