//! A server process without a process group, for systems that have none: only the process itself is ended.

use std::io;
use std::process::{Child, ChildStderr, ChildStdout, Command};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

type Shared = Arc<Mutex<Child>>;

static LIVING: Mutex<Vec<Shared>> = Mutex::new(Vec::new());

#[derive(Debug)]
pub(in crate::server) struct Group {
    process: Shared,
    id: u32,
}

impl Group {
    pub(in crate::server) fn spawn(command: &mut Command) -> io::Result<Self> {
        let mut living = LIVING.lock().unwrap_or_else(PoisonError::into_inner);
        let process = command.spawn()?;
        let id = process.id();
        let process = Arc::new(Mutex::new(process));
        living.push(Arc::clone(&process));
        Ok(Self { process, id })
    }

    pub(in crate::server) fn outputs(&mut self) -> (Option<ChildStdout>, Option<ChildStderr>) {
        let mut process = self.process.lock().unwrap_or_else(PoisonError::into_inner);
        (process.stdout.take(), process.stderr.take())
    }

    pub(in crate::server) fn id(&self) -> u32 {
        self.id
    }

    pub(in crate::server) fn ended(&mut self) -> Option<String> {
        let mut process = self.process.lock().unwrap_or_else(PoisonError::into_inner);
        match process.try_wait() {
            Ok(status) => status.map(|status| status.to_string()),
            Err(_) => Some("it is gone".to_owned()),
        }
    }

    /// Kills the process at once: there is no portable way to ask it to end.
    pub(in crate::server) fn end(&mut self, _grace: Duration) {
        let mut living = LIVING.lock().unwrap_or_else(PoisonError::into_inner);
        living.retain(|other| !Arc::ptr_eq(other, &self.process));
        let mut process = self.process.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = process.kill();
        let _ = process.wait();
    }
}

pub(in crate::server) fn kill_all() {
    let living = LIVING.lock().unwrap_or_else(PoisonError::into_inner);
    for process in living.iter() {
        let _ = process
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .kill();
    }
}
