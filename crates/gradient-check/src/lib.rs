#![doc = include_str!("../README.md")]
//!
//! Judges a gradient derived by hand against numeric derivatives with error bars; knows no layer and no scheme.

pub mod agreement;
mod assemble;
pub mod check;
mod check_subject;
pub mod constants;
pub mod control;
pub mod course;
pub mod diagnosis;
pub mod directional;
pub mod directions;
mod error;
pub mod evidence;
pub mod face;
mod kinks;
mod measure;
mod passes;
pub mod pattern;
mod problem;
mod recheck;
pub mod report;
mod root_mean_square;
mod seen;
pub mod settings;
mod start;
pub mod structure;
mod subgradient;
pub mod subject;
pub mod text;
pub mod verdict;
#[cfg(feature = "serde")]
mod wire;

pub use check::{check, compare_gradients};
pub use check_subject::check_subject;
pub use control::negative_control;
pub use directional::check_directional;
pub use error::CheckError;
pub use face::{DirectionalCheck, GradientCheck, GradientError, Point, VectorCheck, of_vector};
pub use num_complex::Complex;
pub use report::Report;
pub use settings::{Claim, Settings};
pub use subject::Subject;
pub use verdict::{Reason, Verdict};
