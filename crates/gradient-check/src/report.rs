//! All that a check has to say, as plain data. Every renderer reads only this.

use std::time::Duration;

use finite_diff::Coordinate;

use crate::course::Band;
use crate::diagnosis::Diagnosis;
use crate::directions::DirectionalTest;
use crate::evidence::Recheck;
use crate::pattern::Pattern;
use crate::settings::NamedKink;
use crate::structure::Structure;
use crate::verdict::{Comparison, Reason, Verdict};

/// How many coordinates came out how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Right, as far as the power goes.
    pub agree: usize,
    /// Coordinates that are wrong.
    pub disagree: usize,
    /// Undecided, by reason, in the order of [`Reason::ALL`].
    pub reasons: [usize; Reason::ALL.len()],
    /// Of those that agree: J does not move with the coordinate at all, and the gradient is zero.
    pub flat: usize,
    /// Of those that agree: J has a kink at the very point, and the gradient is one of its
    /// subgradients.
    pub subgradients: usize,
    /// Of those that agree: not flat, and too small to be told from 0, which would have agreed as well.
    pub near_zero: usize,
    /// Of those that agree: in a block of which no entry is known beyond its bar, and zero to within their own. A
    /// factor would not show there.
    pub zero: usize,
    /// Coordinates without a numeric derivative: no part of the difference.
    pub unmeasured: usize,
}

impl Counts {
    /// Undecided, for whatever reason.
    pub fn inconclusive(&self) -> usize {
        self.reasons.iter().sum()
    }

    /// All coordinates that were compared.
    pub fn total(&self) -> usize {
        self.agree + self.disagree + self.inconclusive()
    }

    /// The number with this reason.
    pub fn with_reason(&self, reason: Reason) -> usize {
        self.reasons[reason as usize]
    }

    /// Counts one more coordinate.
    pub(crate) fn add(&mut self, comparison: &Comparison) {
        self.unmeasured += usize::from(comparison.numeric.is_none());
        match comparison.verdict {
            Verdict::Agree => {
                self.agree += 1;
                self.flat += usize::from(comparison.flat);
                self.subgradients += usize::from(comparison.subgradient);
                self.near_zero += usize::from(comparison.is_near_zero());
                self.zero += usize::from(comparison.zero);
            }
            Verdict::Disagree => self.disagree += 1,
            Verdict::Inconclusive(reason) => self.reasons[reason as usize] += 1,
        }
    }

    /// The counts of both together.
    pub fn merge(mut self, other: &Self) -> Self {
        self.agree += other.agree;
        self.disagree += other.disagree;
        self.flat += other.flat;
        self.subgradients += other.subgradients;
        self.near_zero += other.near_zero;
        self.zero += other.zero;
        self.unmeasured += other.unmeasured;
        for (mine, theirs) in self.reasons.iter_mut().zip(other.reasons) {
            *mine += theirs;
        }
        self
    }
}

/// What the check would have caught, relative to a block's scale (a typical |d| in it): an error of a
/// right gradient, of either sign.
///
/// It is stated for the coordinates that agree and have a derivative. Where J has a kink at the point,
/// every number between the one-sided derivatives is right, and no error among them can be caught.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Power {
    /// The smallest error of any one coordinate that would have been called wrong, whichever it is.
    pub single_coordinate: f64,
    /// The smallest relative error of a whole block, whichever it is.
    pub block: f64,
}

/// How many coordinates agree and were not tested as sharply as the others. A strict check fails on them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LeftOpen {
    /// Too small beside their block to be told from 0.
    pub near_zero: usize,
    /// Zero to within their bars, in a block of which nothing else is known.
    pub zero: usize,
    /// Flat: the cost does not move with them, and the gradient is zero.
    pub flat: usize,
    /// At kinks, and not held together.
    pub subgradients: usize,
}

impl LeftOpen {
    /// All coordinates that are left open.
    pub fn total(&self) -> usize {
        self.near_zero + self.zero + self.flat + self.subgradients
    }

    /// What two reports leave open together.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.near_zero += other.near_zero;
        self.zero += other.zero;
        self.flat += other.flat;
        self.subgradients += other.subgradients;
        self
    }
}

/// What noise there was in the cost, which is what an agreement may end at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CostNoise {
    /// ε_f, how far one evaluation of the cost may be off.
    pub of_one_evaluation: f64,
    /// 3σ of repeated evaluations at the point; 0 where the first two gave the same bits.
    pub spread: f64,
    /// Whether the cost comes in double precision and is as noisy as one that is computed in single precision.
    pub looks_single: bool,
}

/// Entries at kinks that are no subgradient together, each being one by itself: along a random direction u among them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BrokenTie {
    /// The slopes of the cost along u, before the point and behind it.
    pub slopes: [f64; 2],
    /// g·u, which lies outside of them.
    pub analytic: f64,
}

/// One coordinate as people read it.
#[derive(Debug, Clone, PartialEq)]
pub struct CoordinateReport {
    /// The name and place of the coordinate.
    pub coordinate: Coordinate,
    /// What was compared.
    pub comparison: Comparison,
}

