//! Replacements for each step of the backward pass, to be filled in with a function or a place.
//!
//! One file per step, in the order of the pass; each type replaces one method of
//! [`BackwardRules`](crate::BackwardRules). Invariant: knows nothing of which of them, with which argument, is a
//! fault.

mod bias_gradient;
mod finish;
mod hidden_delta;
mod input_gradient;
mod output_delta;
mod place;
mod weight_decay;
mod weight_gradient;

pub(crate) use bias_gradient::{OneBias, ScaledBiases};
pub(crate) use finish::{
    Entries, Finish, LargestWeight, OneWeight, flatten_by_columns, make_noise, not_a_number,
    reverse_units, swap_biases, swap_weights,
};
pub use hidden_delta::{HiddenDelta, HiddenEntry, OtherZ};
pub(crate) use input_gradient::NotConnected;
pub use input_gradient::{NotTransposed, OtherWeights, UpdatedWeights};
pub use output_delta::{OutputDelta, OutputEntry};
pub(crate) use place::{Block, Layers, same_shape, same_width};
pub(crate) use weight_decay::{BiasDecay, WeightDecay};
pub(crate) use weight_gradient::ScaledWeights;
pub use weight_gradient::ZForA;
