//! The step of a training at which a gradient became wrong: the result of a bisection, as plain data.

use super::saturation::Changes;

/// The step at which a gradient became wrong that was not at initialization.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Onset {
    /// The last step before `wrong_from` at which it was found to be right; `None` if there is no such step.
    pub right_until: Option<usize>,
    /// The last step before `wrong_from` that was checked: right or inconclusive.
    pub not_wrong_at: usize,
    /// The first step at which it was found to be wrong.
    pub wrong_from: usize,
    /// The number of checks made, besides the two at the ends.
    pub checks: usize,
    /// Whether all the checked coordinates were right at `right_until`, and not only those that are wrong
    /// later.
    pub confirmed: bool,
    /// The steps in between that were checked and are inconclusive.
    pub undecided: Vec<usize>,
    /// The neighbors of the two steps that contradict the assumption of bisection: wrong before, right after.
    pub unsteady: Vec<usize>,
    /// Why the result is an interval, if the two steps are not neighbors.
    pub limit: Option<Limit>,
    /// What saturated between the two steps.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub changes: Changes,
}

impl Onset {
    /// Whether the first wrong step is known, and not only an interval that contains it.
    pub fn is_exact(&self) -> bool {
        self.wrong_from.saturating_sub(self.not_wrong_at) <= 1
    }
}

/// Why the bisection stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Limit {
    /// The user stopped it.
    Interrupted,
    /// The parameters in between were not saved, and repeating the training would take longer than the
    /// training did.
    NotSaved,
    /// Repeating the training failed, or did not reproduce the parameters.
    NotRepeatable,
    /// Each earlier step had other wrong coordinates.
    Scattered,
    /// A check failed.
    Failed(String),
}

impl Limit {
    /// The name in a word or two, for scripts.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Interrupted => "interrupted",
            Self::NotSaved => "not saved",
            Self::NotRepeatable => "not repeatable",
            Self::Scattered => "scattered",
            Self::Failed(_) => "failed",
        }
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Limit {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
