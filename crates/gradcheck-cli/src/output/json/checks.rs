//! `gradcheck mlp` and `gradcheck compare`.

use gradient_check::{Report, Verdict};
use mlp_check::training::Onset;
use mlp_check::{Checked, Outcome, Stage};
use serde::Serialize;

use super::SCHEMA;
use crate::network::Prepared;

/// `gradcheck mlp` and `gradcheck compare`.
#[derive(Debug, Serialize)]
pub struct Document<C = Check> {
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
    since: Option<Onset>,
    checks: Vec<C>,
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

/// A report on something, named by its stage.
#[derive(Debug, Serialize)]
pub struct Check {
    stage: String,
    engine: Option<&'static str>,
    #[serde(flatten)]
    report: Report,
}

/// A check of a network at one stage.
#[derive(Debug, Serialize)]
pub struct StageCheck {
    stage: Stage,
    #[serde(flatten)]
    checked: Checked,
}

/// The document of a network's checks.
pub fn network(prepared: &Prepared, outcome: &Outcome) -> Document<StageCheck> {
    let options = &prepared.options;
    let architecture = &prepared.architecture;
    Document {
        schema: SCHEMA,
        verdict: outcome.verdict(options.strict).to_string(),
        seed: Some(options.seed),
        command: options.command_line(),
        interrupted: outcome.interrupted,
        network: Some(Network {
            layers: architecture.widths().to_vec(),
            activation: architecture.activation().to_string(),
            loss: architecture.loss().to_string(),
            l2: architecture.l2(),
            keep_prob: options.keep_prob,
            data: options.data.to_string(),
            examples: prepared.dataset.examples,
            precision: options.precision.name(),
            fault: options.fault.clone(),
        }),
        training: (prepared.training.steps > 0).then(|| Training {
            optimizer: options.optimizer.to_string(),
            learning_rate: prepared.training.learning_rate,
            steps: prepared.training.steps,
            failed: outcome.training_failed.as_ref().map(ToString::to_string),
            curve: outcome.curve.iter().map(|point| point.cost).collect(),
        }),
        since: outcome.onset.clone(),
        checks: outcome
            .checks
            .iter()
            .map(|(stage, checked)| StageCheck {
                stage: *stage,
                checked: checked.clone(),
            })
            .collect(),
    }
}

/// The document of two gradients that were given.
pub fn compared(report: &Report, verdict: Verdict, command: String) -> Document {
    Document {
        schema: SCHEMA,
        verdict: verdict.to_string(),
        seed: None,
        command,
        interrupted: false,
        network: None,
        training: None,
        since: None,
        checks: vec![Check {
            stage: "given".to_owned(),
            engine: None,
            report: report.clone(),
        }],
    }
}
