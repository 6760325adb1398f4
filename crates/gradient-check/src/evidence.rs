//! What was measured, gathered once in two passes: every coordinate cheaply, suspects richly.
//!
//! Plain data: [`check`](crate::check()) gathers it, and the word on it is a pure function of it, in
//! [`verdict`](crate::verdict).

use finite_diff::{Estimate, Outcome, Refined};

/// All that is known of one coordinate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Observation {
    /// The flat index.
    pub coordinate: usize,
    /// g, the analytic gradient's entry.
    pub analytic: f64,
    /// The measured noise σ of g, where it was measured.
    pub analytic_noise: Option<f64>,
    /// From the first pass.
    pub first: Outcome<Estimate>,
    /// From the second, where there was one.
    pub fine: Option<Outcome<Refined>>,
}

impl Observation {
    /// The most careful estimate there is.
    pub fn best(&self) -> Option<Estimate> {
        let first = self.first.estimated().copied();
        let fine = self
            .fine
            .and_then(|outcome| outcome.estimated().map(|r| r.derivative));
        match (first, fine) {
            // The second pass is the more careful one: its bar was held against other steps.
            (_, Some(fine)) => Some(fine),
            (first, None) => first,
        }
    }

    /// Whether J does not move with the coordinate at all and the gradient says so too.
    pub fn is_flat(&self) -> bool {
        self.analytic == 0.0 && self.first.estimated().is_some_and(|d| d.flat)
    }
}

/// All that was measured in a check.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// J at the point.
    pub cost: f64,
    /// Whether evaluating J again at the same point gave the same bits.
    pub deterministic: bool,
    /// One observation a coordinate, in ascending order.
    pub observations: Vec<Observation>,
    /// How often J was evaluated.
    pub evaluations: u64,
    /// Whether the run was cancelled before every coordinate was measured.
    pub interrupted: bool,
    /// ε of the type the analytic gradient was computed in.
    pub working_epsilon: f64,
}
