//! Faults planted in networks, and whether the checker found them.

use std::collections::BTreeMap;

use anyhow::Result;
use gradient_check::{Report, Verdict};
use mlp_faults::{Fault, Shows};

use super::correct::Correct;
use super::judge::{By, in_double};
use crate::scene::{Scene, architectures};
use mlp_check::{AtPoint, Precision};

/// The results for one fault.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FaultTally {
    /// The name of the fault.
    pub(crate) name: &'static str,
    /// The number of runs in which it was planted.
    pub(crate) runs: usize,
    /// Runs in which it changed no bit of the gradient; these count nowhere else.
    pub(crate) equivalent: usize,
    /// Runs in which every change was below the detection limit that the check of the correct gradient
    /// reports.
    pub(crate) below_power: usize,
    /// Runs in which the gradient was called wrong, including those below the detection limit.
    pub(crate) rejected: usize,
    /// Runs in which it was not, although the change was large enough.
    pub(crate) missed: usize,
    /// Of the rejected runs: those in which the blamed blocks were exactly the changed ones; a block
    /// whose change is too small to be detected may be either.
    pub(crate) localised: usize,
    /// Of the rejected runs: those in which the cause reported first was one of the fault's own.
    pub(crate) diagnosed: usize,
    /// The causes reported first, with their counts.
    pub(crate) causes: BTreeMap<&'static str, usize>,
    /// The runs in which the fault was missed, or blamed on other blocks.
    pub(crate) misses: Vec<Miss>,
}

/// A run in which a fault was not found, or not where it is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Miss {
    /// The network, the seed, the condition.
    pub(crate) network: String,
    /// The verdict on the gradient: `disagree` if other blocks were blamed.
    pub(crate) verdict: Verdict,
    /// The blocks that the fault changed, with the largest change relative to the block's scale.
    pub(crate) changed: Vec<(String, f64)>,
    /// The blamed blocks.
    pub(crate) blamed: Vec<String>,
    /// The detection limit for one coordinate, as the check of the correct gradient reports it.
    pub(crate) power: Option<f64>,
    /// The detection limit for one coordinate, as the check of the wrong gradient reports it.
    pub(crate) own_power: Option<f64>,
}

