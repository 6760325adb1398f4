//! What is the same for all units: the stencil, its steps, and the noise of each loss.
//!
//! Invariant: knows nothing of layers.

use finite_diff::step::StepRule;
use finite_diff::{Scheme, Stencil};

use crate::MlpError;
use crate::cost::example_losses;
use crate::engine::base::Base;

/// One stencil at one point of a network.
pub(super) struct Setup {
    pub(super) stencil: Stencil,
    pub(super) rule: StepRule,
    pub(super) offsets: Vec<i32>,
    /// The widest offset, and the indices of those on either side: between them everything is affine
    /// if no kink is passed at either.
    pub(super) reach: i32,
    pub(super) ends: Vec<usize>,
    /// The truncation error per unit of the difference between D(2h) and D(h).
    pub(super) truncation: f64,
    /// c, with which the noise of a difference is c·ε_f/h.
    pub(super) amplification: f64,
    /// ε_f of the loss of each example.
    pub(super) epsilon_f: Vec<f64>,
}

impl Setup {
    /// The setup for `scheme`, whose noise of J is that of the mean of m losses with independent rounding errors: the
    /// noise of a loss of average size is ε_f√m, more for larger ones (V11).
    pub(super) fn new(base: &Base<'_, f64>, scheme: &Scheme) -> Result<Self, MlpError> {
        let loss = base.architecture.loss();
        let losses = example_losses(loss, base.z(base.depth()), base.batch.y().view())?;
        let m = losses.len() as f64;
        let mean = losses.iter().sum::<f64>() / m;
        let stencil = scheme.stencil;
        // The farthest that a step in z can reach: noise that grows with the distance is taken there.
        let distance = stencil.reach() * scheme.step.at(1.0, &stencil);
        let epsilon_f = scheme.noise.within(base.cost.abs(), 1.0f64, distance) * m.sqrt();
        let size = |loss: &f64| {
            if mean > 0.0 {
                (loss / mean).max(1.0)
            } else {
                1.0
            }
        };
        let offsets = stencil.offsets();
        let low = offsets.iter().copied().min().filter(|&end| end < 0);
        let high = offsets.iter().copied().max().filter(|&end| end > 0);
        let at = |end: i32| offsets.iter().position(|&offset| offset == end);
        let ends = low.into_iter().chain(high).filter_map(at).collect();
        Ok(Self {
            stencil,
            rule: scheme.step.under::<f64>(&stencil),
            reach: offsets.iter().map(|offset| offset.abs()).max().unwrap_or(0),
            ends,
            offsets,
            truncation: stencil.truncation(0.0, 1.0),
            amplification: stencil.noise_amplification(),
            epsilon_f: losses.iter().map(|loss| epsilon_f * size(loss)).collect(),
        })
    }
}