/// What a check says of one block.
#[derive(Debug, Clone, PartialEq)]
pub struct BlockReport {
    /// The name of the block.
    pub name: String,
    /// The extents of the block.
    pub shape: Vec<usize>,
    /// The block's place in the order of evaluation; for a network, its layer.
    pub stage: Option<usize>,
    /// The verdict on the block.
    pub verdict: Verdict,
    /// The course's difference over the coordinates that were judged.
    pub difference: f64,
    /// A typical |d|: the root mean square of the numeric derivatives judged.
    pub scale: f64,
    /// What would have been caught in it; `None` where no coordinate agrees.
    pub power: Option<Power>,
    /// How its coordinates came out.
    pub counts: Counts,
    /// The coordinate that is furthest off, wrong ones first. `None` where none was judged.
    pub worst: Option<CoordinateReport>,
    /// The first of its coordinates at which something was NaN or infinite.
    pub non_finite: Option<CoordinateReport>,
    /// Where in it the error is; `None` where nothing is wrong, or for a single number.
    pub pattern: Option<Pattern>,
    /// The flat indices of the wrong coordinates that are furthest off; at most eight.
    pub wrong: Vec<usize>,
    /// What is believed to be wrong with it; `None` where nothing is.
    pub diagnosis: Option<Diagnosis>,
}

/// The kinks at or near the point along one coordinate.
#[derive(Debug, Clone, PartialEq)]
pub struct KinkReport {
    /// The coordinate.
    pub coordinate: Coordinate,
    /// The kinks along the coordinate, the nearest first; at most eight, never none.
    pub kinks: Vec<NamedKink>,
}

/// A whole check.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The verdict on the whole check.
    pub verdict: Verdict,
    /// The course's difference over all coordinates that were judged.
    pub difference: f64,
    /// J at the point.
    pub cost: f64,
    /// The number of parameters.
    pub parameters: usize,
    /// How many parameters were meant to be judged.
    pub selected: usize,
    /// How many of them are fixed, by their bounds or because that was said: nothing moved these, and they
    /// are not among those selected.
    pub fixed: usize,
    /// How many were looked at a second time.
    pub reexamined: usize,
    /// How often J was evaluated.
    pub evaluations: u64,
    /// How long the check took.
    pub elapsed: Duration,
    /// The name of the numeric scheme.
    pub scheme: String,
    /// The noise of the cost; `None` where it was not measured.
    pub noise: Option<CostNoise>,
    /// The accuracy that was granted ([`Claim::accuracy`](crate::Claim::accuracy)).
    pub accuracy: f64,
    /// Along how many random directions entries at kinks were held together; 0 where there are fewer than two, and where
    /// the cost knows its own smooth pieces.
    pub tie_directions: usize,
    /// Where entries at kinks are no subgradient together, what shows it.
    pub broken_tie: Option<BrokenTie>,
    /// The smallest error that the check would have caught; `None` where no coordinate agrees.
    pub power: Option<Power>,
    /// How all coordinates came out.
    pub counts: Counts,
    /// The stage of the wrong block nearest to the output: where to look first, since errors travel
    /// from there toward the input.
    pub first_wrong_stage: Option<usize>,
    /// What a row and a column of a block stand for, where the caller said.
    pub axes: Option<[String; 2]>,
    /// The blocks in order.
    pub blocks: Vec<BlockReport>,
    /// The coordinates that are furthest off, wrong ones first; at most ten.
    pub worst: Vec<CoordinateReport>,
    /// Kinks at or near the point, along a few of the coordinates that one matters for; empty where
    /// nobody can name them.
    pub kinks: Vec<KinkReport>,
    /// Whether the check was cancelled before it was done.
    pub interrupted: bool,
    /// What was looked at before the comparison; `None` where nothing was.
    pub structure: Option<Structure>,
    /// The directional test; `None` where it was switched off or could not be made.
    pub directional: Option<DirectionalTest>,
    /// How the numbers of a fast engine fared beside plain evaluations of J; `None` where all were plain.
    pub recheck: Option<Recheck>,
}

impl Report {
    /// What the agreement leaves open.
    pub fn left_open(&self) -> LeftOpen {
        let counts = &self.counts;
        LeftOpen {
            near_zero: counts.near_zero,
            zero: counts.zero,
            flat: counts.flat,
            // One alone has been held against its two slopes.
            subgradients: match self.tie_directions {
                0 if counts.subgradients > 1 => counts.subgradients,
                _ => 0,
            },
        }
    }

    /// How sharp the agreement is, relative to the scale of each block: the smallest error of any one coordinate that would
    /// have been called wrong. `None` where nothing agrees.
    pub fn agrees_to(&self) -> Option<f64> {
        self.power.map(|power| power.single_coordinate)
    }

    /// How the course reads the difference.
    pub fn band(&self) -> Band {
        Band::of(self.difference)
    }
}
