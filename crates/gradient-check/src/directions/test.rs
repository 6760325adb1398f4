//! The directional test: a second opinion beside the comparison coordinate by coordinate, along one random direction
//! for each block and one over all.
//!
//! Gathered once; the word on it, beside the comparisons, is a pure function. Knows no block's meaning and no scheme.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::ops::Range;

use super::{Bench, DirectionReading, Draft, Ruler, drafts};
use crate::error::{CheckError, keep};
use crate::evidence::{Evidence, Observation};
use crate::settings::{Claim, Settings};
use crate::verdict::{Comparison, Reason, Rule, Scales, Verdict, overall};
use finite_diff::{
    DifferenceError, Execution, Noise, Objective, Outcome, ParameterLayout, Piece, Real,
    WorkingCopy, evaluate_each, is_below_ladder,
};

/// At most so many blocks get a direction of their own: a direction costs 6 to 50 evaluations of J, so that these are
/// about as many as a network of some 350 parameters takes for its first pass.
const MOST_BLOCKS: usize = 32;

/// What the directional test saw along one direction.
#[derive(Debug, Clone, PartialEq)]
pub struct DirectionResult {
    /// The block that the direction moves; `None` for all.
    pub block: Option<String>,
    /// What was seen, and the word on it.
    pub reading: DirectionReading,
    /// A typical |g·u|, over all the directions that could have been drawn: √Σ(g_i·max(1, |θ_i|))².
    pub size: f64,
    /// The smallest |(g − ∇J)·u| that would have been called wrong, whatever its sign; `None` where the direction is
    /// undecided.
    pub would_have_seen: Option<f64>,
    /// The smallest |u_i| of those that it moves: an error of `would_have_seen` over this, in any one coordinate, can't hide.
    pub smallest_entry: f64,
    /// How many coordinates it moves: not those that are fixed.
    pub coordinates: usize,
    /// How many of those were judged one by one.
    pub judged: usize,
    /// The most that (g − ∇J)·u can be if every coordinate it moves is as right as its own comparison says, those not
    /// judged as right as those of their block that were; `None` where not all that were judged agree, or none of
    /// some block was. ((D10) of docs/theory/directions.md)
    pub room: Option<f64>,
    /// √Σ(e_i·max(1, |θ_i|))² over the coordinates that it moves and that are wrong by themselves, e = g − d.
    pub error_elsewhere: f64,
    /// What J failed with along the direction, where nothing could be seen for it.
    pub failure: Option<String>,
}

/// The directional test of a whole gradient.
#[derive(Debug, Clone, PartialEq)]
pub struct DirectionalTest {
    /// The word on it: wrong if any direction is, else undecided if any is, else right as far as the stated power goes.
    pub verdict: Verdict,
    /// One direction for each block, and one over all of them.
    pub directions: Vec<DirectionResult>,
    /// How many blocks got no direction of their own because there are too many; the one over all moves
    /// them too.
    pub left_out: usize,
    /// How many coordinates were neither judged, nor are fixed, nor are moved far enough by any direction that has power:
    /// next to a bound, mostly. Nothing speaks for them.
    pub uncovered: usize,
    /// How often J was evaluated for it.
    pub evaluations: u64,
}

impl DirectionalTest {
    /// The directions that came out wrong.
    pub fn wrong(&self) -> impl Iterator<Item = &DirectionResult> {
        self.directions
            .iter()
            .filter(|direction| direction.reading.verdict == Verdict::Disagree)
    }

    /// The largest [`would_have_seen`](DirectionResult::would_have_seen) of the directions that agree, relative to
    /// each one's `size`; `None` where none does.
    pub fn power(&self) -> Option<f64> {
        self.directions
            .iter()
            .filter(|d| d.reading.verdict == Verdict::Agree)
            .filter_map(|d| Some(d.would_have_seen? / d.size))
            .reduce(f64::max)
    }
}

/// A direction that is looked along, and what of it the word needs.
pub(crate) struct Line {
    block: Option<String>,
    range: Range<usize>,
    entries: Vec<f64>,
    /// What an entry is measured in, s_i where no bound left less of it.
    lengths: Vec<f64>,
    /// s_i = max(1, |θ_i|).
    scales: Vec<f64>,
    reading: DirectionReading,
    failure: Option<String>,
}

/// The lines, how many blocks have none of their own, how often J was evaluated, and whether it was
/// cancelled.
pub(crate) struct Lines {
    lines: Vec<Line>,
    left_out: usize,
    /// Which coordinates are fixed; empty where none is.
    fixed: Vec<bool>,
    safety: f64,
    pub(crate) evaluations: u64,
    pub(crate) interrupted: bool,
}

impl Lines {
    pub(crate) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    pub(crate) fn any_wrong(&self) -> bool {
        let mut lines = self.lines.iter();
        lines.any(|line| line.reading.verdict == Verdict::Disagree)
    }
}

