//! How much memory a check takes, estimated from its sizes before any of it is allocated.
//!
//! The estimate is an upper bound, by no more than about a third beside what the allocator may hold back.
//! Invariant: knows nothing of what is computed.

use std::num::NonZeroUsize;

use gradient_check::evidence::Observation;
use gradient_check::verdict::Comparison;
use mlp::{Architecture, Engine, Optimizer};
use mlp_check::training::most_saved_bytes;
use mlp_check::{Method, Precision, TrainedCheck};

use crate::NetworkOptions;

/// Saved parameters take at most this part of what the run may use: little beside the check itself.
const HISTORY_PART: u64 = 64;

/// How many bytes the parameters may take that are saved during the training.
pub(super) fn history_bytes(options: &NetworkOptions) -> u64 {
    TrainedCheck::HISTORY_BYTES.min(options.memory_bytes() / HISTORY_PART)
}

/// What one number takes.
const NUMBER: f64 = size_of::<f64>() as f64;

/// Freed blocks of up to 32 MiB stay with the process (glibc's largest threshold), and those that are asked for next may
/// not fit into them: the allocator holds up to about so much beside what is in use, and no more than [`CHURNED`] times
/// what comes and goes. What is kept of each coordinate comes last, and fits in.
const HELD_BACK: f64 = (56 << 20) as f64;
const CHURNED: f64 = 1.5;

/// Vectors of P numbers that are there at once, beside one a thread: θ, the gradient, its rounding and their copies, and
/// the directions of the second opinion with the lengths of their entries.
const VECTORS: f64 = 12.0;

/// Bytes that are kept of a judged coordinate while it is looked at: what was seen of it, its comparison, and its first
/// look.
const LOOKED_AT: f64 = (size_of::<Observation>() + size_of::<Comparison>()) as f64 + 80.0;

/// Bytes of its sharper look, which is found again by a table that may be half empty; the complex step takes none.
const SHARPER: f64 = 132.0;

/// Bytes of a coordinate that does not agree, as many may where a fault is planted: its look on complex numbers, kept in a
/// table like the sharper one.
const SUSPECTED: f64 = 190.0;

/// The peak in bytes, beside the few megabytes of the program itself.
pub(super) fn needed(
    architecture: &Architecture,
    examples: usize,
    options: &NetworkOptions,
) -> f64 {
    let comes_and_goes =
        in_vectors(architecture, options) + of_examples(architecture, examples, options);
    let held_back = (CHURNED * comes_and_goes).min(HELD_BACK);
    comes_and_goes + held_back + of_coordinates(architecture, options)
}

fn threads(options: &NetworkOptions) -> f64 {
    let cores = || std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    options.threads.map_or_else(cores, NonZeroUsize::get) as f64
}

/// What is as long as θ, and the steps of the training that are saved to look back over.
fn in_vectors(architecture: &Architecture, options: &NetworkOptions) -> f64 {
    let vector = NUMBER * architecture.parameter_count() as f64;
    let rounded = match options.precision {
        Precision::F32 => 1.0,
        Precision::F64 => 0.0,
    };
    let complex = match options.scheme {
        Method::ComplexStep => 2.0 + 2.0 * threads(options),
        _ => 0.0,
    };
    // The parameters after it, and the means of the optimizer.
    let trained = match (options.steps, options.optimizer) {
        (0, _) => 0.0,
        (_, Optimizer::Sgd) => 1.0,
        (_, Optimizer::Momentum) => 2.0,
        (_, Optimizer::Adam) => 3.0,
    };
    let vectors = VECTORS + threads(options) + rounded + complex + trained;
    vector * vectors + most_saved_bytes(vector, options.steps, history_bytes(options))
}

/// What is kept of each coordinate that is judged.
fn of_coordinates(architecture: &Architecture, options: &NetworkOptions) -> f64 {
    let parameters = architecture.parameter_count();
    let judged = options.sample.map_or(parameters, |sample| {
        // Of each block some.
        sample.max(2 * architecture.depth()).min(parameters)
    });
    let sharper = match options.scheme {
        Method::ComplexStep => 0.0,
        _ => SHARPER,
    };
    let suspected = if options.fault.is_some() {
        SUSPECTED
    } else {
        0.0
    };
    judged as f64 * (LOOKED_AT + sharper + suspected)
}

/// What there is for each example: the data, twice and on complex numbers; Z and A of each unit, of two passes, and what
/// the rounding of each is; and for each thread what a probe moves, on complex numbers too.
fn of_examples(architecture: &Architecture, examples: usize, options: &NetworkOptions) -> f64 {
    let widths = architecture.widths();
    let (inputs, outputs) = (widths[0], widths[architecture.depth()]);
    let units: usize = widths[1..].iter().sum();
    let beyond: usize = widths[2..].iter().sum();
    let data = 5.0 * (inputs + outputs) as f64;
    let masks = if options.keep_prob < 1.0 { 3.0 } else { 0.0 };
    let moved = match options.engine() {
        Engine::Full => 2.0 * units as f64,
        Engine::Incremental | Engine::Layerwise => 6.0 * beyond as f64,
    };
    let kept = (10.0 + masks) * units as f64;
    NUMBER * examples as f64 * (data + kept + threads(options) * moved)
}

/// A number of bytes as a person reads it.
pub(super) fn readable(count: f64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let mut value = count;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < units.len() {
        value /= 1024.0;
        unit += 1;
    }
    if value < 10.0 {
        format!("{value:.1} {}", units[unit])
    } else {
        format!("{value:.0} {}", units[unit])
    }
}
