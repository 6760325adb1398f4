//! Ctrl-C: the first one asks the run to end with what it has, the second ends the process.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::output::terminal;

/// Set by the first Ctrl-C (or SIGTERM).
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// The exit code of a process ended by the second one, as shells write it: 128 + SIGINT.
const KILLED: i32 = 130;

/// Begins to listen, and returns the flag. Where a handler can't be set, Ctrl-C ends the process as
/// ever.
pub fn listen() -> &'static AtomicBool {
    // Fails only if a handler is set already, by an earlier call.
    let _ = ctrlc::set_handler(|| {
        if INTERRUPTED.swap(true, Ordering::Relaxed) {
            // What we started is not to outlive us.
            um_bridge::Server::end_all();
            std::process::exit(KILLED);
        }
        terminal::remark("ending with what was measured; once more ends it at once");
    });
    &INTERRUPTED
}
