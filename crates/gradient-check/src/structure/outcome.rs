//! What was looked at before the comparison, as plain data: the findings, and what was left out.
//!
//! Refuses to know how it was looked at.

use super::finding::Finding;
use crate::verdict::{self, Verdict};

/// What was looked at before the comparison, and what was found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Structure {
    /// What is wrong, or worth knowing; empty where all is well.
    pub findings: Vec<Finding>,
    /// What was not looked at, and why.
    pub skipped: Vec<Skipped>,
    /// How often J was evaluated for it.
    pub forward_passes: u64,
    /// How often the gradient was.
    pub backward_passes: u64,
}

impl Structure {
    /// What the findings make of a check whose numbers agree: wrong if one of them is, else undecided
    /// if one of them is.
    pub fn verdict(&self) -> Verdict {
        verdict::overall(self.findings.iter().filter_map(Finding::word))
    }

    /// Whether two forward passes at the same point gave different costs.
    pub(crate) fn cost_varies(&self) -> bool {
        let varies = |finding: &Finding| matches!(finding, Finding::ForwardNotDeterministic { .. });
        self.findings.iter().any(varies)
    }

    /// Whether what one call of the backward pass gives is no matter of the calls before it.
    pub(crate) fn gradient_repeats(&self) -> bool {
        !self.findings.iter().any(|finding| {
            matches!(
                finding,
                Finding::BackwardNotDeterministic { .. } | Finding::Accumulates { .. }
            )
        })
    }
}

/// Something that was not looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Skipped {
    /// The check that was skipped.
    pub check: StructuralCheck,
    /// Why, as the end of a sentence.
    pub reason: &'static str,
}

/// What can be skipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StructuralCheck {
    /// Whether a zero cotangent gives a zero gradient.
    ZeroCotangent,
    /// Whether doubling the cotangent doubles the gradient.
    Linearity,
    /// Whether the inputs beside the parameters stay as they are.
    Inputs,
    /// Names, shapes and order of the gradient's blocks.
    Blocks,
    /// Whether flattening undoes unflattening, and each coordinate perturbs one scalar.
    RoundTrip,
}

impl StructuralCheck {
    /// In kebab-case, as written in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::ZeroCotangent => "zero-cotangent",
            Self::Linearity => "linearity",
            Self::Inputs => "inputs",
            Self::Blocks => "blocks",
            Self::RoundTrip => "round-trip",
        }
    }
}
