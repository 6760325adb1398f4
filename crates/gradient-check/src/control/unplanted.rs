//! The gradient without planted errors: its verdict and detection limit, by which planted errors are measured.

use std::collections::BTreeSet;

use finite_diff::ParameterLayout;

use super::plantings::Draft;
use super::report::{PlantedError, PlantingOutcome};
use crate::evidence::Evidence;
use crate::measure::Measured;
use crate::report::Report;
use crate::verdict::{self, Comparison, Reason, Verdict};

pub(super) struct Unplanted<'a> {
    layout: &'a ParameterLayout,
    /// The comparison of each coordinate of the unchanged gradient; `None` where it was not checked.
    comparisons: Vec<Option<Comparison>>,
    scales: Vec<f64>,
    /// The coordinate of each block whose tolerance is smallest beside its |d|.
    sharpest: Vec<Option<usize>>,
    /// The detection limit of the check, in units of the scale.
    power: f64,
}

impl<'a> Unplanted<'a> {
    pub(super) fn new(measured: &Measured, layout: &'a ParameterLayout, power: f64) -> Self {
        let mut comparisons = vec![None; layout.len()];
        let (mut scales, mut sharpest) = (Vec::new(), Vec::new());
        for (scale, compared) in verdict::compare_all(&measured.evidence, layout) {
            scales.push(scale);
            // The one that states the power of a whole block.
            let relative = |c: &Comparison| match (c.smallest_visible(), c.numeric) {
                (Some(visible), Some(d)) if d != 0.0 => visible / d.abs(),
                _ => f64::INFINITY,
            };
            let agreeing = compared.iter().filter(|c| c.verdict == Verdict::Agree);
            let least = agreeing.min_by(|a, b| relative(a).total_cmp(&relative(b)));
            sharpest.push(least.map(|c| c.coordinate));
            for comparison in compared {
                comparisons[comparison.coordinate] = Some(comparison);
            }
        }
        Self {
            layout,
            comparisons,
            scales,
            sharpest,
            power,
        }
    }

    pub(super) fn layout(&self) -> &'a ParameterLayout {
        self.layout
    }

    /// A typical |d| of a block.
    pub(super) fn scale(&self, block: usize) -> f64 {
        self.scales[block]
    }

    /// Whether something can be planted here: it agrees, and not as one of many subgradients.
    pub(super) fn usable(&self, i: usize) -> bool {
        self.comparisons[i].is_some_and(|c| c.verdict == Verdict::Agree && !c.subgradient)
    }

    /// The distance from which g is called wrong at coordinate `i`.
    pub(super) fn reach(&self, i: usize) -> f64 {
        self.comparisons[i].map_or(f64::INFINITY, |c| c.tolerance + c.doubt)
    }

    /// Whether what is planted at `i` must show by what the check states: it is off by more than twice the
    /// power, so that not both g and g′ can be within one tolerance of d (S8).
    fn shows(&self, error: PlantedError, i: usize, value: f64) -> bool {
        let (Some(comparison), Some(block)) = (self.comparisons[i], self.layout.block_index(i))
        else {
            return false;
        };
        match error {
            // This promise is about the sharpest coordinate of the block.
            PlantedError::WholeBlock => self.sharpest[block] == Some(i),
            _ => {
                let off = (value - comparison.analytic).abs();
                off.is_nan() || off > 2.0 * self.power * self.scales[block]
            }
        }
    }

    /// The names of the blocks in which the draft must show.
    fn shown_in(&self, draft: &Draft) -> BTreeSet<&'a str> {
        let changes = draft.changes.iter();
        changes
            .filter(|(i, value)| self.shows(draft.error, *i, *value))
            .filter_map(|(i, _)| self.name_of(*i))
            .collect()
    }

    /// What is to be said of a draft that plants nothing; `None` of one to be judged.
    pub(super) fn not_planted(&self, draft: &Draft) -> Option<PlantingOutcome> {
        if draft.changes.is_empty() {
            return Some(PlantingOutcome::ChangesNothing);
        }
        let shows = !self.shown_in(draft).is_empty();
        (!shows).then_some(PlantingOutcome::BelowPower)
    }

    /// What the judge makes of the planted gradient.
    pub(super) fn outcome(
        &self,
        draft: &Draft,
        evidence: &Evidence,
        report: &Report,
    ) -> PlantingOutcome {
        if report.verdict == Verdict::Disagree {
            let blamed: BTreeSet<&str> = report
                .blocks
                .iter()
                .filter(|block| block.verdict == Verdict::Disagree)
                .map(|block| block.name.as_str())
                .collect();
            let changes = draft.changes.iter();
            let changed: BTreeSet<&str> = changes.filter_map(|(i, _)| self.name_of(*i)).collect();
            let shown = self.shown_in(draft);
            return if shown.is_subset(&blamed) && blamed.is_subset(&changed) {
                PlantingOutcome::Rejected
            } else {
                PlantingOutcome::Misplaced {
                    blamed: blamed.into_iter().map(str::to_owned).collect(),
                }
            };
        }
        // What is inconclusive elsewhere was so before. What was not looked at again comes last.
        let comparisons: Vec<Comparison> = verdict::compare_all(evidence, self.layout)
            .into_iter()
            .flat_map(|(_, comparisons)| comparisons)
            .filter(|c| draft.changes_at(c.coordinate))
            .collect();
        let reasons = || {
            comparisons.iter().filter_map(|c| match c.verdict {
                Verdict::Inconclusive(reason) => Some(reason),
                _ => None,
            })
        };
        let told = reasons().find(|reason| *reason != Reason::Interrupted);
        match told.or_else(|| reasons().next()) {
            Some(reason) => PlantingOutcome::Undecided { reason },
            None if comparisons.iter().any(|c| c.subgradient) => PlantingOutcome::Subgradient,
            None if evidence.interrupted => PlantingOutcome::Undecided {
                reason: Reason::Interrupted,
            },
            None => PlantingOutcome::Passed,
        }
    }

    fn name_of(&self, i: usize) -> Option<&'a str> {
        let block = self.layout.block_index(i)?;
        Some(self.layout.blocks()[block].name())
    }
}

impl Draft {
    fn changes_at(&self, i: usize) -> bool {
        self.changes.binary_search_by_key(&i, |(i, _)| *i).is_ok()
    }
}
