//! The results of a check, as plain data. Every renderer reads only this.

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

/// The number of coordinates with each outcome.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Coordinates that agree, down to the detection limit.
    pub agree: usize,
    /// Coordinates that are wrong.
    pub disagree: usize,
    /// Coordinates that are inconclusive, by reason, in the order of [`Reason::ALL`].
    pub reasons: [usize; Reason::ALL.len()],
    /// Agreeing coordinates with which J does not change at all, and where the gradient is zero.
    pub flat: usize,
    /// Agreeing coordinates at which J has a kink at the very point, and the gradient is one of its subgradients.
    pub subgradients: usize,
    /// Agreeing coordinates that are not flat but too small to distinguish from 0, which would have agreed as well.
    pub near_zero: usize,
    /// Agreeing coordinates that are zero to within their error bars, in a block of which no entry is known beyond its
    /// error bar. A wrong factor cannot be detected there.
    pub zero: usize,
    /// Coordinates without a numeric derivative, which are no part of the difference.
    pub unmeasured: usize,
}

impl Counts {
    /// The number of inconclusive coordinates, for whatever reason.
    pub fn inconclusive(&self) -> usize {
        self.reasons.iter().sum()
    }

    /// The number of coordinates that were compared.
    pub fn total(&self) -> usize {
        self.agree + self.disagree + self.inconclusive()
    }

    /// The number of coordinates that are inconclusive for this reason.
    pub fn with_reason(&self, reason: Reason) -> usize {
        self.reasons[reason as usize]
    }

    /// Adds one more coordinate to the counts.
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

    /// The sum of two counts.
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

/// The detection limit of a check: the smallest error of a right gradient, of either sign, that would have been called
/// wrong, relative to a block's scale (the root mean square of d in it).
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

/// The number of coordinates that agree but were tested less strictly than the others. A strict check fails for them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LeftOpen {
    /// Coordinates too small relative to their block to distinguish from 0.
    pub near_zero: usize,
    /// Coordinates that are zero to within their error bars, in a block of which nothing else is known.
    pub zero: usize,
    /// Flat coordinates: the cost does not change with them, and the gradient is zero.
    pub flat: usize,
    /// Coordinates at kinks that were not tested together.
    pub subgradients: usize,
}

impl LeftOpen {
    /// The number of all coordinates that are left open.
    pub fn total(&self) -> usize {
        self.near_zero + self.zero + self.flat + self.subgradients
    }

    /// The sum of what two reports leave open.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.near_zero += other.near_zero;
        self.zero += other.zero;
        self.flat += other.flat;
        self.subgradients += other.subgradients;
        self
    }
}

/// The noise of the cost, which limits how tight an agreement can be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CostNoise {
    /// The noise ε_f: how far one evaluation of the cost may be off.
    pub of_one_evaluation: f64,
    /// The spread 3σ of repeated evaluations at the point; 0 where the first two gave the same bits.
    pub spread: f64,
    /// Whether the cost is computed in single precision: it comes in it, or is as noisy as if it were.
    pub is_single: bool,
}

/// Entries at kinks that are not a subgradient together, although each lies between its one-sided derivatives: the evidence,
/// along a random direction u among them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BrokenTie {
    /// The one-sided derivatives of the cost along u, before the point and behind it.
    pub slopes: [f64; 2],
    /// The product g·u, which lies outside of them.
    pub analytic: f64,
}

/// One coordinate with its name.
#[derive(Debug, Clone, PartialEq)]
pub struct CoordinateReport {
    /// The name and place of the coordinate.
    pub coordinate: Coordinate,
    /// The comparison at the coordinate.
    pub comparison: Comparison,
}

/// The result of a check for one block.
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
    /// The course's difference over the coordinates that were checked.
    pub difference: f64,
    /// The scale: the root mean square of the numeric derivatives that were checked.
    pub scale: f64,
    /// The detection limit in the block; `None` where no coordinate agrees.
    pub power: Option<Power>,
    /// The outcomes of its coordinates.
    pub counts: Counts,
    /// The coordinate with the largest error, wrong ones first. `None` where none was checked.
    pub worst: Option<CoordinateReport>,
    /// The first of its coordinates at which something was NaN or infinite.
    pub non_finite: Option<CoordinateReport>,
    /// The location of the errors in the block; `None` where nothing is wrong, or for a single number.
    pub pattern: Option<Pattern>,
    /// The flat indices of the wrong coordinates with the largest errors; at most eight.
    pub wrong: Vec<usize>,
    /// The most likely cause of its errors; `None` where nothing is wrong.
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

/// The report of a whole check.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The verdict on the whole check.
    pub verdict: Verdict,
    /// The course's difference over all coordinates that were checked.
    pub difference: f64,
    /// The cost J at the point.
    pub cost: f64,
    /// The number of parameters.
    pub parameters: usize,
    /// The number of parameters that were selected to be checked.
    pub selected: usize,
    /// The number of fixed parameters, by their bounds or by request: nothing perturbed these, and they are not among
    /// those selected.
    pub fixed: usize,
    /// The number of coordinates that were estimated a second time.
    pub reexamined: usize,
    /// The number of evaluations of J.
    pub evaluations: u64,
    /// The duration of the check.
    pub elapsed: Duration,
    /// The name of the numeric scheme.
    pub scheme: String,
    /// The noise of the cost; `None` where it was not measured.
    pub noise: Option<CostNoise>,
    /// The accuracy that was granted ([`Claim::accuracy`](crate::Claim::accuracy)).
    pub accuracy: f64,
    /// The number of random directions along which entries at kinks were tested together; 0 where there are fewer than two
    /// of them, and where the cost knows its own smooth pieces.
    pub tie_directions: usize,
    /// The evidence that entries at kinks are not a subgradient together, where they are not.
    pub broken_tie: Option<BrokenTie>,
    /// The detection limit of the check; `None` where no coordinate agrees.
    pub power: Option<Power>,
    /// The outcomes of all coordinates.
    pub counts: Counts,
    /// The stage of the wrong block nearest to the output: the place to start, since errors propagate from there toward
    /// the input.
    pub first_wrong_stage: Option<usize>,
    /// The meaning of a row and a column of a block, where the caller gave one.
    pub axes: Option<[String; 2]>,
    /// The blocks in order.
    pub blocks: Vec<BlockReport>,
    /// The coordinates with the largest errors, wrong ones first; at most ten.
    pub worst: Vec<CoordinateReport>,
    /// The comparison of every coordinate that was checked, in their order; empty unless
    /// [`Settings::keep_comparisons`](crate::Settings::keep_comparisons) asks for it.
    pub comparisons: Vec<Comparison>,
    /// Kinks at or near the point, along a few of the coordinates for which they matter; empty where they have no names.
    pub kinks: Vec<KinkReport>,
    /// Whether the check was cancelled before it was complete.
    pub interrupted: bool,
    /// The preliminary checks, made before the comparison; `None` where there were none.
    pub structure: Option<Structure>,
    /// The directional test; `None` where it was switched off or could not be made.
    pub directional: Option<DirectionalTest>,
    /// The comparison of a fast engine with plain evaluations of J; `None` where all evaluations were plain.
    pub recheck: Option<Recheck>,
}

impl Report {
    /// The coordinates that the agreement leaves open.
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

    /// The tightness of the agreement, relative to the scale of each block: the smallest error of any one coordinate that would
    /// have been called wrong. `None` where nothing agrees.
    pub fn agrees_to(&self) -> Option<f64> {
        self.power.map(|power| power.single_coordinate)
    }

    /// The course's reading of the difference.
    pub fn band(&self) -> Band {
        Band::of(self.difference)
    }
}
