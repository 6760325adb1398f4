#![doc = include_str!("../README.md")]
//!
//! Judges a gradient derived by hand against numeric derivatives with error bars; knows no layer and no scheme.

mod agreement;
mod assemble;
mod check;
mod check_subject;
mod constants;
mod control;
mod course;
mod diagnosis;
mod directional;
mod directions;
mod error;
pub mod evidence;
mod face;
mod kinks;
mod measure;
mod passes;
mod pattern;
mod recheck;
mod report;
mod root_mean_square;
mod settings;
mod start;
mod structure;
mod subgradient;
mod subject;
pub mod text;
pub mod verdict;
#[cfg(feature = "serde")]
mod wire;

pub use agreement::{Agreement, Explanation, Missed};
pub use check::{
    check, check_by_complex_step, check_estimates, compare_gradients, gather,
    gather_by_complex_step, measure_gradient_noise, measure_gradient_noise_within,
};
pub use check_subject::check_subject;
pub use constants::Constants;
pub use control::{
    ControlReport, PlantedError, Planting, PlantingOutcome, negative_control,
    negative_control_by_complex_step,
};
pub use course::{BUG_FROM, Band, WARN_ABOVE, difference};
pub use diagnosis::{Alternative, Context, Diagnosis, Family, Mistakes, NamedFactor};
pub use directional::{
    CommonFactor, DirectionalBlock, DirectionalReport, DirectionalSettings, ExaminedCoordinate,
    WrongRange, check_directional,
};
pub use directions::{DirectionReading, DirectionResult, DirectionalTest};
pub use error::CheckError;
pub use evidence::Recheck;
pub use face::{
    AdjointReport, AnyThread, DirectionalCheck, Failure, FromPoint, GradientCheck, GradientError,
    OneThread, Pairing, Point, Returned, ReturnedPair, ReturnedValue, ReturnedVector, VectorCheck,
    VectorReport, of_vector,
};
pub use num_complex::Complex;
pub use pattern::{Confined, Line, Pattern};
pub use report::{
    BlockReport, BrokenTie, CoordinateReport, CostNoise, Counts, KinkReport, LeftOpen, Power,
    Report,
};
pub use settings::{Claim, NamedKink, Settings};
pub use structure::{
    Arrays, Dependence, Finding, LayoutFault, Pass, Reach, Skipped, StructuralCheck, Structure,
    examine,
};
pub use subject::{Gradient, NamedArray, Packing, Plain, Subject, from_closures, from_objective};
pub use verdict::{Comparison, NonFinite, Reason, Verdict};
