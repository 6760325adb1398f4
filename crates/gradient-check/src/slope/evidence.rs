//! The evidence of the slope test, gathered once: J along each direction, and what g says it should be.
//!
//! Evaluates and contracts; the word on it is `line`'s.

use std::collections::BTreeSet;
use std::ops::Range;

use finite_diff::{
    DifferenceError, Direction, LayoutError, Objective, Outcome, ParameterLayout, Real, WalkEnd,
    compensated_sum, directions_within, is_below_ladder, walk,
};

use super::line::{self, Judged, Reading, Setting};
use super::{MOST_BLOCKS, SlopeReason, SlopeResult, SlopeTest, SlopeVerdict, overall};
use crate::evidence::{Evidence, Observation};
use crate::settings::Settings;
use crate::verdict::{Comparison, Rule, Scales, Verdict};

/// All that was seen along one direction.
pub(crate) struct Line {
    block: Option<String>,
    range: Range<usize>,
    entries: Vec<f64>,
    /// What an entry is measured in, s_i where no bound left less of it.
    lengths: Vec<f64>,
    /// s_i = max(1, |θ_i|).
    scales: Vec<f64>,
    readings: Vec<Reading>,
    setting: Setting,
    /// What (∇J − g)·u may be though every coordinate agrees: what accuracy was granted, and what nobody claims to be
    /// exact.
    allowed: f64,
    /// Whether J never moved.
    still: bool,
    failure: Option<String>,
}

/// The lines, how many blocks have none of their own, how often J was evaluated, and whether it was
/// cancelled.
pub(crate) struct Lines {
    lines: Vec<Line>,
    left_out: usize,
    /// Which coordinates are fixed; empty where none is.
    fixed: Vec<bool>,
    pub(crate) evaluations: u64,
    pub(crate) interrupted: bool,
}

impl Lines {
    pub(crate) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }
}

/// Why there are no lines.
pub(crate) enum Obstacle {
    Layout(LayoutError),
    Difference(DifferenceError),
}

