//! What became of the errors that were planted, as plain data.

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
    /// In kebab-case, as written in JSON.
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

/// What became of a planted error.
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
        /// Why it was left undecided.
        reason: Reason,
    },
    /// Called right: the judge is blind to it.
    Passed,
    /// Not planted: no coordinate that agreed has another bit.
    ChangesNothing,
    /// Not planted: nowhere is it above what the check says it would have caught.
    BelowPower,
    /// No error after all: at a kink of J what was planted is a subgradient as well.
    Subgradient,
}

/// One planted error and what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Planting {
    /// What was planted.
    pub error: PlantedError,
    /// In which block; `None` for the whole gradient.
    pub block: Option<String>,
    /// At which coordinate, where it is one.
    pub coordinate: Option<Coordinate>,
    /// What became of it.
    pub outcome: PlantingOutcome,
}

/// What became of all of them.
#[derive(Debug, Clone, PartialEq)]
pub struct ControlReport {
    /// The word on the gradient as it is. The control can't speak where it is wrong.
    pub unplanted: Verdict,
    /// How many of its coordinates agree; only at these is anything planted.
    pub agreeing: usize,
    /// What the check says it would have caught.
    pub power: Option<Power>,
    /// Every error; none where the control can't speak.
    pub plantings: Vec<Planting>,
    /// How often J was evaluated.
    pub evaluations: u64,
    /// How long it took.
    pub elapsed: Duration,
}

impl ControlReport {
    /// Whether there is anything to go by: a gradient that is not wrong, with coordinates that agree.
    pub fn speaks(&self) -> bool {
        !self.plantings.is_empty()
    }

    /// Whether the judge let no error pass and blamed none on another block. Errors that it left
    /// undecided are none it let pass. False where the control can't speak.
    pub fn passed(&self) -> bool {
        self.speaks() && self.failures().next().is_none()
    }

    /// What was let pass, or blamed on other blocks.
    pub fn failures(&self) -> impl Iterator<Item = &Planting> {
        self.plantings.iter().filter(|planting| {
            matches!(
                planting.outcome,
                PlantingOutcome::Passed | PlantingOutcome::Misplaced { .. }
            )
        })
    }

    /// How many were rejected, and in the right place.
    pub fn rejected(&self) -> usize {
        let rejected = |planting: &&Planting| planting.outcome == PlantingOutcome::Rejected;
        self.plantings.iter().filter(rejected).count()
    }

    /// How many were left undecided.
    pub fn undecided(&self) -> usize {
        let undecided = |p: &&Planting| matches!(p.outcome, PlantingOutcome::Undecided { .. });
        self.plantings.iter().filter(undecided).count()
    }

    /// How many were not planted, because they change nothing that could be seen, or are no errors.
    pub fn skipped(&self) -> usize {
        self.plantings.len() - self.planted()
    }

    /// How many were planted.
    pub fn planted(&self) -> usize {
        self.rejected() + self.undecided() + self.failures().count()
    }
}
