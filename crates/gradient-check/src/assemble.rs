//! From comparisons to a report: counts, detection limit, the worst coordinates, causes, and the verdict on the whole.
//!
//! A pure function of the comparisons. Invariant: evaluates nothing.

use std::time::Duration;

use finite_diff::{Block, ParameterLayout};

use crate::agreement::temper;
use crate::course::difference_of_pairs;
use crate::diagnosis::{Context, Exhibit, Mistakes, diagnose, is_off};
use crate::directions::DirectionalTest;
use crate::evidence::Recheck;
use crate::pattern::pattern;
use crate::report::{BlockReport, BrokenTie, CoordinateReport, CostNoise, Counts, Power, Report};
use crate::structure::{Finding, Structure};
use crate::verdict::{self, Comparison, Comparisons, Reason, Verdict};

/// How many coordinates a report lists as the worst.
const WORST: usize = 10;

/// How many wrong coordinates of each block it lists.
const WRONG: usize = 8;

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
    pub directional: Option<DirectionalTest>,
    pub recheck: Option<Recheck>,
    pub noise: Option<CostNoise>,
    pub accuracy: f64,
    pub tie_directions: usize,
    pub broken_tie: Option<BrokenTie>,
    pub keep_comparisons: bool,
}

/// The comparisons of one block, and its scale.
pub(crate) type Seen<'a> = (f64, &'a dyn Comparisons);

/// Whatever holds the comparisons, as [`assemble`] reads them.
pub(crate) fn as_seen<C: Comparisons>(compared: &[(f64, C)]) -> Vec<Seen<'_>> {
    let mut seen: Vec<Seen<'_>> = Vec::new();
    for (scale, comparisons) in compared {
        seen.push((*scale, comparisons));
    }
    seen
}

