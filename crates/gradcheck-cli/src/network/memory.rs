//! How much memory a check takes, estimated from its sizes before any of it is allocated.
//!
//! The estimate is an upper bound, too large by at most about a third, plus what the allocator may hold back.
//! Invariant: knows nothing of what is computed.

use std::num::NonZeroUsize;

use gradient_check::evidence::Observation;
use gradient_check::verdict::Comparison;
use mlp::{Architecture, Engine, Optimizer};
use mlp_check::training::most_saved_bytes;
use mlp_check::{Method, Precision, TrainedCheck};

use crate::NetworkOptions;

/// Saved parameters take at most this fraction of the memory limit, little compared with the check itself.
const HISTORY_PART: u64 = 64;

/// The number of bytes that parameters saved during the training may take.
pub(super) fn history_bytes(options: &NetworkOptions) -> u64 {
    TrainedCheck::HISTORY_BYTES.min(options.memory_bytes() / HISTORY_PART)
}

/// The bytes of one number.
const NUMBER: f64 = size_of::<f64>() as f64;

/// Freed blocks of up to 32 MiB stay with the process (glibc's largest threshold), and later requests may
/// not fit into them: the allocator holds up to about this much beyond what is in use, and no more than [`CHURNED`]
/// times what is temporary. What is kept of each coordinate is allocated last, and fits into it.
const HELD_BACK: f64 = (56 << 20) as f64;
const CHURNED: f64 = 1.5;

/// The number of vectors of P numbers that exist at once, besides one per thread: θ, the gradient, its rounding errors
/// and their copies, and the directions of the directional test with the sizes of their entries.
const VECTORS: f64 = 12.0;

/// Bytes that are kept for a coordinate while it is checked: its observations, its comparison, and its first
/// estimate.
const LOOKED_AT: f64 = (size_of::<Observation>() + size_of::<Comparison>()) as f64 + 80.0;

/// Bytes of its more careful estimate, in a hash table that may be half empty; the complex step needs none.
const SHARPER: f64 = 132.0;

/// Bytes of a coordinate that does not agree, as many may if a fault is planted: its complex-step estimate, kept in
/// a table as well.
const SUSPECTED: f64 = 190.0;

/// The peak memory in bytes, without the few megabytes of the program itself.
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

/// The bytes of the vectors as long as θ, and of the training steps that are saved for the search for the onset.
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

/// The bytes kept for the coordinates that are checked.
fn of_coordinates(architecture: &Architecture, options: &NetworkOptions) -> f64 {
    let parameters = architecture.parameter_count();
    let judged = options.sample.map_or(parameters, |sample| {
        // Some of each block.
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

/// The bytes for the examples: the data, twice and as complex numbers; Z and A of each unit, for two passes, and their
/// rounding errors; and for each thread what a probe changes, in complex numbers as well.
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

/// A number of bytes in readable form, such as `1.5 GiB`.
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
