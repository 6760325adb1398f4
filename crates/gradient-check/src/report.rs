//! All that a check has to say, as plain data. Every renderer reads only this.

use std::time::Duration;

use finite_diff::{Block, Coordinate, ParameterLayout};

use crate::diagnosis::{Context, Diagnosis, Exhibit, Mistakes, diagnose};
use crate::difference::{Band, difference};
use crate::kinks::KinkReport;
use crate::pattern::{Pattern, pattern};
use crate::recheck::Recheck;
use crate::slope::{SlopeTest, temper};
use crate::structure::Structure;
use crate::verdict::{self, Comparison, Reason, Verdict};

/// How many coordinates a report lists as the worst.
const WORST: usize = 10;

/// How many wrong coordinates of each block it lists.
const WRONG: usize = 8;

/// How many coordinates came out how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Right, as far as the power goes.
    pub agree: usize,
    /// Wrong.
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
    /// Those without a numeric derivative: no part of the difference.
    pub unmeasured: usize,
}

impl Counts {
    /// Undecided, for whatever reason.
    pub fn inconclusive(&self) -> usize {
        self.reasons.iter().sum()
    }

    /// All of them.
    pub fn total(&self) -> usize {
        self.agree + self.disagree + self.inconclusive()
    }

    /// The number with this reason.
    pub fn with_reason(&self, reason: Reason) -> usize {
        self.reasons[reason as usize]
    }

    fn add(&mut self, comparison: &Comparison) {
        self.unmeasured += usize::from(comparison.numeric.is_none());
        match comparison.verdict {
            Verdict::Agree => {
                self.agree += 1;
                self.flat += usize::from(comparison.flat);
                self.subgradients += usize::from(comparison.subgradient);
                self.near_zero += usize::from(comparison.is_near_zero());
            }
            Verdict::Disagree => self.disagree += 1,
            Verdict::Inconclusive(reason) => self.reasons[reason as usize] += 1,
        }
    }