/// Puts a report together from the comparisons of each block, in the order of the layout, each with
/// the scale of its block.
pub(crate) fn assemble(
    layout: &ParameterLayout,
    compared: &[Seen<'_>],
    frame: Frame<'_>,
) -> Report {
    let name = |comparison: Comparison| {
        let coordinate = layout.coordinate(comparison.coordinate)?;
        Some(CoordinateReport {
            coordinate,
            comparison,
        })
    };
    let mut blocks: Vec<BlockReport> = layout
        .blocks()
        .iter()
        .zip(compared)
        .map(|(block, &(scale, comparisons))| {
            block_report(
                block,
                scale,
                comparisons,
                furthest(comparisons.iter(), 1)
                    .first()
                    .copied()
                    .and_then(name),
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
    // The numbers are laid out for the search for causes only where there is one to find.
    let wants_a_cause = |(_, comparisons): &Seen<'_>| comparisons.iter().any(|c| is_off(&c));
    if compared.iter().any(wants_a_cause) {
        let exhibits: Vec<Exhibit<'_>> = layout
            .blocks()
            .iter()
            .zip(compared)
            .map(|(block, &(scale, comparisons))| {
                let (theta, epsilon) = (frame.theta, frame.working_epsilon);
                Exhibit::new(block, scale, comparisons, theta, epsilon)
            })
            .collect();
        let diagnoses = diagnose(&exhibits, frame.context, frame.mistakes, first_wrong_stage);
        for (block, diagnosis) in blocks.iter_mut().zip(diagnoses) {
            block.diagnosis = diagnosis;
        }
    }

    let all = || {
        compared
            .iter()
            .flat_map(|(_, comparisons)| comparisons.iter())
    };
    let counts = blocks
        .iter()
        .fold(Counts::default(), |sum, block| sum.merge(&block.counts));
    let mut verdict = verdict::overall(blocks.iter().map(|block| block.verdict));
    if verdict == Verdict::Agree && frame.interrupted {
        verdict = Verdict::Inconclusive(Reason::Interrupted);
    }
    // A sample of nothing but zeros and kinks says nothing of the others.
    let tells = |c: Comparison| c.verdict == Verdict::Agree && !c.flat && !c.subgradient;
    let sampled = frame.selected + frame.fixed < layout.len();
    if verdict == Verdict::Agree && sampled && !all().any(tells) {
        verdict = Verdict::Inconclusive(Reason::Vacuous);
    }
    if let Some(test) = &frame.directional {
        verdict = temper(verdict, test);
    }
    Report {
        verdict,
        difference: difference_of(all),
        cost: frame.cost,
        parameters: layout.len(),
        selected: frame.selected,
        fixed: frame.fixed,
        reexamined: frame.reexamined,
        evaluations: frame.evaluations,
        elapsed: frame.elapsed,
        scheme: frame.scheme,
        noise: frame.noise,
        accuracy: frame.accuracy,
        tie_directions: frame.tie_directions,
        broken_tie: frame.broken_tie,
        power: weakest(blocks.iter().filter_map(|block| block.power)),
        counts,
        first_wrong_stage,
        axes: frame.context.axes.clone(),
        worst: furthest(all(), WORST)
            .into_iter()
            .filter_map(name)
            .collect(),
        blocks,
        comparisons: match frame.keep_comparisons {
            true => all().collect(),
            false => Vec::new(),
        },
        kinks: Vec::new(),
        interrupted: frame.interrupted,
        structure: None,
        directional: frame.directional,
        recheck: frame.recheck,
    }
}

impl Report {
    /// Adds to the report what was found before the comparison.
    ///
    /// A finding that makes the gradient wrong makes the verdict [`Verdict::Disagree`], whatever the
    /// numbers said. A cost that differs from call to call leaves nothing to be said of the numbers; any
    /// other doubt leaves the verdict of the comparison where that is worse. The blocks keep the verdict on
    /// their numbers, but those of which there was nothing to compare are wrong.
    pub fn with_structure(mut self, structure: Structure) -> Self {
        let word = structure.verdict();
        self.verdict = match word {
            Verdict::Inconclusive(_) if structure.cost_varies() => word,
            _ => verdict::overall([self.verdict, word]),
        };
        for block in &mut self.blocks {
            let about = |finding: &Finding| {
                finding.word() == Some(Verdict::Disagree)
                    && finding.blocks().contains(&block.name.as_str())
            };
            if block.counts.total() == 0 && structure.findings.iter().any(about) {
                block.verdict = Verdict::Disagree;
                block.difference = f64::NAN;
            }
        }
        self.structure = Some(structure);
        self
    }
}

fn block_report(
    block: &Block,
    scale: f64,
    comparisons: &dyn Comparisons,
    worst: Option<CoordinateReport>,
    non_finite: Option<CoordinateReport>,
) -> BlockReport {
    let mut counts = Counts::default();
    for comparison in comparisons.iter() {
        counts.add(&comparison);
    }
    BlockReport {
        name: block.name().to_owned(),
        shape: block.shape().to_vec(),
        stage: block.stage(),
        verdict: verdict::overall(comparisons.iter().map(|comparison| comparison.verdict)),
        difference: difference_of(|| comparisons.iter()),
        scale,
        power: power(scale, comparisons.iter()),
        counts,
        worst,
        non_finite,
        pattern: pattern(block.shape(), block.range().start, comparisons),
        wrong: furthest(comparisons.iter(), WRONG)
            .into_iter()
            .take_while(|comparison| comparison.verdict == Verdict::Disagree)
            .map(|comparison| comparison.coordinate)
            .collect(),
        diagnosis: None,
    }
}

/// The course's difference over those coordinates that have a numeric derivative; NaN where none has
/// one although there are coordinates.
fn difference_of<I: Iterator<Item = Comparison>>(comparisons: impl Fn() -> I) -> f64 {
    let pairs = || comparisons().filter_map(|c| Some((c.analytic, c.numeric?)));
    if pairs().next().is_none() && comparisons().next().is_some() {
        return f64::NAN;
    }
    difference_of_pairs(pairs, |g, d, shrink| g * shrink - d * shrink)
}

/// The `most` furthest off, the furthest first: wrong before undecided before right, then by |g − d|; what is not a number
/// is further off than anything.
fn furthest(comparisons: impl Iterator<Item = Comparison>, most: usize) -> Vec<Comparison> {
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
    let order = |a: &Comparison, b: &Comparison| {
        let ((rank_a, apart_a), (rank_b, apart_b)) = (key(a), key(b));
        let by_size = rank_a.cmp(&rank_b).then(apart_b.total_cmp(&apart_a));
        by_size.then(a.coordinate.cmp(&b.coordinate))
    };
    let mut ordered: Vec<Comparison> = Vec::with_capacity(most + 1);
    for comparison in comparisons {
        let is_further = |last: &Comparison| order(&comparison, last).is_lt();
        if ordered.len() < most || ordered.last().is_some_and(is_further) {
            let at = ordered.partition_point(|other| order(other, &comparison).is_lt());
            ordered.insert(at, comparison);
            ordered.truncate(most);
        }
    }
    ordered
}

/// What would have been caught in a block of this scale (docs/theory/verdict.md, equations 15, 16 and 28).
fn power(scale: f64, comparisons: impl Iterator<Item = Comparison>) -> Option<Power> {
    let mut visible = comparisons
        .filter_map(|c| {
            // A factor does not show on what is zero to within its bar.
            let size = if c.zero { 0.0 } else { c.numeric?.abs() };
            Some((c.smallest_visible()?, size))
        })
        .peekable();
    if scale == 0.0 || visible.peek().is_none() {
        return None;
    }
    // A relative error δ of the whole block shows as soon as δ·|d| passes one of them.
    let (largest, relative) = visible
        .fold((0.0_f64, f64::INFINITY), |(largest, relative), (v, d)| {
            (largest.max(v), relative.min(v / d))
        });
    Some(Power {
        single_coordinate: largest / scale,
        block: relative,
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
