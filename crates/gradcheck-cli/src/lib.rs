#![doc = include_str!("../README.md")]
//!
//! The command `gradcheck`: the only crate that prints, parses flags and knows file formats.

mod args;
pub mod calibration;
mod commands;
pub mod csv;

pub mod data;
pub mod exit;
#[cfg(test)]
mod fuzz;
pub mod gradient_file;
pub mod input_error;
pub mod interrupt;
pub mod network;
pub mod output;
pub mod progress;
pub mod remote;
pub mod source_file;
pub mod suggest;
mod unique_keys;
pub mod zoo;

pub use args::{Cli, Command, ConfigError, ConfigProblem};
pub use commands::run;