impl FaultTally {
    pub(super) fn named(name: &'static str) -> Self {
        Self {
            name,
            runs: 0,
            equivalent: 0,
            below_power: 0,
            rejected: 0,
            missed: 0,
            localised: 0,
            diagnosed: 0,
            causes: BTreeMap::new(),
            misses: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, other: Self) {
        self.runs += other.runs;
        self.equivalent += other.equivalent;
        self.below_power += other.below_power;
        self.rejected += other.rejected;
        self.missed += other.missed;
        self.localised += other.localised;
        self.diagnosed += other.diagnosed;
        for (cause, count) in other.causes {
            *self.causes.entry(cause).or_default() += count;
        }
        self.misses.extend(other.misses);
    }

    /// The share of the runs that changed something in which the gradient was called wrong; NaN if
    /// there are none.
    pub(crate) fn rejection_rate(&self) -> f64 {
        self.rejected as f64 / (self.runs - self.equivalent) as f64
    }

    /// The share of the rejected with the right blocks.
    pub(crate) fn localisation_rate(&self) -> f64 {
        self.localised as f64 / self.rejected as f64
    }

    /// The share of the rejected with the right cause.
    pub(crate) fn diagnosis_rate(&self) -> f64 {
        self.diagnosed as f64 / self.rejected as f64
    }
}

/// One scene, with the faults to plant in it.
pub(super) struct Unit {
    scene: Scene,
    faults: Vec<&'static Fault>,
}

/// Every architecture, seed and condition with the faults that apply.
pub(super) fn units(seeds: u64, faults: &[&'static Fault]) -> Result<Vec<Unit>> {
    let mut units = Vec::new();
    for architecture in architectures()? {
        for masked in [false, true] {
            let faults: Vec<_> = faults
                .iter()
                .copied()
                .filter(|fault| (fault.shows() == Shows::WithDropout) == masked)
                .filter(|fault| fault.applies_to(&architecture).is_ok())
                .collect();
            if faults.is_empty() {
                continue;
            }
            for seed in 0..seeds {
                for scene in scenes(&Scene::new(architecture.clone(), seed)?, masked)? {
                    let faults = faults.clone();
                    units.push(Unit { scene, faults });
                }
            }
        }
    }
    Ok(units)
}

/// The scenes: a network under each condition.
fn scenes(plain: &Scene, masked: bool) -> Result<Vec<Scene>> {
    let trained = plain.clone().trained(60)?;
    let scaled = |factor| Scene {
        factor,
        ..plain.clone()
    };
    let all = [
        plain.clone().named("at initialization"),
        trained.named("after 60 steps"),
        scaled(1e-8).named("J × 1e-8"),
        scaled(1e8).named("J × 1e8"),
        plain.clone().single().named("f32"),
    ];
    all.into_iter()
        .map(|scene| match masked {
            true => match scene.precision {
                Precision::F64 => Ok(scene.masked()?.named("dropout")),
                Precision::F32 => Ok(scene.masked()?.single().named("dropout")),
            },
            false => Ok(scene),
        })
        .collect()
}

impl Unit {
    /// Checks the correct gradient, and that of each fault.
    pub(super) fn run(&self, by: By) -> Result<(Correct, Vec<FaultTally>)> {
        let check = by.check(&self.scene);
        let at = check.at(&self.scene.parameters)?;
        let report = at.check_gradient(&at.gradient()?)?;
        let power = report.power.map(|power| power.single_coordinate);
        // Faults work in double precision; their changes are found by comparison with the gradient in that precision.
        let right = in_double(&self.scene, None, &at)?;
        let tallies = self.faults.iter().map(|fault| {
            let wrong = in_double(&self.scene, Some(*fault), &at)?;
            self.plant(fault, &at, &right, &wrong, &report, power)
        });
        let tallies = tallies.collect::<Result<_>>()?;
        Ok((Correct::of(&self.scene, &report), tallies))
    }

    fn plant(
        &self,
        fault: &'static Fault,
        at: &AtPoint<'_>,
        right: &[f64],
        wrong: &[f64],
        unharmed: &Report,
        power: Option<f64>,
    ) -> Result<FaultTally> {
        let mut tally = FaultTally {
            runs: 1,
            ..FaultTally::named(fault.name())
        };
        let changed = changes(unharmed, right, wrong);
        if changed.is_empty() {
            tally.equivalent = 1;
            return Ok(tally);
        }
        let visible = |change: f64| power.is_some_and(|power| change > power);
        let below_power = !changed.iter().any(|(_, change)| visible(*change));
        let report = at.check_gradient(wrong)?;
        let rejected = report.verdict == Verdict::Disagree;
        let wrong_blocks = || {
            report
                .blocks
                .iter()
                .filter(|b| b.verdict == Verdict::Disagree)
        };
        let blamed: Vec<String> = wrong_blocks().map(|block| block.name.clone()).collect();
        let nothing_else = blamed
            .iter()
            .all(|name| changed.iter().any(|(c, _)| c == name));
        let mut seen = changed.iter().filter(|(_, change)| visible(*change));
        let localised = nothing_else && seen.all(|(name, _)| blamed.contains(name));
        let first = wrong_blocks()
            .find(|block| block.stage == report.first_wrong_stage)
            .and_then(|block| block.diagnosis.as_ref());
        tally.below_power = usize::from(below_power);
        tally.missed = usize::from(!rejected && !below_power);
        if rejected {
            let cause = first.map_or("none", |diagnosis| diagnosis.cause);
            tally.rejected = 1;
            tally.localised = usize::from(localised);
            tally.diagnosed = usize::from(fault.cause().contains(&cause));
            tally.causes.insert(cause, 1);
        }
        if (rejected && !localised) || (!rejected && !below_power) {
            tally.misses.push(Miss {
                network: self.scene.name.clone(),
                verdict: report.verdict,
                changed,
                blamed,
                power,
                own_power: report.power.map(|power| power.single_coordinate),
            });
        }
        Ok(tally)
    }
}

/// The blocks that changed, with the largest change relative to the block's scale.
fn changes(unharmed: &Report, right: &[f64], wrong: &[f64]) -> Vec<(String, f64)> {
    let mut at = 0;
    let mut changes = Vec::new();
    for block in &unharmed.blocks {
        let range = at..at + block.shape.iter().product::<usize>();
        at = range.end;
        let pairs = right[range.clone()].iter().zip(&wrong[range]);
        let mut largest = None;
        for (right, wrong) in pairs.filter(|(r, w)| r.to_bits() != w.to_bits()) {
            let change = (right - wrong).abs() / block.scale;
            let change = if change.is_nan() {
                f64::INFINITY
            } else {
                change
            };
            largest = Some(change.max(largest.unwrap_or(0.0)));
        }
        changes.extend(largest.map(|change| (block.name.clone(), change)));
    }
    changes
}
