//! The names of the estimates that a check makes of a coordinate, and of what it reports in the end.
//!
//! Invariant: knows nothing of how they are made.

use std::fmt;

/// One way to estimate a derivative with its error bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Look {
    /// Forward differences at their best step.
    Forward,
    /// Central differences, the first estimate of a check.
    Central,
    /// Five-point differences, its more careful first estimate.
    FivePoint,
    /// The step sequence, its second estimate.
    Ladder,
    /// The step sequence, if the smooth piece of J is unknown.
    BlackBoxLadder,
    /// The final report of a check of the correct gradient.
    Reported,
    /// The final report if only J and the gradient are known: neither its smooth pieces, nor J on complex
    /// numbers, nor the rounding error of the gradient.
    BlackBoxReported,
    /// The complex step, as reported by a check that uses it.
    ComplexStep,
    /// The complex step, if the rounding error of the gradient is not known.
    PlainComplexStep,
}

impl Look {
    /// All estimates.
    pub(crate) const ALL: [Self; 9] = [
        Self::Forward,
        Self::Central,
        Self::FivePoint,
        Self::Ladder,
        Self::BlackBoxLadder,
        Self::Reported,
        Self::BlackBoxReported,
        Self::ComplexStep,
        Self::PlainComplexStep,
    ];

    /// Whether this is the final report of a check, not an intermediate estimate.
    pub(crate) fn is_final(self) -> bool {
        matches!(
            self,
            Self::Reported | Self::BlackBoxReported | Self::ComplexStep | Self::PlainComplexStep
        )
    }
}

impl fmt::Display for Look {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Forward => "forward",
            Self::Central => "central",
            Self::FivePoint => "five-point",
            Self::Ladder => "step sequence",
            Self::BlackBoxLadder => "step sequence, black box",
            Self::Reported => "reported",
            Self::BlackBoxReported => "reported, black box",
            Self::ComplexStep => "complex step",
            Self::PlainComplexStep => "complex step, noise measured",
        })
    }
}
