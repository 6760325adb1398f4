#![doc = include_str!("../README.md")]
//!
//! Numeric derivatives of any scalar function, each with an error bar; knows no matrix, no network and no
//! tolerance.

pub mod course;
mod direction;
mod domain;
mod error;
mod estimate;
mod formula;
mod ladder;
mod layout;
mod noise;
mod objective;
mod parallel;
mod real;
mod selection;
mod stencil;
mod step;
mod stream;
mod stride;
mod sum;
mod sweep;
mod working_copy;

pub use direction::{
    Direction, Directions, Pair, Walk, WalkEnd, directions, directions_within, walk,
};
pub use domain::{Domain, DomainError, Within};
pub use error::{DifferenceError, Side};
pub use estimate::{Estimate, Noise, Outcome};
pub use ladder::{Ground, Refined, ladder_reach};
pub use layout::{Block, Coordinate, LayoutError, ParameterLayout};
pub use noise::{
    MeasuredNoise, measure_complex_step_noise, measure_field_noise, measure_field_noise_within,
    measure_noise,
};
pub use objective::{
    EvaluationError, FromFn, Neighborhood, Objective, Piece, Plain, Probe, Reevaluation, Shortcut,
    TryFromFn, from_fn, try_from_fn,
};
pub use parallel::{on_threads, share_out};
pub use real::Real;
pub use selection::Selection;
pub use stencil::{Quotient, Stencil};
pub use step::{StepRule, StepSize};
pub use stream::{MISSED_PER_BAR, MISSED_PER_TURNED_BAR, StreamedDirection};
pub use sum::compensated_sum;
pub use sweep::{
    Derivatives, Entry, Execution, Progress, Scheme, complex_step, differentiate,
    differentiate_finely,
};
pub use working_copy::{Along, Busy, Size, WorkingCopy};
