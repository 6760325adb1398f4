//! The bench on which planted gradients are judged: the evidence of the gradient as it is, gathered once,
//! and second looks, gathered where a planted one makes suspect.

use std::collections::{BTreeMap, BTreeSet};

use finite_diff::ladder::Refined;
use finite_diff::{Derivatives, Estimate, Outcome, ParameterLayout};

use super::plantings::Draft;
use super::report::{PlantedError, PlantingOutcome};
use crate::check::judge;
use crate::error::CheckError;
use crate::evidence::{Evidence, Observation, Shadow};
use crate::measure::Measured;
use crate::passes::{AFTER_CANCEL, wants_second_look, with_rounding};
use crate::settings::Settings;
use crate::verdict::{self, Comparison, Reason, Rule, Verdict};

/// Some coordinates on the ladder of steps.
pub(super) type LadderLook<'a> = dyn Fn(&[usize]) -> Result<Derivatives<Refined>, CheckError> + 'a;

/// Some coordinates from the complex plane.
pub(super) type ShadowLook<'a> = dyn Fn(&[usize]) -> Result<Derivatives, CheckError> + 'a;

/// The second looks that there are.
pub(super) struct Looks<'a> {
    pub(super) ladder: Option<&'a LadderLook<'a>>,
    pub(super) shadow: Option<&'a ShadowLook<'a>>,
    /// Whether a value at the point shows J on complex numbers to be the same function.
    pub(super) is_same_function: &'a dyn Fn(&Evidence, f64) -> bool,
}

pub(super) struct Bench<'a> {
    measured: Measured,
    layout: &'a ParameterLayout,
    theta: &'a [f64],
    settings: &'a Settings<'a>,
    /// Of the gradient as it is, by coordinate; `None` where it was not judged.
    comparisons: Vec<Option<Comparison>>,
    scales: Vec<f64>,
    /// The coordinate of each block whose tolerance is smallest beside its |d|.
    sharpest: Vec<Option<usize>>,
    /// What the check says it would have caught, in units of the scale.
    power: f64,
    looks: &'a Looks<'a>,
    /// From the complex plane so far, and from the ladder; neither depends on the gradient.
    shadows: BTreeMap<usize, Outcome<Estimate>>,
    refined: BTreeMap<usize, Outcome<Refined>>,
    /// Whether J on complex numbers turned out to be another function.
    other_function: bool,
    evaluations: u64,
}

impl<'a> Bench<'a> {
    pub(super) fn new(
        measured: Measured,
        layout: &'a ParameterLayout,
        theta: &'a [f64],
        settings: &'a Settings<'a>,
        power: f64,
        looks: &'a Looks<'a>,
    ) -> Self {
        let evidence = &measured.evidence;
        let mut comparisons = vec![None; layout.len()];
        let (mut scales, mut sharpest) = (Vec::new(), Vec::new());
        for (scale, compared) in verdict::compare_all(evidence, layout) {
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
            measured,
            layout,
            theta,
            settings,
            comparisons,
            scales,
            sharpest,
            power,
            looks,
            shadows: BTreeMap::new(),
            refined: BTreeMap::new(),
            other_function: false,
            evaluations: 0,
        }
    }

