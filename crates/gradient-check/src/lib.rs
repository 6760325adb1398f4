#![doc = include_str!("../README.md")]
//!
//! Judges a gradient derived by hand against numeric derivatives with error bars; knows no layer and no scheme.

mod check;
mod constants;
mod diagnosis;
mod difference;
pub mod evidence;
mod pair;
mod passes;
mod pattern;
mod report;
pub mod verdict;

pub use check::{
    CheckError, Settings, check, check_by_complex_step, gather, gather_by_complex_step,
    measure_gradient_noise,
};
pub use constants::Constants;
pub use diagnosis::{Alternative, Context, Diagnosis, Family, Mistakes, NamedFactor};
pub use difference::{BUG_FROM, Band, WARN_ABOVE, difference};
pub use pair::compare_gradients;
pub use pattern::{Confined, Line, Pattern};
pub use report::{BlockReport, CoordinateReport, Counts, Power, Report};
pub use verdict::{Comparison, NonFinite, Reason, Verdict};
