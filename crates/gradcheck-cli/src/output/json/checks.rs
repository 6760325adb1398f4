//! `gradcheck mlp` and `gradcheck compare`.

use gradient_check::control::ControlReport;
use gradient_check::report::Counts;
use gradient_check::{Reason, Report, Verdict};
use serde::Serialize;

use super::SCHEMA;
use super::since::{Since, since};
use crate::network::{Checked, Outcome, Prepared, command_line};

/// `gradcheck mlp` and `gradcheck compare`.
#[derive(Debug, Serialize)]
pub struct Document {
    schema: u32,
    verdict: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<u64>,
    command: String,
    interrupted: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    network: Option<Network>,
    #[serde(skip_serializing_if = "Option::is_none")]
    training: Option<Training>,
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<Since>,
    checks: Vec<Check>,
}

#[derive(Debug, Serialize)]
struct Network {
    layers: Vec<usize>,
    activation: String,
    loss: String,
    l2: f64,
    keep_prob: f64,
    data: String,
    examples: usize,
    precision: &'static str,
    fault: Option<String>,
}

#[derive(Debug, Serialize)]
struct Training {
    optimizer: String,
    learning_rate: f64,
    steps: usize,
    failed: Option<String>,
    curve: Vec<f64>,
}

#[derive(Debug, Serialize)]
struct Check {
    stage: String,
    engine: Option<&'static str>,
    #[serde(flatten)]
    report: Report,
    #[serde(skip_serializing_if = "Option::is_none")]
    planted_in: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delta: Option<Delta>,
    #[serde(skip_serializing_if = "Option::is_none")]
    negative_control: Option<ControlReport>,
}

/// dZ of the layer to look at first, held against finite differences in it.
#[derive(Debug, Serialize)]
struct Delta {
    layer: usize,
    verdict: String,
    difference: f64,
    counts: Counts,
}

/// The word on the document: agreement only where the exit code says so too.
fn word(outcome: &Outcome) -> Verdict {
    match outcome.verdict() {
        Verdict::Agree if outcome.training_failed.is_some() => {
            Verdict::Inconclusive(Reason::Interrupted)
        }
        Verdict::Agree if outcome.is_judge_blind() => {
            Verdict::Inconclusive(Reason::BelowResolution)
        }
        word => word,
    }
}

/// The document of a network's checks.
pub fn network(prepared: &Prepared, outcome: &Outcome) -> Document {
    let spec = &prepared.spec;
    let architecture = &prepared.architecture;
    Document {
        schema: SCHEMA,
        verdict: word(outcome).to_string(),
        seed: Some(spec.seed),
        command: command_line(spec),
        interrupted: outcome.interrupted,
        network: Some(Network {
            layers: architecture.widths().to_vec(),
            activation: architecture.activation().to_string(),
            loss: architecture.loss().to_string(),
            l2: architecture.l2(),
            keep_prob: spec.keep_prob,
            data: spec.data.to_string(),
            examples: prepared.dataset.examples,
            precision: crate::network::precision_name(spec.precision),
            fault: spec.fault.clone(),
        }),
        training: (prepared.training.steps > 0).then(|| Training {
            optimizer: spec.optimizer.to_string(),
            learning_rate: prepared.training.learning_rate,
            steps: prepared.training.steps,
            failed: outcome.training_failed.as_ref().map(ToString::to_string),
            curve: outcome.curve.iter().map(|point| point.cost).collect(),
        }),
        since: outcome.since.as_ref().map(since),
        checks: outcome.checks.iter().map(check_of_network).collect(),
    }
}

/// The document of two gradients that were given.
pub fn compared(report: &Report, command: String) -> Document {
    Document {
        schema: SCHEMA,
        verdict: report.verdict.to_string(),
        seed: None,
        command,
        interrupted: false,
        network: None,
        training: None,
        since: None,
        checks: vec![check("given".to_owned(), report, None)],
    }
}

fn check_of_network(checked: &Checked) -> Check {
    Check {
        planted_in: checked.planted.clone(),
        negative_control: checked.control.clone(),
        delta: checked.delta.as_ref().map(|delta| Delta {
            layer: delta.layer,
            verdict: delta.report.verdict.to_string(),
            difference: delta.report.difference,
            counts: delta.report.counts,
        }),
        ..check(
            checked.stage.to_string(),
            &checked.report,
            Some(checked.engine),
        )
    }
}

fn check(stage: String, report: &Report, engine: Option<&'static str>) -> Check {
    Check {
        stage,
        engine,
        report: report.clone(),
        planted_in: None,
        delta: None,
        negative_control: None,
    }
}
