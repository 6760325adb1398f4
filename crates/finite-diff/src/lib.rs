#![doc = include_str!("../README.md")]
//!
//! Numeric derivatives of any scalar function, each with an error bar; knows no matrix, no network and no
//! tolerance.

pub mod course;
pub mod domain;
pub mod error;
pub mod estimate;
pub mod execution;
mod formula;
mod growth;
pub mod ladder;
pub mod layout;
mod line;
pub mod noise;
pub mod objective;
pub mod parallel;
mod prefetch;
pub mod printable;
mod real;
mod selection;
pub mod stencil;
pub mod step;
mod stream;
mod stride;
pub mod sum;
mod sweep;
mod working_copy;

/// Random directions that are never stored, and J along them by one copy of the point.
pub mod directions {
    pub use crate::stream::{MISSED_PER_BAR, MISSED_PER_TURNED_BAR, StreamedDirection};
    pub use crate::working_copy::{Along, Busy, Size, WorkingCopy};
}

pub use domain::Domain;
pub use error::DifferenceError;
pub use estimate::{Estimate, Noise, Outcome};
pub use execution::Execution;
pub use layout::{Block, Coordinate, ParameterLayout};
pub use objective::{EvaluationError, Objective, from_fn, try_from_fn};
#[doc(hidden)]
pub use real::Arguments;
pub use real::Real;
pub use selection::Selection;
pub use stencil::Stencil;
pub use step::StepSize;
pub use sweep::{Derivatives, Entry, Scheme, complex_step, differentiate, differentiate_finely};