/// What the directional test is about.
pub(crate) struct Sides<'a, T> {
    pub(crate) objective: &'a dyn Objective<T>,
    pub(crate) analytic: &'a [f64],
    pub(crate) point: &'a [T],
    pub(crate) layout: &'a ParameterLayout,
    /// That of J near the point.
    pub(crate) noise: Noise,
    /// The rounding of each entry of g, where that is known.
    pub(crate) worked_out: Option<&'a [f64]>,
    pub(crate) settings: &'a Settings<'a>,
}

/// Looks along every direction.
pub(crate) fn gather<T: Real>(
    sides: &Sides<'_, T>,
    evidence: &Evidence,
) -> Result<Lines, CheckError> {
    let Sides {
        objective,
        analytic,
        point,
        layout,
        noise,
        worked_out,
        settings,
    } = *sides;
    let domain = objective.domain();
    let (drafts, left_out) = drafts(layout, settings.seed, MOST_BLOCKS);
    let short = short_coordinates(evidence, point);
    let mut gathered = Lines {
        lines: Vec::new(),
        left_out,
        fixed: domain.map_or_else(Vec::new, |domain| {
            (0..point.len()).map(|i| domain.is_fixed(i)).collect()
        }),
        safety: evidence.constants.safety,
        evaluations: 0,
        interrupted: false,
    };
    let execution = &settings.execution;
    let piece = match objective.piece(point) {
        Ok(piece) => piece,
        Err(source) => {
            execution
                .keep(DifferenceError::Center { source })
                .map_err(CheckError::Difference)?;
            gathered.interrupted = true;
            return Ok(gathered);
        }
    };
    gathered.evaluations += u64::from(matches!(piece, Piece::Numbered { .. }));
    let allowances = Allowances::of(
        analytic,
        layout,
        evidence,
        worked_out,
        settings.analytic_noise,
    );
    let site = Site {
        objective,
        analytic,
        point,
        cost: T::narrow(evidence.cost),
        piece,
        noise,
        rule: Rule {
            claim: Claim {
                resolution: None,
                ..evidence.claim
            },
            ..Rule::of(evidence)
        },
        seed: settings.seed,
        execution: Execution {
            progress: None,
            ..*execution
        },
        short: &short,
        allowances: &allowances,
    };
    let seen = evaluate_each(execution, drafts.len(), |i| Some(site.look(&drafts[i])))
        .map_err(CheckError::Difference)?;
    gathered.interrupted |= execution.is_stopped();
    for seen in seen {
        let Some(seen) = seen else {
            gathered.interrupted = true;
            continue;
        };
        let (line, evaluations) = seen?;
        gathered.evaluations += evaluations;
        gathered.lines.extend(line);
    }
    Ok(gathered)
}

/// What all directions share.
struct Site<'a, T> {
    objective: &'a dyn Objective<T>,
    analytic: &'a [f64],
    point: &'a [T],
    cost: T,
    piece: Piece,
    noise: Noise,
    rule: Rule,
    seed: u64,
    execution: Execution<'a>,
    short: &'a BTreeSet<usize>,
    allowances: &'a Allowances,
}

impl<T: Real> Site<'_, T> {
    /// Looks along one direction, on a copy of θ of its own; `None` where nothing can be moved.
    fn look(&self, draft: &Draft) -> Result<(Option<Line>, u64), CheckError> {
        let copy = WorkingCopy::new(self.objective, self.point, None)
            .map_err(CheckError::Difference)?
            .with_short(self.short.iter().copied());
        let range = draft.range.clone();
        let direction = draft.direction(self.seed);
        let entries: Vec<f64> = copy.entries(&direction).collect();
        if entries.iter().all(|u| *u == 0.0) {
            return Ok((None, 0));
        }
        let lengths: Vec<f64> = copy.lengths(range.clone()).collect();
        let ruler = self.allowances.along(
            range.clone(),
            &entries,
            copy.size(range.clone(), self.analytic).along,
            &self.rule,
        );
        let bench = Bench {
            copy,
            domain: self.objective.domain(),
            analytic: self.analytic,
            cost: self.cost,
            piece: self.piece,
            noise: self.noise,
            rule: self.rule,
            seed: self.seed,
            execution: self.execution,
            next: Cell::new(0),
        };
        let name = draft.block.as_deref();
        let no_number = moved(&self.analytic[range.clone()], &entries).any(|(g, _)| !g.is_finite());
        let mut failure = None;
        let mut evaluations = 0;
        let reading = if no_number {
            DirectionReading::unseen(bench.word_on_no_number(&direction, name)?)
        } else {
            match bench.look(&direction, &ruler, name) {
                Ok(seen) => seen.reading,
                Err(error) => {
                    // Whether J has no value there, or none anywhere any more.
                    if self.execution.failure.is_some() {
                        evaluations += 1;
                        if self.objective.value(self.point).is_err() {
                            keep(error, &self.execution)?;
                            return Ok((None, evaluations + bench.copy.evaluations()));
                        }
                    }
                    failure = Some(error.to_string());
                    DirectionReading::unseen(Verdict::Inconclusive(Reason::NonFinite))
                }
            }
        };
        evaluations += bench.copy.evaluations();
        let line = Line {
            block: draft.block.clone(),
            entries,
            lengths,
            scales: scales(&self.point[range.clone()]),
            range,
            reading,
            failure,
        };
        Ok((Some(line), evaluations))
    }
}

