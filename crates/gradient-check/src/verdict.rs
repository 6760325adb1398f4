//! From evidence to verdict: agree, disagree, inconclusive. Pure functions; nothing is evaluated here.
//!
//! The tolerances are those of [`Constants`](crate::constants::Constants); the equations are numbered in
//! docs/theory/verdict.md. Invariant: knows nothing of schemes, step rules and layers.

mod compared;
mod comparison;
mod judge;
mod scale;

use std::fmt;

use finite_diff::error::Side;

pub(crate) use compared::Comparisons;
pub(crate) use comparison::compare_beside;
pub use comparison::{Comparison, Rule, compare, compare_all};
pub(crate) use judge::{Allowance, Tie, hold_against, tie};
pub use scale::{Scale, Scales};

/// The verdict on a coordinate, a block, or a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// The gradient is right, down to the stated detection limit.
    Agree,
    /// The gradient is wrong.
    Disagree,
    /// Neither agreement nor disagreement could be established.
    Inconclusive(Reason),
}

/// The reason why something is inconclusive: a closed list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// The numeric derivative is not known well enough.
    BelowResolution,
    /// J is not smooth within reach of the steps.
    Kink,
    /// J was NaN or infinite.
    NonFinite,
    /// The step size is lost to rounding when it is added to the coordinate.
    StepNotRepresentable,
    /// J gave different values at the same point.
    NotDeterministic,
    /// Gradient and derivative are zero throughout the block: nothing depends on it here, so nothing was tested.
    Vacuous,
    /// Gradient and derivative are zero to rounding in a block that is hardly more: a minimum or saddle,
    /// where terms that are not small cancel, so that nothing in proportion to the gradient was tested.
    Stationary,
    /// The check was interrupted before this was decided.
    Interrupted,
    /// Gradient and derivative differ for sure, by less than a millionth of the scale: a tolerance or single precision on
    /// either side explains it as well as a mistake.
    Inexact,
}

impl Reason {
    /// All reasons, in the order in which they are shown.
    pub const ALL: [Self; 9] = [
        Self::BelowResolution,
        Self::Kink,
        Self::NonFinite,
        Self::StepNotRepresentable,
        Self::NotDeterministic,
        Self::Vacuous,
        Self::Stationary,
        Self::Interrupted,
        Self::Inexact,
    ];

    /// The name of the reason as written in JSON: `below_resolution`, `kink`, …
    pub fn name(self) -> &'static str {
        match self {
            Self::BelowResolution => "below_resolution",
            Self::Kink => "kink",
            Self::NonFinite => "non_finite",
            Self::StepNotRepresentable => "step_not_representable",
            Self::NotDeterministic => "not_deterministic",
            Self::Vacuous => "vacuous",
            Self::Stationary => "stationary",
            Self::Interrupted => "interrupted",
            Self::Inexact => "inexact",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Agree => "agree",
            Self::Disagree => "disagree",
            Self::Inconclusive(_) => "inconclusive",
        })
    }
}

/// The origin of a NaN or an infinity.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum NonFinite {
    /// The forward pass at the point itself.
    Forward {
        /// The cost there.
        cost: f64,
    },
    /// The backward pass: the gradient's entry, though the cost and its differences are finite.
    Backward,
    /// The forward pass at a probe, though the cost at the point is finite.
    Probe {
        /// The probe.
        side: Side,
        /// The cost there.
        cost: f64,
    },
    /// The difference of two finite costs, or its quotient, which overflowed.
    Difference,
}

/// The verdict on a whole: wrong if any part is wrong, else inconclusive if any part is inconclusive.
pub fn overall(verdicts: impl IntoIterator<Item = Verdict>) -> Verdict {
    let mut word = Verdict::Agree;
    for verdict in verdicts {
        match (word, verdict) {
            (_, Verdict::Disagree) => return Verdict::Disagree,
            (Verdict::Agree, Verdict::Inconclusive(_)) => word = verdict,
            _ => {}
        }
    }
    word
}
