//! The looks that a check takes at a coordinate, and what it reports in the end.
//!
//! Names; refuses to know how they are taken.

use std::fmt;

/// One way to estimate a derivative with its bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Look {
    /// Forward differences at their best step.
    Forward,
    /// Central differences, the first look of a check.
    Central,
    /// Five-point differences, its sharper look.
    FivePoint,
    /// The ladder of steps, its second look.
    Ladder,
    /// The ladder, where J doesn't say which smooth piece it is on.
    BlackBoxLadder,
    /// What a check of the right gradient reports in the end.
    Reported,
    /// The same, where nothing is known but J and the gradient: neither its pieces, nor J on complex
    /// numbers, nor how the gradient rounds.
    BlackBoxReported,
    /// The complex step, as a check by it reports it.
    ComplexStep,
    /// The same, where nobody worked out how the gradient rounds.
    PlainComplexStep,
}

impl Look {
    /// Each of them.
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

    /// Whether it is what a check says in the end, and not a look on the way.
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