    /// Both together.
    pub fn merge(mut self, other: &Self) -> Self {
        self.agree += other.agree;
        self.disagree += other.disagree;
        self.flat += other.flat;
        self.subgradients += other.subgradients;
        self.near_zero += other.near_zero;
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

/// One coordinate as people read it.
#[derive(Debug, Clone, PartialEq)]
pub struct CoordinateReport {
    /// Its name and place.
    pub coordinate: Coordinate,
    /// What was compared.
    pub comparison: Comparison,
}

/// One block.
#[derive(Debug, Clone, PartialEq)]
pub struct BlockReport {
    /// Its name.
    pub name: String,
    /// Its extents.
    pub shape: Vec<usize>,
    /// Its place in the order of evaluation; for a network, its layer.
    pub stage: Option<usize>,
    /// The word on it.
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

/// A whole check.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The word on it.
    pub verdict: Verdict,
    /// The course's difference over all coordinates that were judged.
    pub difference: f64,
    /// J at the point.
    pub cost: f64,
    /// The number of parameters.
    pub parameters: usize,
    /// How many of them were meant to be judged.
    pub selected: usize,
    /// How many of them are fixed, by their bounds or because that was said: nothing moved these, and they
    /// are not among those selected.
    pub fixed: usize,
    /// How many were looked at a second time.
    pub reexamined: usize,
    /// How often J was evaluated.
    pub evaluations: u64,
    /// How long it took.
    pub elapsed: Duration,
    /// The name of the numeric scheme.
    pub scheme: String,
    /// What it would have caught; `None` where no coordinate agrees.
    pub power: Option<Power>,
    /// How all coordinates came out.
    pub counts: Counts,
    /// The stage of the wrong block nearest to the output: where to look first, since errors travel
    /// from there towards the input.
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
    /// The slope test along random directions; `None` where it was switched off or could not be made.
    pub slope: Option<SlopeTest>,
    /// How the numbers of a fast engine fared beside plain evaluations of J; `None` where all were plain.
    pub recheck: Option<Recheck>,
}

impl Report {
    /// How the course reads the difference.
    pub fn band(&self) -> Band {
        Band::of(self.difference)
    }
}

/// What a check brings to its report beside the comparisons.
pub(crate) struct Frame<'a> {
    pub theta: &'a [f64],
    pub working_epsilon: f64,
    pub context: &'a Context,
    pub mistakes: Option<&'a dyn Mistakes>,
    pub cost: f64,
    pub selected: usize,
    pub fixed: usize,
    pub reexamined: usize,
    pub evaluations: u64,
    pub elapsed: Duration,
    pub scheme: String,
    pub interrupted: bool,
    pub slope: Option<SlopeTest>,
    pub recheck: Option<Recheck>,
}

/// Puts a report together from the comparisons of each block, in the order of the layout, each with
/// the scale of its block.
pub(crate) fn assemble(
    layout: &ParameterLayout,
    compared: Vec<(f64, Vec<Comparison>)>,
    frame: Frame<'_>,
) -> Report {
    let name = |comparison: &Comparison| {
        let coordinate = layout.coordinate(comparison.coordinate)?;
        Some(CoordinateReport {
            coordinate,
            comparison: *comparison,
        })
    };
    let mut blocks: Vec<BlockReport> = layout
        .blocks()
        .iter()
        .zip(&compared)
        .map(|(block, (scale, comparisons))| {
            block_report(
                block,
                *scale,
                comparisons,
                furthest(comparisons).next().and_then(name),
                comparisons
                    .iter()
                    .find(|c| c.non_finite.is_some())
                    .and_then(name),
            )
        })
        .collect();

    let first_wrong_stage = blocks
        .iter()
        .filter(|block| block.verdict == Verdict::Disagree)
        .filter_map(|block| block.stage)
        .max();
    let exhibits: Vec<Exhibit<'_>> = layout
        .blocks()
        .iter()
        .zip(&compared)
        .map(|(block, (scale, comparisons))| {
            Exhibit::new(
                block,
                *scale,
                comparisons,
                frame.theta,
                frame.working_epsilon,
            )
        })
        .collect();
    let diagnoses = diagnose(&exhibits, frame.context, frame.mistakes, first_wrong_stage);
    for (block, diagnosis) in blocks.iter_mut().zip(diagnoses) {
        block.diagnosis = diagnosis;
    }

    let all: Vec<Comparison> = compared
        .iter()
        .flat_map(|(_, comparisons)| comparisons)
        .copied()
        .collect();
    let counts = blocks
        .iter()
        .fold(Counts::default(), |sum, block| sum.merge(&block.counts));
    let mut verdict = verdict::overall(blocks.iter().map(|block| block.verdict));
    if verdict == Verdict::Agree && frame.interrupted {
        verdict = Verdict::Inconclusive(Reason::Interrupted);
    }
    if let Some(slope) = &frame.slope {
        verdict = temper(verdict, slope);
    }
    Report {
        verdict,
        difference: difference_of(&all),
        cost: frame.cost,
        parameters: layout.len(),
        selected: frame.selected,
        fixed: frame.fixed,
        reexamined: frame.reexamined,
        evaluations: frame.evaluations,
        elapsed: frame.elapsed,
        scheme: frame.scheme,
        power: weakest(blocks.iter().filter_map(|block| block.power)),
        counts,
        first_wrong_stage,
        axes: frame.context.axes.clone(),
        worst: furthest(&all).take(WORST).filter_map(name).collect(),
        blocks,
        kinks: Vec::new(),
        interrupted: frame.interrupted,
        structure: None,
        slope: frame.slope,
        recheck: frame.recheck,
    }
}

fn block_report(
    block: &Block,
    scale: f64,
    comparisons: &[Comparison],
    worst: Option<CoordinateReport>,
    non_finite: Option<CoordinateReport>,
) -> BlockReport {
    let mut counts = Counts::default();
    for comparison in comparisons {
        counts.add(comparison);
    }
    BlockReport {
        name: block.name().to_owned(),
        shape: block.shape().to_vec(),
        stage: block.stage(),
        verdict: verdict::overall(comparisons.iter().map(|comparison| comparison.verdict)),
        difference: difference_of(comparisons),
        scale,
        power: power(scale, comparisons),
        counts,
        worst,
        non_finite,
        pattern: pattern(block.shape(), block.range().start, comparisons),
        wrong: furthest(comparisons)
            .take_while(|comparison| comparison.verdict == Verdict::Disagree)
            .take(WRONG)
            .map(|comparison| comparison.coordinate)
            .collect(),
        diagnosis: None,
    }
}

/// The course's difference over those coordinates that have a numeric derivative; NaN where none has
/// one although there are coordinates.
fn difference_of(comparisons: &[Comparison]) -> f64 {
    let (analytic, numeric): (Vec<f64>, Vec<f64>) = comparisons
        .iter()
        .filter_map(|c| Some((c.analytic, c.numeric?)))
        .unzip();
    if analytic.is_empty() && !comparisons.is_empty() {
        return f64::NAN;
    }
    difference(&analytic, &numeric)
}

/// The furthest off first: wrong before undecided before right, then by |g − d|; what is not a number
/// is further off than anything.
fn furthest(comparisons: &[Comparison]) -> impl Iterator<Item = &Comparison> {
    let key = |comparison: &Comparison| {
        let rank = match comparison.verdict {
            Verdict::Disagree => 0,
            Verdict::Inconclusive(_) => 1,
            Verdict::Agree => 2,
        };
        let apart = comparison
            .numeric
            .map_or(f64::INFINITY, |d| (comparison.analytic - d).abs());
        (rank, if apart.is_nan() { f64::INFINITY } else { apart })
    };
    let mut ordered: Vec<&Comparison> = comparisons.iter().collect();
    ordered.sort_by(|a, b| {
        let ((rank_a, apart_a), (rank_b, apart_b)) = (key(a), key(b));
        rank_a.cmp(&rank_b).then(apart_b.total_cmp(&apart_a))
    });
    ordered.into_iter()
}

/// What would have been caught in a block of this scale (docs/theory/verdict.md, equations 15, 16 and 28).
fn power(scale: f64, comparisons: &[Comparison]) -> Option<Power> {
    let visible: Vec<(f64, f64)> = comparisons
        .iter()
        .filter_map(|c| Some((c.smallest_visible()?, c.numeric?.abs())))
        .collect();
    if scale == 0.0 || visible.is_empty() {
        return None;
    }
    let largest = visible.iter().fold(0.0f64, |most, (v, _)| most.max(*v));
    // A relative error δ of the whole block shows as soon as δ·|d| passes one of them.
    let relative = visible.iter().map(|(v, d)| v / d);
    Some(Power {
        single_coordinate: largest / scale,
        block: relative.fold(f64::INFINITY, f64::min),
    })
}

/// The power whichever block the error is in.
fn weakest(blocks: impl Iterator<Item = Power>) -> Option<Power> {
    blocks.reduce(|a, b| Power {
        single_coordinate: a.single_coordinate.max(b.single_coordinate),
        // Infinite where all that agrees is flat, beside what is wrong.
        block: match (a.block.is_finite(), b.block.is_finite()) {
            (true, true) => a.block.max(b.block),
            (true, false) => a.block,
            _ => b.block,
        },
    })
}
