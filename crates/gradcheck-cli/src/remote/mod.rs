//! A model somewhere else, in whatever language: what is to be checked of it, and the check.
//!
//! Talks through `um-bridge`; prints nothing, and knows no exit code.

mod blame;
mod blocks;
mod bounds;
mod check;
mod config;
mod error;
mod forward;
mod interruptible;
mod judge;
mod options;
mod point;
mod products;
mod recall;
mod scales;

pub use blame::Blamed;
pub use blocks::BlockShape;
pub use bounds::{Bounds, Place};
pub use check::{ModelOutcome, Offered, check};
pub use error::ModelError;
pub use forward::{Forward, Kinked};
pub use judge::{Derivatives, OfOutputs};
pub use options::ModelOptions;
