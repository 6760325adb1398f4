//! A model in another process, in any language: what to check of it, and the check.
//!
//! Invariant: prints nothing, and knows nothing of exit codes; it talks through `um-bridge`.

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
