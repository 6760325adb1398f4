//! The result of the zoo as JSON, for scripts.

use std::collections::BTreeMap;

use serde::Serialize;

use super::correct::Rejection;
use super::{FaultTally, Outcome};

/// The version of the document's schema.
const SCHEMA: u32 = 1;

/// The result of the zoo.
#[derive(Debug, Serialize)]
pub(super) struct Zoo<'a> {
    schema: u32,
    faults: Vec<ZooFault>,
    correct: ZooCorrect<'a>,
    totals: ZooTotals,
}

#[derive(Debug, Serialize)]
struct ZooFault {
    name: &'static str,
    runs: usize,
    rejected: usize,
    localised: usize,
    diagnosed: usize,
    equivalent: usize,
    below_power: usize,
    missed: usize,
    causes: BTreeMap<&'static str, usize>,
    misses: Vec<ZooMiss>,
}

#[derive(Debug, Serialize)]
struct ZooMiss {
    network: String,
    verdict: String,
    changed: BTreeMap<String, f64>,
    blamed: Vec<String>,
    power: Option<f64>,
    own_power: Option<f64>,
}

#[derive(Debug, Serialize)]
struct ZooCorrect<'a> {
    nets: usize,
    rejected: usize,
    inconclusive_coordinates: f64,
    coordinates: usize,
    smooth_coordinates: usize,
    inconclusive_smooth: usize,
    inconclusive_kinked: usize,
    vacuous: usize,
    stationary: usize,
    rejections: &'a [Rejection],
}

#[derive(Debug, Serialize)]
struct ZooTotals {
    rejected: f64,
    localised: f64,
    diagnosed: f64,
    runs: usize,
    equivalent: usize,
    below_power: usize,
    missed: usize,
}

/// The document of the zoo. `rejected` of the totals is a fraction of the runs that changed a bit,
/// `localised` and `diagnosed` are fractions of the rejected ones.
pub(super) fn zoo(outcome: &Outcome) -> Zoo<'_> {
    let totals = outcome.totals();
    let correct = &outcome.correct;
    Zoo {
        schema: SCHEMA,
        faults: outcome.faults.iter().map(zoo_fault).collect(),
        correct: ZooCorrect {
            nets: correct.nets,
            rejected: correct.rejected,
            inconclusive_coordinates: correct.inconclusive_rate(),
            coordinates: correct.coordinates,
            smooth_coordinates: correct.smooth_coordinates,
            inconclusive_smooth: correct.inconclusive_smooth,
            inconclusive_kinked: correct.inconclusive_kinked,
            vacuous: correct.vacuous,
            stationary: correct.stationary,
            rejections: &correct.rejections,
        },
        totals: ZooTotals {
            rejected: totals.rejection_rate(),
            localised: totals.localisation_rate(),
            diagnosed: totals.diagnosis_rate(),
            runs: totals.runs,
            equivalent: totals.equivalent,
            below_power: totals.below_power,
            missed: totals.missed,
        },
    }
}

fn zoo_fault(fault: &FaultTally) -> ZooFault {
    ZooFault {
        name: fault.name,
        runs: fault.runs,
        rejected: fault.rejected,
        localised: fault.localised,
        diagnosed: fault.diagnosed,
        equivalent: fault.equivalent,
        below_power: fault.below_power,
        missed: fault.missed,
        causes: fault.causes.clone(),
        misses: fault
            .misses
            .iter()
            .map(|miss| ZooMiss {
                network: miss.network.clone(),
                verdict: miss.verdict.to_string(),
                changed: miss.changed.iter().cloned().collect(),
                blamed: miss.blamed.clone(),
                power: miss.power,
                own_power: miss.own_power,
            })
            .collect(),
    }
}