/// s_i of these coordinates.
fn scales<T: Real>(point: &[T]) -> Vec<f64> {
    point.iter().map(|x| x.widen().abs().max(1.0)).collect()
}

/// The coordinates of which the ladder found J to vary by a length far below 1.
fn short_coordinates<T: Real>(evidence: &Evidence, point: &[T]) -> BTreeSet<usize> {
    let is_short = |observation: &&Observation| {
        let found = observation.fine.as_ref().and_then(Outcome::estimated);
        found.is_some_and(|refined| {
            is_below_ladder(refined.derivative.step, point[observation.coordinate])
        })
    };
    let short = evidence.observations.iter().filter(is_short);
    short.map(|observation| observation.coordinate).collect()
}

/// The entries of g that are moved, each with by how much: what a bound leaves no room for has no part in
/// it, whatever g is there.
fn moved<'a>(g: &'a [f64], by: &'a [f64]) -> impl Iterator<Item = (f64, f64)> + Clone + 'a {
    let pairs = g.iter().copied().zip(by.iter().copied());
    pairs.filter(|(_, by)| *by != 0.0)
}

/// What each entry of g may be off by and be right.
struct Allowances {
    /// r, as the judge has it for those it compares. One whose own noise could not be told has the median of its
    /// block's.
    rounding: Vec<f64>,
    /// What an accuracy of 1 would grant: max(scale, |g|).
    sizes: Vec<f64>,
    /// Whether rounding was worked out for each entry.
    is_worked_out: bool,
}

impl Allowances {
    fn of(
        analytic: &[f64],
        layout: &ParameterLayout,
        evidence: &Evidence,
        worked_out: Option<&[f64]>,
        noise: Option<&[Option<f64>]>,
    ) -> Self {
        let rule = Rule::of(evidence);
        let scales = Scales::of(evidence, layout);
        let (mut rounding, mut sizes) = (vec![0.0; analytic.len()], vec![0.0; analytic.len()]);
        for (position, block) in layout.blocks().iter().enumerate() {
            let scale = scales.of_block(position);
            let measured = |i: usize| noise?.get(i).copied().flatten();
            let mut known: Vec<f64> = block.range().filter_map(measured).collect();
            known.sort_by(f64::total_cmp);
            let typical = known.get(known.len() / 2).copied();
            for i in block.range() {
                let worked_out = worked_out.and_then(|all| all.get(i).copied());
                // The median steadies it, as for a comparison.
                let noise = measured(i).map_or(typical, |sigma| Some(sigma.max(typical?)));
                rounding[i] = rule.rounding(analytic[i], worked_out, noise, scale);
                sizes[i] = scale.max(analytic[i].abs());
            }
        }
        Self {
            rounding,
            sizes,
            is_worked_out: worked_out.is_some(),
        }
    }

    /// What g·u may be off by though every entry is right: all of them of the worst sign.
    fn along(&self, range: Range<usize>, entries: &[f64], size: f64, rule: &Rule) -> Ruler {
        let sum = |of: &[f64]| -> f64 {
            let pairs = of[range.clone()].iter().zip(entries);
            pairs.map(|(off, u)| off * u.abs()).sum()
        };
        let (rounding, sizes) = (sum(&self.rounding), sum(&self.sizes));
        let is_doubtful = rule.working_epsilon > f64::EPSILON && !self.is_worked_out;
        Ruler {
            size,
            rounding,
            doubt: if is_doubtful {
                rule.constants.doubt * rounding
            } else {
                0.0
            },
            granted: rule.claim.accuracy * sizes,
            least: if rule.claim.exact {
                0.0
            } else {
                rule.constants.resolution * sizes
            },
        }
    }
}

