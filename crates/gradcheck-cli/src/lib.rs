#![doc = include_str!("../README.md")]
//!
//! The command `gradcheck`: the only crate that prints, parses flags and knows file formats.

mod args;
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
pub mod shell_words;
pub mod source_file;
pub mod suggest;
mod unique_keys;

pub use args::{Cli, Column, Command, ConfigError, ConfigProblem, NetworkOptions, Seconds, Widths};
pub use commands::run_arguments;
