//! A process and all that it starts, ended together.
//!
//! Invariant: knows nothing of servers.

#[cfg(not(unix))]
mod lone;
#[cfg(unix)]
mod unix;

#[cfg(not(unix))]
pub(super) use lone::{Group, kill_all};
#[cfg(unix)]
pub(super) use unix::{Group, kill_all};
