#![doc = include_str!("../README.md")]
//!
//! Invariant: knows nothing of any checker; it knows only the backward pass of the crate mlp.

mod draw;
mod elsewhere;
mod fault;
mod needs;
mod rules;
mod steps;
mod table;

pub use fault::{Fault, Shows, changed_blocks};
pub use rules::{BackwardRules, Network, backward_with};
pub use steps::{
    HiddenDelta, HiddenEntry, NotTransposed, OtherWeights, OtherZ, OutputDelta, OutputEntry,
    UpdatedWeights, ZForA,
};
pub use table::{all, find};
