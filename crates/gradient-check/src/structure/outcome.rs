//! The result of the preliminary checks, as plain data: the findings, and the checks that were skipped.
//!
//! Invariant: knows nothing of how the checks were made.

use super::finding::Finding;
use crate::verdict::{self, Verdict};

/// The result of the preliminary checks: findings, and checks that were skipped.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Structure {
    /// The findings: what is wrong, or worth knowing; empty where all is well.
    pub findings: Vec<Finding>,
    /// The checks that were skipped, and why.
    pub skipped: Vec<Skipped>,
    /// The number of evaluations of J for the preliminary checks.
    pub forward_passes: u64,
    /// The number of evaluations of the gradient.
    pub backward_passes: u64,
}

impl Structure {
    /// The verdict of the findings on a check whose numbers agree: wrong if one of them is, else inconclusive
    /// if one of them is.
    pub fn verdict(&self) -> Verdict {
        verdict::overall(self.findings.iter().filter_map(Finding::word))
    }

    /// Whether two forward passes at the same point gave different costs.
    pub(crate) fn cost_varies(&self) -> bool {
        let varies = |finding: &Finding| matches!(finding, Finding::ForwardNotDeterministic { .. });
        self.findings.iter().any(varies)
    }

    /// Whether the result of the backward pass does not depend on the calls before it.
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
    /// The reason why the check was skipped, as the end of a sentence.
    pub reason: &'static str,
}

/// A preliminary check that can be skipped.
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
    /// The name of the check in kebab-case, as written in JSON.
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
