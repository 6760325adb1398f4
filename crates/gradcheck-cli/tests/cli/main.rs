//! The command as people and scripts meet it: arguments in; text, JSON, files and an exit code out.
//!
//! Every test runs the real binary. Numbers that depend on the processor's rounding are redacted from
//! snapshots, and nothing depends on how long a run takes.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

mod compare;
mod config;
mod contract;
mod control;
mod escaped;
mod face;
mod failures;
mod faults;
mod files;
mod interrupt;
mod kinks;
mod memory;
mod model;
mod odd;
mod output;
mod published;
mod refusals;
mod same_again;
mod table;
mod tool;
mod training;
mod variants;
