//! Ctrl-C: the first one asks the run to stop with the results so far, the second ends the process.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::output::terminal;

/// Set by the first Ctrl-C (or SIGTERM).
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// The exit code of a process ended by the second Ctrl-C, as shells write it: 128 + SIGINT.
const KILLED: i32 = 130;

/// Installs the handler, and returns the flag. If it can't be installed, Ctrl-C ends the process as
/// usual.
pub fn listen() -> &'static AtomicBool {
    // Fails only if a handler is set already, by an earlier call.
    let _ = ctrlc::set_handler(|| {
        if INTERRUPTED.swap(true, Ordering::Relaxed) {
            // Spawned servers must not outlive this process.
            um_bridge::Server::end_all();
            std::process::exit(KILLED);
        }
        terminal::remark("stopping with the results so far; press Ctrl-C again to stop at once");
    });
    &INTERRUPTED
}
