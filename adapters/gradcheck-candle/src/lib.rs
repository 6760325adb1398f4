#![doc = include_str!("../README.md")]
//!
//! Turns a function of candle's variables into a subject of the judge, and puts the variables back. Refuses to judge.

mod check;
mod error;
mod subject;
mod variables;

pub use check::CandleCheck;
pub use error::{CandleError, Failure, Panicked};
pub use variables::Variables;
