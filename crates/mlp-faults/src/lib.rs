#![doc = include_str!("../README.md")]
//!
//! Knows the backward pass of the crate mlp; refuses to know any checker.

mod draw;
mod fault;
mod faults;
mod needs;
mod rules;

pub use fault::{Fault, Shows, all, changed_blocks, find};
pub use rules::{BackwardRules, Network, backward_observed, backward_with};