    pub(super) fn layout(&self) -> &'a ParameterLayout {
        self.layout
    }

    pub(super) fn evaluations(&self) -> u64 {
        self.evaluations
    }

    /// A typical |d| of a block.
    pub(super) fn scale(&self, block: usize) -> f64 {
        self.scales[block]
    }

    /// Whether something can be planted here: it agrees, and not as one of many subgradients.
    pub(super) fn usable(&self, i: usize) -> bool {
        self.comparisons[i].is_some_and(|c| c.verdict == Verdict::Agree && !c.subgradient)
    }

    /// From what distance on g is called wrong here.
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

    /// Looks again at what the planted gradients make suspect, as far as that was not done: at all of it,
    /// or at the four coordinates of each block that are `furthest` off. From the complex plane first,
    /// where there is a way, then on the ladder.
    pub(super) fn look<'d>(
        &mut self,
        drafts: impl Iterator<Item = &'d Draft>,
        furthest: bool,
    ) -> Result<(), CheckError> {
        let planted: Vec<&Draft> = drafts.filter(|draft| self.is_planted(draft)).collect();
        let asked = self.measured.smooth == Some(true) && !self.other_function;
        if let Some(look) = self.looks.shadow.filter(|_| asked) {
            let mut new = BTreeSet::new();
            for draft in &planted {
                let evidence = self.before_a_second_look(draft);
                new.extend(self.suspects(&evidence, draft, furthest));
            }
            new.retain(|i| !self.shadows.contains_key(i));
            if !new.is_empty() {
                let run = look(&Vec::from_iter(new))?;
                self.evaluations += run.evaluations;
                // A run that was stopped may not have come to the point itself.
                let same = (self.looks.is_same_function)(&self.measured.evidence, run.center);
                self.other_function = !(same || run.interrupted && run.center.is_nan());
                let entries = run.entries.into_iter();
                self.shadows
                    .extend(entries.map(|entry| (entry.coordinate, entry.outcome)));
            }
        }
        if let Some(look) = self.looks.ladder {
            let mut new = BTreeSet::new();
            for draft in &planted {
                let mut evidence = self.before_a_second_look(draft);
                let first = self.suspects(&evidence, draft, furthest);
                self.add_shadows(&mut evidence, &first);
                // Those of them that the complex plane did not settle.
                let open: BTreeSet<usize> =
                    self.suspects(&evidence, draft, false).into_iter().collect();
                new.extend(first.into_iter().filter(|i| open.contains(i)));
            }
            new.retain(|i| !self.refined.contains_key(i));
            if !new.is_empty() {
                let run = look(&Vec::from_iter(new))?;
                self.evaluations += run.evaluations;
                let entries = run.entries.into_iter();
                self.refined
                    .extend(entries.map(|entry| (entry.coordinate, entry.outcome)));
            }
        }
        Ok(())
    }

    /// The planted coordinates that a check would look at again, given this evidence: all of them, or the
    /// four of each block that are furthest off.
    fn suspects(&self, evidence: &Evidence, draft: &Draft, furthest: bool) -> Vec<usize> {
        let mut all = Vec::new();
        for (_, comparisons) in verdict::compare_all(evidence, self.layout) {
            let mut suspects: Vec<Comparison> = comparisons
                .into_iter()
                .filter(|c| draft.changes_at(c.coordinate).is_some())
                .filter(wants_second_look)
                .collect();
            let excess = |c: &Comparison| {
                c.numeric
                    .map_or(f64::INFINITY, |d| (c.analytic - d).abs() / c.tolerance)
            };
            suspects.sort_by(|a, b| excess(b).total_cmp(&excess(a)));
            if furthest {
                suspects.truncate(AFTER_CANCEL);
            }
            all.extend(suspects.into_iter().map(|c| c.coordinate));
        }
        all
    }

    /// What the judge makes of the planted gradient, by what was looked at so far.
    pub(super) fn outcome(&self, draft: &Draft) -> PlantingOutcome {
        if draft.changes.is_empty() {
            return PlantingOutcome::ChangesNothing;
        }
        let Draft { error, changes, .. } = draft;
        let shown: BTreeSet<&str> = changes
            .iter()
            .filter(|(i, value)| self.shows(*error, *i, *value))
            .filter_map(|(i, _)| self.name_of(*i))
            .collect();
        if shown.is_empty() {
            return PlantingOutcome::BelowPower;
        }
        let evidence = self.evidence(draft);
        let comparisons: Vec<Comparison> = verdict::compare_all(&evidence, self.layout)
            .into_iter()
            .flat_map(|(_, comparisons)| comparisons)
            .filter(|c| draft.changes_at(c.coordinate).is_some())
            .collect();
        // The directional test saw the user's gradient, and has no word on this one.
        let measured = Measured {
            evidence,
            lines: None,
            analytic: Vec::new(),
            ..self.measured
        };
        let report = judge(&measured, self.layout, self.theta, self.settings);
        if report.verdict == Verdict::Disagree {
            let blamed: BTreeSet<&str> = report
                .blocks
                .iter()
                .filter(|block| block.verdict == Verdict::Disagree)
                .map(|block| block.name.as_str())
                .collect();
            let changed: BTreeSet<&str> = changes
                .iter()
                .filter_map(|(i, _)| self.name_of(*i))
                .collect();
            return if shown.is_subset(&blamed) && blamed.is_subset(&changed) {
                PlantingOutcome::Rejected
            } else {
                PlantingOutcome::Misplaced {
                    blamed: blamed.into_iter().map(str::to_owned).collect(),
                }
            };
        }
        // What is undecided elsewhere was so before. What was not looked at again comes last.
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
            None => PlantingOutcome::Passed,
        }
    }

    fn name_of(&self, i: usize) -> Option<&'a str> {
        let block = self.layout.block_index(i)?;
        Some(self.layout.blocks()[block].name())
    }

    fn is_planted(&self, draft: &Draft) -> bool {
        let shows = |(i, value): &(usize, f64)| self.shows(draft.error, *i, *value);
        draft.changes.iter().any(shows)
    }

    /// The evidence that a check of the planted gradient would have, as far as it was gathered; where a
    /// second look is missing it is that of a run which was cancelled.
    fn evidence(&self, draft: &Draft) -> Evidence {
        let mut evidence = self.before_a_second_look(draft);
        let suspects = self.suspects(&evidence, draft, false);
        evidence.interrupted |= self.add_shadows(&mut evidence, &suspects);
        if self.looks.ladder.is_some() {
            for i in self.suspects(&evidence, draft, false) {
                let refined = self.refined.get(&i).copied();
                evidence.interrupted |= refined.is_none();
                if let Some(observation) = evidence.at_mut(i) {
                    observation.fine = refined;
                }
            }
        }
        evidence
    }

    /// Adds what was seen of `suspects` from the complex plane; whether some were not looked at.
    fn add_shadows(&self, evidence: &mut Evidence, suspects: &[usize]) -> bool {
        let asked = self.measured.smooth == Some(true) && !self.other_function;
        if self.looks.shadow.is_none() || !asked {
            return false;
        }
        let rule = Rule::of(evidence);
        let mut missing = false;
        for &i in suspects {
            let Some(observation) = evidence.at_mut(i) else {
                continue;
            };
            match self.shadows.get(&i) {
                Some(Outcome::Estimated(estimate)) => {
                    let estimate = with_rounding(estimate, observation, &rule);
                    observation.shadow = Some(Shadow { estimate });
                }
                Some(_) => {}
                None => missing = true,
            }
        }
        missing
    }

    /// The evidence before any second look: the sharper stencil only at coordinates that agree without
    /// it, and not sharply.
    fn before_a_second_look(&self, draft: &Draft) -> Evidence {
        let original = &self.measured.evidence;
        let mut evidence = original.clone();
        for observation in &mut evidence.observations {
            if let Some(value) = draft.changes_at(observation.coordinate) {
                *observation = Observation {
                    analytic: value,
                    sharper: None,
                    shadow: None,
                    fine: None,
                    ..*observation
                };
            }
        }
        let rule = Rule::of(original);
        let blunt: Vec<usize> = verdict::compare_all(&evidence, self.layout)
            .into_iter()
            .flat_map(|(scale, comparisons)| {
                let blunt = move |c: &Comparison| c.wants_sharper_look(scale, &rule);
                comparisons.into_iter().filter(blunt)
            })
            .map(|c| c.coordinate)
            .collect();
        for i in blunt {
            if let (Some(observation), Some(before)) = (evidence.at_mut(i), original.at(i)) {
                observation.sharper = before.sharper;
            }
        }
        evidence
    }
}

impl Draft {
    fn changes_at(&self, i: usize) -> Option<f64> {
        let at = self.changes.binary_search_by_key(&i, |(i, _)| *i).ok()?;
        Some(self.changes[at].1)
    }
}