/// Walks along every direction. `epsilon_f` is the noise of one evaluation of J near the point.
pub(crate) fn gather<T: Real>(
    objective: &dyn Objective<T>,
    analytic: &[f64],
    point: &[T],
    layout: &ParameterLayout,
    evidence: &Evidence,
    epsilon_f: f64,
    settings: &Settings<'_>,
) -> Result<Lines, Obstacle> {
    let domain = objective.domain();
    let drawn = directions_within(layout, point, domain, settings.seed, MOST_BLOCKS)
        .map_err(Obstacle::Layout)?;
    let short = short_coordinates(evidence, point);
    let directions: Vec<Direction> = drawn
        .directions
        .into_iter()
        .map(|u| u.measured_in_own_lengths(point, |i| short.contains(&i)))
        .collect();
    let walks =
        walk(objective, point, &directions, &settings.execution).map_err(Obstacle::Difference)?;
    let rounding = rounding(analytic, layout, evidence, settings);
    let allowed = allowed(analytic, layout, evidence);
    let doubted = evidence.working_epsilon > f64::EPSILON && settings.analytic_rounding.is_none();
    let doubt = if doubted {
        evidence.constants.doubt
    } else {
        0.0
    };
    let evaluations = walks.iter().map(|walk| walk.evaluations).sum();
    let interrupted = walks
        .iter()
        .any(|walk| matches!(walk.end, WalkEnd::Cancelled));
    let lines = directions.iter().zip(walks).map(|(u, walk)| {
        let range = u.range();
        let (g, r) = (&analytic[range.clone()], &rounding[range.clone()]);
        let along = allowed[range.clone()].iter().zip(u.entries());
        let allowed = along.map(|(allowed, u)| allowed * u.abs()).sum();
        let readings: Vec<Reading> = walk
            .pairs
            .iter()
            .map(|pair| {
                let displacement: Vec<f64> = u.displacement(point, pair.t).collect();
                let largest = pair.plus.abs().max(pair.minus.abs());
                Reading {
                    t: pair.t,
                    residual: (pair.plus - pair.minus)
                        - compensated_sum(moved(g, &displacement).map(|(g, d)| g * d)),
                    even: (pair.plus - evidence.cost) + (pair.minus - evidence.cost),
                    noise: epsilon_f.max(2.0 * T::EPSILON * largest),
                    rounding: r.iter().zip(&displacement).map(|(r, d)| r * d.abs()).sum(),
                }
            })
            .collect();
        let zero = moved(g, u.entries()).all(|(g, _)| g == 0.0);
        let still = zero
            && walk
                .pairs
                .iter()
                .all(|pair| pair.plus == evidence.cost && pair.minus == evidence.cost);
        let end = match &walk.end {
            WalkEnd::Widest => SlopeReason::TooFewPoints,
            WalkEnd::OtherPiece { .. } => SlopeReason::Kink,
            WalkEnd::NonFinite { .. } => SlopeReason::NonFinite,
            WalkEnd::NotRepresentable { .. } => SlopeReason::StepNotRepresentable,
            WalkEnd::Failed(_) => SlopeReason::Failed,
            WalkEnd::Cancelled => SlopeReason::Interrupted,
        };
        Line {
            block: u.block().map(str::to_owned),
            entries: u.entries().to_vec(),
            lengths: u.lengths(point).collect(),
            scales: scales(&point[range.clone()]),
            range,
            still: still && !readings.is_empty(),
            readings,
            allowed,
            setting: Setting {
                known_smooth: walk.known_smooth,
                safety: evidence.constants.safety,
                doubt,
                end,
            },
            failure: match walk.end {
                WalkEnd::Failed(error) => Some(error.to_string()),
                _ => None,
            },
        }
    });
    Ok(Lines {
        lines: lines.collect(),
        left_out: drawn.left_out,
        fixed: domain.map_or_else(Vec::new, |domain| {
            (0..point.len()).map(|i| domain.is_fixed(i)).collect()
        }),
        evaluations,
        interrupted,
    })
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

/// r for every coordinate, as the judge has it for those it compares: what rounding may do to g. One
/// whose own noise could not be told has the median of its block's.
fn rounding(
    analytic: &[f64],
    layout: &ParameterLayout,
    evidence: &Evidence,
    settings: &Settings<'_>,
) -> Vec<f64> {
    let rule = Rule::of(evidence);
    let mut rounding = vec![0.0; analytic.len()];
    let scales = Scales::of(evidence, layout);
    for (position, block) in layout.blocks().iter().enumerate() {
        let scale = scales.of_block(position);
        let measured = |i: usize| settings.analytic_noise?.get(i).copied().flatten();
        let mut known: Vec<f64> = block.range().filter_map(measured).collect();
        known.sort_by(f64::total_cmp);
        let typical = known.get(known.len() / 2).copied();
        for i in block.range() {
            let worked_out = settings
                .analytic_rounding
                .and_then(|all| all.get(i).copied());
            // The median steadies it, as for a comparison.
            let noise = measured(i).map_or(typical, |sigma| Some(sigma.max(typical?)));
            rounding[i] = rule.rounding(analytic[i], worked_out, noise, scale);
        }
    }
    rounding
}

/// What each coordinate may be off by and agree: what accuracy was granted, and what nobody claims to be exact.
fn allowed(analytic: &[f64], layout: &ParameterLayout, evidence: &Evidence) -> Vec<f64> {
    let scales = Scales::of(evidence, layout);
    let claim = evidence.claim;
    let least = match claim.exact {
        true => 0.0,
        false => evidence.constants.resolution,
    };
    let mut allowed = vec![0.0; analytic.len()];
    for (position, block) in layout.blocks().iter().enumerate() {
        let scale = scales.of_block(position);
        for i in block.range() {
            allowed[i] = (claim.accuracy + least) * scale.max(analytic[i].abs());
        }
    }
    allowed
}

/// The word on all lines, and what the component-wise comparisons of each block say of it.
pub(crate) fn judge(
    lines: &Lines,
    layout: &ParameterLayout,
    analytic: &[f64],
    compared: &[(f64, Vec<Comparison>)],
) -> SlopeTest {
    let blocks: Vec<(Range<usize>, &[Comparison])> = layout
        .blocks()
        .iter()
        .zip(compared)
        .map(|(block, (_, comparisons))| (block.range(), comparisons.as_slice()))
        .filter(|(range, _)| !range.is_empty())
        .collect();
    let directions: Vec<SlopeResult> = lines
        .lines
        .iter()
        .map(|line| result(line, analytic, &blocks))
        .collect();
    SlopeTest {
        verdict: overall(&directions),
        uncovered: uncovered(lines, &directions, analytic.len(), &blocks),
        directions,
        left_out: lines.left_out,
        evaluations: lines.evaluations,
    }
}

/// How many coordinates nothing speaks for: neither judged nor fixed, and no direction moves them so far that an error
/// as large there as a typical entry would show, |u_i|/s_i·‖g·s‖/√n ≥ τ (docs/theory/slope.md, L12).
fn uncovered(
    lines: &Lines,
    directions: &[SlopeResult],
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

fn result(line: &Line, analytic: &[f64], blocks: &[(Range<usize>, &[Comparison])]) -> SlopeResult {
    let g = &analytic[line.range.clone()];
    let norm = |entries: &mut dyn Iterator<Item = f64>| entries.fold(0.0, f64::hypot);
    let size = norm(&mut moved(g, &line.lengths).map(|(g, length)| g * length));
    let (judged, would_have_seen) = word(line, g, size);

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
            let bar = line.setting.safety * c.error_bar.unwrap_or(0.0);
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
    SlopeResult {
        block: line.block.clone(),
        slope: judged.power.map(|fit| fit.slope),
        standard_error: judged.power.map(|fit| fit.standard_error),
        points: line
            .readings
            .iter()
            .map(|r| (r.t, r.residual.abs()))
            .collect(),
        directional_error: judged.error.map(|(error, _)| error),
        bar: judged.error.map(|(_, bar)| bar),
        verdict: judged.verdict,
        size,
        would_have_seen,
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

/// The word on a line, and the smallest error that would have been called wrong.
fn word(line: &Line, g: &[f64], size: f64) -> (Judged, Option<f64>) {
    let mut judged = line::judge(&line.readings, &line.setting);
    if line.still {
        judged.verdict = SlopeVerdict::Undecided(SlopeReason::Vacuous);
        return (judged, None);
    }
    let mut followed = moved(g, &line.entries);
    if !line.readings.is_empty() && followed.any(|(g, _)| !g.is_finite()) {
        // J has a slope along u, and g has none.
        let wrong = Judged {
            power: None,
            error: None,
            verdict: SlopeVerdict::Wrong,
        };
        return (wrong, None);
    }
    let most = match (judged.verdict, judged.error) {
        // A gradient that is 0 and should not be has no size.
        (SlopeVerdict::Wrong, Some((error, _))) => size.max(error.abs()),
        _ => size,
    };
    let seen = line::would_have_seen(&line.readings, &line.setting, &judged, most);
    let seen = seen.map(|seen| seen.max(line.allowed));
    if let (SlopeVerdict::Wrong, Some((error, _))) = (judged.verdict, judged.error)
        && error.abs() <= line.allowed
    {
        judged.verdict = SlopeVerdict::Undecided(SlopeReason::Inexact);
    }
    if seen.is_none()
        && !matches!(
            judged.verdict,
            SlopeVerdict::Undecided(_) | SlopeVerdict::Wrong
        )
    {
        judged.verdict = SlopeVerdict::Undecided(SlopeReason::Blunt);
    }
    (judged, seen)
}
