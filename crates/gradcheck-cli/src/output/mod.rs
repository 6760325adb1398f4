//! The output of a command: text for people, JSON for scripts, both from the same data, and where it is
//! written.

pub mod json;
mod sink;
pub(crate) mod terminal;
pub mod text;

pub use sink::{Sink, SinkError};
