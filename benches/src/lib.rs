//! What the benchmarks run: networks, engines, and a peer.
//!
//! Invariant: knows nothing of criterion, and measures nothing itself.

mod engines;
mod id;
mod peer;
mod size;

pub use engines::{ENGINES, Engine, Failure, ONE, PEER, REFERENCE, TERMS, TWO, Terms};
pub use id::{Floor, Id};
pub use size::{Extent, GROWTH, Problem, SAMPLING, SIZES, Series, Size};
