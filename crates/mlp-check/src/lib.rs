#![doc = include_str!("../README.md")]
//!
//! Joins `mlp` and `gradient-check`, which know nothing of each other.
//! Invariant: knows nothing of flags and files, and prints nothing.

mod check;
mod context;
mod delta;
mod error;
#[cfg(test)]
mod fixture;
mod kinks;
mod method;
mod mistakes;
mod model;
mod precision;
mod scaled;
mod subject;
pub mod training;

pub use check::{AtPoint, Checked, NetworkCheck};
pub use delta::Delta;
pub use error::NetworkCheckError;
pub use method::Method;
pub use precision::Precision;
pub use training::{Outcome, Stage, TrainedCheck};