/// The word on all lines, and what the comparisons of each block say of it.
pub(crate) fn judge(
    lines: &Lines,
    layout: &ParameterLayout,
    analytic: &[f64],
    compared: &[(f64, Vec<Comparison>)],
) -> DirectionalTest {
    let blocks: Vec<(Range<usize>, &[Comparison])> = layout
        .blocks()
        .iter()
        .zip(compared)
        .map(|(block, (_, comparisons))| (block.range(), comparisons.as_slice()))
        .filter(|(range, _)| !range.is_empty())
        .collect();
    let directions: Vec<DirectionResult> = lines
        .lines
        .iter()
        .map(|line| result(line, analytic, &blocks, lines.safety))
        .collect();
    DirectionalTest {
        verdict: overall(directions.iter().map(|direction| direction.reading.verdict)),
        uncovered: uncovered(lines, &directions, analytic.len(), &blocks),
        directions,
        left_out: lines.left_out,
        evaluations: lines.evaluations,
    }
}

/// How many coordinates nothing speaks for: neither judged nor fixed, and no direction moves them so far that an error
/// as large there as a typical entry would show, |u_i|/s_i·‖g·s‖/√n ≥ τ ((D11) of docs/theory/directions.md).
fn uncovered(
    lines: &Lines,
    directions: &[DirectionResult],
    parameters: usize,
    blocks: &[(Range<usize>, &[Comparison])],
) -> usize {
    let mut spoken_for = lines.fixed.clone();
    spoken_for.resize(parameters, false);
    for comparison in blocks.iter().flat_map(|(_, comparisons)| *comparisons) {
        spoken_for[comparison.coordinate] = true;
    }
    for (line, result) in lines.lines.iter().zip(directions) {
        let Some(tau) = result.would_have_seen else {
            continue;
        };
        let typical = result.size / (result.coordinates.max(1) as f64).sqrt();
        let entries = line.entries.iter().zip(&line.scales);
        for (i, (entry, scale)) in line.range.clone().zip(entries) {
            spoken_for[i] |= *entry != 0.0 && entry.abs() / scale * typical >= tau;
        }
    }
    spoken_for.iter().filter(|spoken_for| !**spoken_for).count()
}

fn result(
    line: &Line,
    analytic: &[f64],
    blocks: &[(Range<usize>, &[Comparison])],
    safety: f64,
) -> DirectionResult {
    let g = &analytic[line.range.clone()];
    let norm = |entries: &mut dyn Iterator<Item = f64>| entries.fold(0.0, f64::hypot);
    let size = norm(&mut moved(g, &line.lengths).map(|(g, length)| g * length));
    let own_blocks = || {
        let within =
            |range: &Range<usize>| range.start >= line.range.start && range.end <= line.range.end;
        blocks.iter().filter(move |(range, _)| within(range))
    };
    let entry = |c: &Comparison| line.entries[c.coordinate - line.range.start].abs();
    let is_moved = move |c: &&Comparison| entry(c) != 0.0;
    let own = || {
        let all = own_blocks().flat_map(|(_, comparisons)| comparisons.iter());
        all.filter(is_moved)
    };
    let moved_in = |range: &Range<usize>| {
        let within = range.start - line.range.start..range.end - line.range.start;
        let entries = line.entries.get(within).unwrap_or_default();
        entries.iter().filter(|u| **u != 0.0).count()
    };
    // |g − d| is at most the tolerance, and d as far again from the truth as its bars say.
    let room = |(range, comparisons): &(Range<usize>, &[Comparison])| -> Option<f64> {
        let room = |c: &Comparison| {
            let bar = safety * c.error_bar.unwrap_or(0.0);
            (c.verdict == Verdict::Agree).then(|| (c.tolerance + c.doubt + bar) * entry(c))
        };
        let judged = || comparisons.iter().filter(is_moved);
        let sum = judged().map(room).sum::<Option<f64>>()?;
        match (moved_in(range), judged().count()) {
            (0, _) => Some(0.0),
            (_, 0) => None,
            (all, judged) => Some(sum * all as f64 / judged as f64),
        }
    };
    let wrong = own().filter(|c| c.verdict == Verdict::Disagree);
    let error_elsewhere = norm(&mut wrong.filter_map(|c| {
        let length = line.lengths[c.coordinate - line.range.start];
        let apart = (c.analytic - c.numeric?).abs() * length;
        Some(if apart.is_nan() { f64::INFINITY } else { apart })
    }));
    DirectionResult {
        block: line.block.clone(),
        reading: line.reading,
        size,
        would_have_seen: match line.reading.verdict {
            Verdict::Agree => line.reading.would_have_seen(),
            Verdict::Disagree => line.reading.called_wrong_from(),
            Verdict::Inconclusive(_) => None,
        },
        smallest_entry: line
            .entries
            .iter()
            .filter(|u| **u != 0.0)
            .fold(f64::INFINITY, |least, u| least.min(u.abs())),
        coordinates: moved_in(&line.range),
        judged: own().count(),
        room: own_blocks().map(room).sum(),
        error_elsewhere,
        failure: line.failure.clone(),
    }
}
