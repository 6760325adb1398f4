//! From evidence to verdict: agree, disagree, inconclusive. Pure functions; nothing is evaluated here.
//!
//! The tolerances are those of [`Constants`](crate::constants::Constants); the equations are numbered in
//! docs/theory/verdict.md. Knows no scheme, no step rule and no layer.

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

/// The word on a coordinate, a block, or a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// The gradient is right as far as the stated power goes.
    Agree,
    /// The gradient is wrong.
    Disagree,
    /// Whether the gradient is right could not be decided.
    Inconclusive(Reason),
}

/// Why something could not be decided. A closed list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// The numeric derivative is not known well enough.
    BelowResolution,
    /// J is not smooth within reach of the steps.
    Kink,
    /// J was NaN or infinite.
    NonFinite,
    /// The step vanished beside the coordinate's value.
    StepNotRepresentable,
    /// J gave different values at the same point.
    NotDeterministic,
    /// Gradient and derivative are zero throughout the block: nothing depends on it here, so that
    /// nothing was tested.
    Vacuous,
    /// Gradient and derivative are zero to rounding in a block that is hardly more: a minimum or saddle,
    /// where terms that are not small cancel, so that nothing in proportion to the gradient was tested.
    Stationary,
    /// The check was stopped before it came to this.
    Interrupted,
    /// Gradient and derivative differ for sure, by less than a millionth of the scale: a tolerance or single precision on
    /// either side explains it as well as a mistake.
    Inexact,
}

impl Reason {
    /// Every reason, in the order they are shown.
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

    /// As written in JSON: `below_resolution`, `kink`, …
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

/// Who made a number that is none.
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

/// The word on a whole: wrong if anything is wrong, else undecided if anything is undecided.
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
