//! Threads that wait in the caller's place, so that the caller can be interrupted.
//!
//! Invariant: knows nothing of what they wait for.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How often the flag is polled.
pub(crate) const LOOKED_AT_EVERY: Duration = Duration::from_millis(20);

type Task = Box<dyn FnOnce() + Send>;

/// Threads with nothing to do. They end when this is dropped, those that are busy when they are done.
#[derive(Debug, Default)]
pub(crate) struct Workers {
    idle: Mutex<Vec<Sender<Task>>>,
}

/// Why there is no result: it is no longer wanted, or the task panicked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Left {
    /// The flag was set.
    Interrupted,
    /// The thread of the task panicked.
    Died,
}

impl Workers {
    /// The result of `task`; once `cancel` is set, the task is abandoned and ends in its own time.
    pub(crate) fn run<T: Send + 'static>(
        &self,
        cancel: &AtomicBool,
        task: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Left> {
        let (tell, told) = sync_channel(1);
        let task: Task = Box::new(move || {
            // Fails if the caller has stopped waiting.
            let _ = tell.send(task());
        });
        let worker = self.worker();
        if let Err(unsent) = worker.send(task) {
            // No thread could be started: run it here, uninterruptibly.
            (unsent.0)();
        }
        loop {
            match told.recv_timeout(LOOKED_AT_EVERY) {
                Ok(outcome) => {
                    self.idle
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .push(worker);
                    return Ok(outcome);
                }
                Err(RecvTimeoutError::Timeout) if cancel.load(Ordering::Relaxed) => {
                    return Err(Left::Interrupted);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Err(Left::Died),
            }
        }
    }

    /// A thread that waits for tasks.
    fn worker(&self) -> Sender<Task> {
        let idle = self
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        idle.unwrap_or_else(|| {
            let (worker, tasks) = channel::<Task>();
            let thread = std::thread::Builder::new().name("um-bridge".to_owned());
            // Not joined: it ends with the sender. If it can't be started, the receiver is dropped.
            let _ = thread.spawn(move || tasks.into_iter().for_each(|task| task()));
            worker
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::Barrier;
    use std::sync::atomic::AtomicBool;

    use super::{Left, Workers};

    #[test]
    fn a_task_is_waited_for_until_the_flag_is_set() {
        let workers = Workers::default();
        let calm = AtomicBool::new(false);
        assert_eq!(workers.run(&calm, || 3), Ok(3));
        // Its caller would wait forever.
        let never = Arc::new(Barrier::new(2));
        let waits = Arc::clone(&never);
        let called = AtomicBool::new(true);
        let outcome = workers.run(&called, move || waits.wait().is_leader());
        assert_eq!(outcome, Err(Left::Interrupted));
        never.wait();
        assert_eq!(workers.run(&calm, || 4), Ok(4));
    }

    #[test]
    fn one_thread_does_for_one_caller() {
        let workers = Workers::default();
        let calm = AtomicBool::new(false);
        let ids: Vec<_> = (0..5)
            .map(|_| workers.run(&calm, || std::thread::current().id()).unwrap())
            .collect();
        assert!(ids.iter().all(|id| *id == ids[0]));
    }
}
