//! The directional test: a second opinion beside the comparison coordinate by coordinate, along one random direction
//! for each block and one over all.
//!
//! Judges the evidence beside the comparisons: a pure function. Invariant: knows nothing of blocks' meanings and schemes.

use std::ops::Range;

use finite_diff::ParameterLayout;

use super::DirectionReading;
use super::gather::{Line, Lines, moved};
use crate::verdict::{Comparison, Verdict, overall};

/// The result of the directional test along one direction.
#[derive(Debug, Clone, PartialEq)]
pub struct DirectionResult {
    /// The block that the direction moves; `None` for all.
    pub block: Option<String>,
    /// The measurement, and the verdict on it.
    pub reading: DirectionReading,
    /// A typical |g·u|, over all the directions that could have been drawn: √Σ(g_i·max(1, |θ_i|))².
    pub size: f64,
    /// The smallest |(g − ∇J)·u| that would have been called wrong, whatever its sign; `None` where the direction is
    /// undecided.
    pub would_have_seen: Option<f64>,
    /// The smallest |u_i| of those that it moves: an error of `would_have_seen` over this, in any one coordinate, can't hide.
    pub smallest_entry: f64,
    /// The number of coordinates that the direction moves: not those that are fixed.
    pub coordinates: usize,
    /// The number of those coordinates that were also checked one by one.
    pub judged: usize,
    /// The most that (g − ∇J)·u can be if every coordinate it moves is as right as its own comparison says, those not
    /// judged as right as those of their block that were; `None` where not all that were judged agree, or none of
    /// some block was. ((D10) of docs/theory/directions.md)
    pub room: Option<f64>,
    /// √Σ(e_i·max(1, |θ_i|))² over the coordinates that it moves and that are wrong by themselves, e = g − d.
    pub error_elsewhere: f64,
    /// The error of J along the direction, where it prevented a result.
    pub failure: Option<String>,
}

/// The directional test of a whole gradient.
#[derive(Debug, Clone, PartialEq)]
pub struct DirectionalTest {
    /// The verdict on it: wrong if any direction is, else inconclusive if any is, else right down to the stated detection limit.
    pub verdict: Verdict,
    /// One direction for each block, and one over all of them.
    pub directions: Vec<DirectionResult>,
    /// The number of blocks without a direction of their own because there are too many; the one over all moves
    /// them too.
    pub left_out: usize,
    /// The number of coordinates that were neither checked, nor are fixed, nor are moved far enough by any direction:
    /// next to a bound, mostly. Nothing speaks for them.
    pub uncovered: usize,
    /// The number of evaluations of J for the directional test.
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

/// The verdict on all lines, and what the comparisons of each block say of it.
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
