//! How results are said: text for people, JSON for scripts, both from the same data. And where they
//! go.

pub mod json;
mod sink;
pub(crate) mod terminal;
pub mod text;

pub use sink::{Sink, SinkError};
