//! The step of a training at which a gradient became wrong: what a bisection found, as plain data.

use super::saturation::Changes;

/// The step at which a gradient became wrong that was not at initialization.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Onset {
    /// The last step before `wrong_from` at which it was found to be right; `None` where it was at none.
    pub right_until: Option<usize>,
    /// The last step before `wrong_from` that was looked at: right or undecided.
    pub not_wrong_at: usize,
    /// The first step at which it was found to be wrong.
    pub wrong_from: usize,
    /// How many checks this took, beside the two at the ends.
    pub checks: usize,
    /// Whether all the coordinates that are judged were right at `right_until`, and not only those that
    /// are wrong later.
    pub confirmed: bool,
    /// The steps between that were looked at and could not be decided.
    pub undecided: Vec<usize>,
    /// The neighbors of the two steps that speak against bisection: wrong before, right after.
    pub unsteady: Vec<usize>,
    /// Why it is an interval, where the two are not neighbors.
    pub limit: Option<Limit>,
    /// What saturated between the two.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub changes: Changes,
}

impl Onset {
    /// Whether the first wrong step is known, and not only an interval that it lies in.
    pub fn is_exact(&self) -> bool {
        self.wrong_from.saturating_sub(self.not_wrong_at) <= 1
    }
}

/// What kept the bisection from going on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Limit {
    /// The user stopped it.
    Interrupted,
    /// The parameters between were not saved, and to train to them again would take longer than the
    /// training.
    NotSaved,
    /// Training again failed, or led elsewhere.
    NotRepeatable,
    /// Ever other coordinates were wrong before.
    Scattered,
    /// A check failed.
    Failed(String),
}

impl Limit {
    /// In a word or two, for scripts.
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
