//! The outcome of each planted error, as plain data.

use std::time::Duration;

use finite_diff::Coordinate;

use crate::report::Power;
use crate::verdict::{Reason, Verdict};

/// An error that is planted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PlantedError {
    /// The block twice as large.
    Doubled,
    /// The block with the other sign.
    Sign,
    /// The block zero.
    Zeroed,
    /// The bluntest coordinate of the block off by three times the stated power in one coordinate.
    OneCoordinate,
    /// The block larger by three times the stated power in a whole block.
    WholeBlock,
    /// Two rows of the block swapped, the neighbors that differ most.
    RowsSwapped,
    /// The square block transposed.
    Transposed,
    /// One entry NaN.
    NotANumber,
    /// One entry missing from the block; without a block, from the flat vector.
    EntryMissing,
    /// A factor ½ forgotten: the whole gradient twice as large.
    HalfMissing,
}

impl PlantedError {
    /// The name of the planted error in kebab-case, as written in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Doubled => "doubled",
            Self::Sign => "sign",
            Self::Zeroed => "zeroed",
            Self::OneCoordinate => "one-coordinate",
            Self::WholeBlock => "whole-block",
            Self::RowsSwapped => "rows-swapped",
            Self::Transposed => "transposed",
            Self::NotANumber => "nan",
            Self::EntryMissing => "entry-missing",
            Self::HalfMissing => "half-missing",
        }
    }
}

/// The outcome of a planted error.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PlantingOutcome {
    /// Called wrong, in the blocks it was planted in and no other.
    Rejected,
    /// Called wrong, but elsewhere too, or not everywhere it is.
    Misplaced {
        /// The blocks blamed.
        blamed: Vec<String>,
    },
    /// Neither called wrong nor let pass.
    Undecided {
        /// The reason why it is inconclusive.
        reason: Reason,
    },
    /// Called right: the judge is blind to it.
    Passed,
    /// Not planted: no coordinate that agreed has another bit.
    ChangesNothing,
    /// Not planted: nowhere would it be above the detection limit.
    BelowPower,
    /// The planted value is no error: at a kink of J it is a subgradient as well.
    Subgradient,
}

/// One planted error and what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Planting {
    /// The error that was planted.
    pub error: PlantedError,
    /// The block with the planted error; `None` for the whole gradient.
    pub block: Option<String>,
    /// The coordinate with the error, if it is in one only.
    pub coordinate: Option<Coordinate>,
    /// The outcome of this planted error.
    pub outcome: PlantingOutcome,
}

/// The outcome of all planted errors.
#[derive(Debug, Clone, PartialEq)]
pub struct ControlReport {
    /// The verdict on the gradient as it is. A negative control is not possible where it is wrong.
    pub unplanted: Verdict,
    /// The number of its coordinates that agree; only there are errors planted.
    pub agreeing: usize,
    /// The detection limit of the check.
    pub power: Option<Power>,
    /// All planted errors; none where a negative control is not possible.
    pub plantings: Vec<Planting>,
    /// The number of evaluations of J.
    pub evaluations: u64,
    /// The duration of the control.
    pub elapsed: Duration,
}

impl ControlReport {
    /// Whether a negative control is possible: the gradient is not wrong, and some of its coordinates agree.
    pub fn speaks(&self) -> bool {
        !self.plantings.is_empty()
    }

    /// Whether the judge let no error pass and blamed none on another block. Errors that it left
    /// undecided are none it let pass. False where a negative control is not possible.
    pub fn passed(&self) -> bool {
        self.speaks() && self.failures().next().is_none()
    }

    /// The errors that were not detected, or attributed to other blocks.
    pub fn failures(&self) -> impl Iterator<Item = &Planting> {
        self.plantings.iter().filter(|planting| {
            matches!(
                planting.outcome,
                PlantingOutcome::Passed | PlantingOutcome::Misplaced { .. }
            )
        })
    }

    /// The number of errors that were detected, in the right place.
    pub fn rejected(&self) -> usize {
        let rejected = |planting: &&Planting| planting.outcome == PlantingOutcome::Rejected;
        self.plantings.iter().filter(rejected).count()
    }

    /// The number of errors that are inconclusive.
    pub fn undecided(&self) -> usize {
        let undecided = |p: &&Planting| matches!(p.outcome, PlantingOutcome::Undecided { .. });
        self.plantings.iter().filter(undecided).count()
    }

    /// The number of errors that were not planted, because they are below the detection limit, change nothing, or are none.
    pub fn skipped(&self) -> usize {
        self.plantings.len() - self.planted()
    }

    /// The number of errors that were planted.
    pub fn planted(&self) -> usize {
        self.rejected() + self.undecided() + self.failures().count()
    }
}
