//! The result along one direction, as plain data.

use finite_diff::directions::{MISSED_PER_BAR, MISSED_PER_TURNED_BAR};

use crate::verdict::Verdict;

/// The result along one direction u.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DirectionReading {
    /// e_u = (g − ∇J)·u; `None` where it could not be had.
    pub error: Option<f64>,
    /// B, how far that may be off by truncation and noise.
    pub error_bar: Option<f64>,
    /// K·B and the rounding of g·u: the |e_u| from which on g counts as wrong. At a kink also the gap
    /// between the two one-sided derivatives.
    pub tolerance: f64,
    /// The least |e_u| that is called wrong, however sharp the look is: a millionth of the size unless the caller declares that
    /// both sides are exact, else 0.
    pub least: f64,
    /// How far beyond `tolerance` a gradient in single precision is still inconclusive.
    pub doubt: f64,
    /// t, the step of the estimate, relative to max(1, |θ_i|).
    pub step: Option<f64>,
    /// Whether the derivative along the direction was estimated by the whole step sequence.
    pub on_the_ladder: bool,
    /// Whether bounds turned entries of the direction round, so that it went to one side only: it misses more
    /// then ([`MISSED_PER_TURNED_BAR`]).
    pub one_sided: bool,
    /// The verdict on the direction.
    pub verdict: Verdict,
}

impl DirectionReading {
    /// A direction along which nothing was seen.
    pub(crate) fn unseen(verdict: Verdict) -> Self {
        Self {
            error: None,
            error_bar: None,
            tolerance: f64::INFINITY,
            least: 0.0,
            doubt: 0.0,
            step: None,
            on_the_ladder: false,
            one_sided: false,
            verdict,
        }
    }

    /// The smallest |e_u| that would not have passed, whatever its sign: τ, and what it takes to get past
    /// what was seen (docs/theory/verdict.md, equation 28).
    pub(crate) fn would_have_seen(&self) -> Option<f64> {
        let past = self.tolerance + self.doubt + self.error?.abs();
        Some(past.max(self.least)).filter(|v| v.is_finite())
    }

    /// The |e_u| from which on it is called wrong.
    pub(crate) fn called_wrong_from(&self) -> Option<f64> {
        let from = (self.tolerance + self.doubt).max(self.least);
        Some(from).filter(|v| v.is_finite())
    }

    /// The chance that an error e with √Σ(e_i·max(1, |θ_i|))² = `error` passes the direction unseen: at most
    /// c·τ/‖e‖, as (D6) of docs/theory/directions.md has it. 1 where nothing would have been seen.
    pub fn chance_to_miss(&self, error: f64) -> f64 {
        match self.missed_below() {
            Some(missed) if error > 0.0 => (missed / error).min(1.0),
            _ => 1.0,
        }
    }

    /// An error of this size would be missed with probability 1 at most, one k times as large with 1/k.
    pub(crate) fn missed_below(&self) -> Option<f64> {
        let per_bar = if self.one_sided {
            MISSED_PER_TURNED_BAR
        } else {
            MISSED_PER_BAR
        };
        Some(per_bar * self.would_have_seen()?)
    }
}
