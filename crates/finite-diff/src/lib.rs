#![doc = include_str!("../README.md")]
//!
//! Numeric derivatives of any scalar function, each with an error bar; knows no matrix, no network and no
//! tolerance.

pub mod course;
mod domain;
mod error;
mod estimate;
mod execution;
mod formula;
mod ladder;
mod layout;
mod line;
mod noise;
mod objective;
mod parallel;
mod prefetch;
mod real;
mod selection;
mod stencil;
mod step;
mod stream;
mod stride;
mod sum;
mod sweep;
mod working_copy;

pub use domain::{Domain, DomainError, Within};
pub use error::{DifferenceError, Side};
pub use estimate::{Estimate, Noise, Outcome, Unit};
pub use execution::{Execution, Failed, Progress};
pub use ladder::{Ground, Motion, Refined, Support, is_below_ladder, ladder_reach};
pub use layout::{Block, Coordinate, LayoutError, ParameterLayout};
pub use noise::{
    Growth, MeasuredNoise, measure_complex_step_noise, measure_complex_step_noise_with,
    measure_field_noise, measure_field_noise_within, measure_noise, measure_noise_with,
};
pub use objective::{
    EvaluationError, FromFn, Neighborhood, Objective, Piece, Plain, Probe, Reevaluation, Shortcut,
    TryFromFn, from_fn, try_from_fn,
};
pub use parallel::{evaluate_each, on_threads, share_out};
#[doc(hidden)]
pub use real::Arguments;
pub use real::Real;
pub use selection::Selection;
pub use stencil::{Quotient, Stencil};
pub use step::{StepRule, StepSize};
pub use stream::{MISSED_PER_BAR, MISSED_PER_TURNED_BAR, StreamedDirection};
pub use sum::compensated_sum;
pub use sweep::{
    Derivatives, Entry, Scheme, complex_step, differentiate, differentiate_closely,
    differentiate_finely,
};
pub use working_copy::{Along, Busy, Size, WorkingCopy};
