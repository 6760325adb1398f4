#![doc = include_str!("../README.md")]
//!
//! Invariant: knows nothing of tolerances, numeric derivatives (except behind the feature `objective`)
//! and faults.

mod activation;
mod architecture;
mod backward;
mod batch;
mod blocks;
mod cost;
mod crossings;
mod dropout;
#[cfg(feature = "objective")]
mod engine;
mod error;
mod forward;
mod initialize;
mod layer;
mod loss;
mod name;
#[cfg(feature = "objective")]
mod objective;
mod optimizer;
mod pattern;
mod place;
mod rounding;
mod saturation;
mod train;

/// The matrices that a [`Batch`] is made of, so that depending on this crate alone is enough.
pub use tensor_core;

pub use activation::{Activation, LEAKY_SLOPE};
pub use architecture::{Architecture, BlockSpec};
pub use backward::{
    activation_backward, add_weight_decay, backward, bias_gradient, input_gradient, output_delta,
    weight_gradient,
};
pub use batch::Batch;
pub use blocks::{Blocks, Derivatives, Gradient, Parameters, Values};
pub use cost::{example_losses, total_cost, weight_penalty};
pub use crossings::{Crossing, crossings};
pub use dropout::DropoutMasks;
#[cfg(feature = "objective")]
pub use engine::{Engine, Layerwise};
pub use error::MlpError;
pub use forward::{ForwardPass, cost, cost_at, forward};
pub use initialize::{Initialization, NORMAL_DEVIATION, initialize};
pub use layer::{LayerCache, activate, linear};
pub use loss::Loss;
#[cfg(feature = "objective")]
pub use objective::{NetworkObjective, layout};
pub use optimizer::{ADAM_EPSILON, BETA1, BETA2, Optimizer};
pub use pattern::{BranchPattern, branch_pattern_at};
pub use rounding::{Arithmetic, rounding_noise};
pub use saturation::{
    Extreme, FLAT_BELOW, SURE_WITHIN, Saturation, UnitSaturation, UnitState, saturation,
};
pub use train::{CurvePoint, Training, TrainingOptions, train, train_observed};
