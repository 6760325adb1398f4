//! Kinks by name, for the few coordinates at which one matters, as the caller's function reports them.
//!
//! Chooses the coordinates and collects the answers. Invariant: knows nothing of what has a kink, and decides nothing:
//! it is called after the verdict.

use std::collections::HashSet;

use finite_diff::ladder::{Ground, Refined};
use finite_diff::{Estimate, ParameterLayout};

use crate::evidence::{Evidence, Observation};
use crate::report::KinkReport;
use crate::settings::Settings;
use crate::verdict::{self, Comparison, Reason, Verdict};

/// How many coordinates are asked about at most: each question costs its owner some passes over the
/// model, and nobody reads more.
const MOST_COORDINATES: usize = 4;

/// How many kinks are kept for each, the nearest ones.
const MOST_KINKS: usize = 8;

/// Asks about a handful of coordinates: those undecided for a kink, those with two one-sided slopes, those
/// whose first look went across a kink. `ladder_reach` is how far the second look went along each.
pub(crate) fn name_kinks(
    evidence: &Evidence,
    layout: &ParameterLayout,
    settings: &Settings<'_>,
    ladder_reach: impl Fn(usize) -> f64,
) -> Vec<KinkReport> {
    let Some(kinks) = settings.kinks else {
        return Vec::new();
    };
    let mut candidates: Vec<Candidate> = Vec::new();
    let compared = verdict::compare_all(evidence, layout);
    let blocks = evidence.by_block(layout).zip(compared).enumerate();
    for (block, (observations, (_, comparisons))) in blocks {
        for (observation, comparison) in observations.iter().zip(&comparisons) {
            if let Some(interest) = interest(observation, comparison, evidence.constants.safety) {
                candidates.push(Candidate {
                    interest,
                    block,
                    reach: reach(observation, || ladder_reach(observation.coordinate)),
                    coordinate: observation.coordinate,
                });
            }
        }
    }
    candidates.sort_by_key(|candidate| candidate.interest);
    // One of each block, then others: a unit at its kink is that for many coordinates of its block.
    let mut blocks = HashSet::new();
    let (mut chosen, others): (Vec<Candidate>, Vec<Candidate>) = candidates
        .into_iter()
        .partition(|candidate| blocks.insert((candidate.interest, candidate.block)));
    chosen.extend(others);
    chosen.sort_by_key(|candidate| candidate.interest);
    chosen.truncate(MOST_COORDINATES);
    chosen
        .into_iter()
        .filter_map(|candidate| {
            let mut found = kinks(candidate.coordinate, candidate.reach);
            found.sort_by(|a, b| a.distance.abs().total_cmp(&b.distance.abs()));
            found.truncate(MOST_KINKS);
            let coordinate = layout.coordinate(candidate.coordinate)?;
            (!found.is_empty()).then_some(KinkReport {
                coordinate,
                kinks: found,
            })
        })
        .collect()
}

struct Candidate {
    interest: Interest,
    block: usize,
    coordinate: usize,
    reach: f64,
}

/// Why a coordinate's kinks are of interest, what asks most for an explanation first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Interest {
    Undecided,
    WrongAtKink,
    Subgradient,
    Crossed,
}

fn interest(observation: &Observation, comparison: &Comparison, safety: f64) -> Option<Interest> {
    if comparison.verdict == Verdict::Inconclusive(Reason::Kink) {
        return Some(Interest::Undecided);
    }
    if comparison.subgradient {
        return Some(Interest::Subgradient);
    }
    if comparison.one_sided.is_some() {
        return Some(Interest::WrongAtKink);
    }
    // What is wrong on smooth ground is not wrong for a kink.
    let right = comparison.verdict != Verdict::Disagree;
    (right && crossed(observation, safety)).then_some(Interest::Crossed)
}

/// Whether the steps of the first estimate crossed a kink, according to the second one.
fn crossed(observation: &Observation, safety: f64) -> bool {
    let Some(first) = observation.first.estimated() else {
        return false;
    };
    let contradicts = |second: &Estimate| {
        let bars = first.error_bar() + second.error_bar();
        (first.derivative - second.derivative).abs() > safety * bars
    };
    let Some(fine) = fine(observation) else {
        return observation
            .shadow
            .is_some_and(|shadow| contradicts(&shadow.estimate));
    };
    match (fine.ground, fine.other_piece_within) {
        // The kink may be as near as half of that.
        (_, Some(within)) => within <= 2.0 * WIDEST * first.step,
        (Ground::Smooth { known: true, .. }, None) => false,
        // A black box says it by slopes that contradict each other.
        (Ground::Smooth { kink_in_reach, .. }, None) => {
            kink_in_reach || contradicts(&fine.derivative)
        }
        _ => false,
    }
}

/// How far the first look's widest points lie from the point, in steps: those of five-point differences and
/// of their bar.
const WIDEST: f64 = 4.0;

fn fine(observation: &Observation) -> Option<&Refined> {
    observation.fine.as_ref()?.estimated()
}

/// How far to look: as far as the ladder saw another piece or as it went, or as the first look did where
/// there was no ladder.
fn reach(observation: &Observation, ladder: impl Fn() -> f64) -> f64 {
    match fine(observation).map(|fine| (fine.ground, fine.other_piece_within)) {
        // Fenced in: on both sides within the ladder's first three steps.
        Some((Ground::Fenced, Some(within))) => 4.0 * within,
        Some((_, Some(within))) => within,
        Some((_, None)) => ladder(),
        None => {
            let first = observation.first.estimated();
            first.map_or_else(ladder, |first| WIDEST * first.step)
        }
    }
}
