//! Which model, where, and how to check it: what the flags say.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use super::{BlockShape, Bounds, Place};

/// A model and how to check it.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelSpec {
    /// The URLs of its servers; none where one is started.
    pub urls: Vec<um_bridge::Url>,
    /// The command of a server to start.
    pub spawn: Option<String>,
    /// Its name, where a server has several.
    pub model: Option<String>,
    /// The file with the point; random without one.
    pub at: Option<PathBuf>,
    /// The names and shapes of its inputs; `input0`, `input1`, … where there are none.
    pub blocks: Vec<BlockShape>,
    /// Where it may be evaluated.
    pub bounds: Vec<Bounds>,
    /// What stays as it is.
    pub fixed: Vec<Place>,
    /// Its own configuration, as JSON or as a file with JSON.
    pub config: Option<String>,
    /// How many evaluations at a time.
    pub jobs: Option<NonZeroUsize>,
    /// Judge so many coordinates instead of all.
    pub sample: Option<usize>,
    /// Of everything random.
    pub seed: u64,
    /// Whether the model's gradient is computed in single precision.
    pub single: bool,
    /// How sharp agreement must be, in place of the judge's own millionth.
    pub resolution: Option<f64>,
    /// To which part of themselves cost and gradient are right, where a solver stops at a tolerance.
    pub accuracy: Option<f64>,
    /// Whether both are computed to rounding, so that every definite difference is wrong.
    pub exact: bool,
    /// Whether an agreement that leaves something open fails.
    pub strict: bool,
    /// For the start of a server.
    pub wait: Duration,
    /// For one call.
    pub timeout: Duration,
    /// How often a call is tried again.
    pub retries: u32,
    /// How many numbers its inputs may have together, and its outputs.
    pub max_size: usize,
}
