//! `gradcheck mlp` and `gradcheck compare`.

use std::collections::BTreeMap;

use gradient_check::{BlockReport, Confined, Counts, Reason, Report, Verdict};
use serde::Serialize;

use super::SCHEMA;
use super::control::{NegativeControl, control};
use super::since::{Kinks, Since, kinks, since};
use super::slope::{Slope, slope};
use super::structure::{Structure, structure};
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
    verdict: String,
    difference: f64,
    difference_reads: &'static str,
    cost: f64,
    parameters: usize,
    judged: usize,
    reexamined: usize,
    evaluations: u64,
    seconds: f64,
    scheme: String,
    engine: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rechecked: Option<Rechecked>,
    power: Option<Power>,
    counts: WireCounts,
    first_wrong_layer: Option<usize>,
    interrupted: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    planted_in: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delta: Option<WireDelta>,
    structure: Option<Structure>,
    #[serde(skip_serializing_if = "Option::is_none")]
    negative_control: Option<NegativeControl>,
    slope: Option<Slope>,
    blocks: Vec<Block>,
    kinks: Vec<Kinks>,
}

#[derive(Debug, Serialize)]
struct Power {
    single_coordinate: f64,
    block: f64,
}

#[derive(Debug, Serialize)]
struct WireCounts {
    agree: usize,
    disagree: usize,
    inconclusive: usize,
    flat: usize,
    subgradients: usize,
}

#[derive(Debug, Serialize)]
struct Block {
    name: String,
    shape: Vec<usize>,
    layer: Option<usize>,
    verdict: String,
    difference: f64,
    scale: f64,
    power: Option<Power>,
    counts: WireCounts,
    worst: Option<Worst>,
    inconclusive_reasons: BTreeMap<&'static str, usize>,
    pattern: Option<Pattern>,
    diagnosis: Option<Diagnosis>,
}

#[derive(Debug, Serialize)]
struct Pattern {
    rows: Vec<Line>,
    columns: Vec<Line>,
    confined_to_rows: Option<Vec<usize>>,
    confined_to_columns: Option<Vec<usize>>,
}

#[derive(Debug, Serialize)]
struct Line {
    index: usize,
    wrong: usize,
    judged: usize,
    share: f64,
}

#[derive(Debug, Serialize)]
struct Diagnosis {
    cause: &'static str,
    message: String,
    factor: Option<f64>,
    residual: f64,
}

#[derive(Debug, Serialize)]
struct Worst {
    index: Vec<usize>,
    analytic: f64,
    numeric: Option<f64>,
    error_bar: Option<f64>,
}

/// The document of a network's checks.
pub fn network(prepared: &Prepared, outcome: &Outcome) -> Document {
    let spec = &prepared.spec;
    let architecture = &prepared.architecture;
    Document {
        schema: SCHEMA,
        verdict: outcome.verdict().to_string(),
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
    let stage = checked.stage.to_string();
    Check {
        planted_in: checked.planted.clone(),
        negative_control: checked.control.as_ref().map(control),
        delta: checked.delta.as_ref().map(|delta| WireDelta {
            layer: delta.layer,
            verdict: delta.report.verdict.to_string(),
            difference: delta.report.difference,
            counts: counts(&delta.report.counts),
        }),
        ..check(stage, &checked.report, Some(checked.engine))
    }
}

fn check(stage: String, report: &Report, engine: Option<&'static str>) -> Check {
    Check {
        stage,
        verdict: report.verdict.to_string(),
        difference: report.difference,
        difference_reads: report.band().words(),
        cost: report.cost,
        parameters: report.parameters,
        judged: report.counts.total(),
        reexamined: report.reexamined,
        evaluations: report.evaluations,
        seconds: report.elapsed.as_secs_f64(),
        scheme: report.scheme.clone(),
        engine,
        rechecked: report.recheck.map(|recheck| Rechecked {
            drawn: recheck.drawn,
            rejected: recheck.rejected,
            rejected_in_all: recheck.rejected_in_all,
            undecided: recheck.undecided,
            evaluations: recheck.evaluations,
        }),
        power: report.power.map(power),
        counts: counts(&report.counts),
        first_wrong_layer: report.first_wrong_stage,
        interrupted: report.interrupted,
        planted_in: None,
        delta: None,
        structure: report.structure.as_ref().map(structure),
        negative_control: None,
        slope: slope(report),
        blocks: report.blocks.iter().map(block).collect(),
        kinks: report.kinks.iter().map(kinks).collect(),
    }
}

/// dZ of the layer to look at first, held against finite differences in it.
#[derive(Debug, Serialize)]
struct WireDelta {
    layer: usize,
    verdict: String,
    difference: f64,
    counts: WireCounts,
}

/// What of a fast engine's numbers was held against the whole forward pass.
#[derive(Debug, Serialize)]
struct Rechecked {
    drawn: usize,
    rejected: usize,
    rejected_in_all: usize,
    undecided: usize,
    evaluations: u64,
}

fn power(power: gradient_check::Power) -> Power {
    Power {
        single_coordinate: power.single_coordinate,
        block: power.block,
    }
}

fn counts(counts: &Counts) -> WireCounts {
    WireCounts {
        agree: counts.agree,
        disagree: counts.disagree,
        inconclusive: counts.inconclusive(),
        flat: counts.flat,
        subgradients: counts.subgradients,
    }
}

fn block(block: &BlockReport) -> Block {
    Block {
        name: block.name.clone(),
        shape: block.shape.clone(),
        layer: block.stage,
        // Nothing can be said of a block that an interrupted run did not come to.
        verdict: match block.counts.total() {
            0 if block.verdict == Verdict::Agree => Verdict::Inconclusive(Reason::Interrupted),
            _ => block.verdict,
        }
        .to_string(),
        difference: block.difference,
        scale: block.scale,
        power: block.power.map(power),
        counts: counts(&block.counts),
        worst: block.worst.as_ref().map(|worst| Worst {
            index: worst.coordinate.index.clone(),
            analytic: worst.comparison.analytic,
            numeric: worst.comparison.numeric,
            error_bar: worst.comparison.error_bar,
        }),
        inconclusive_reasons: Reason::ALL
            .into_iter()
            .map(|reason| (reason.name(), block.counts.with_reason(reason)))
            .collect(),
        pattern: block.pattern.as_ref().map(pattern),
        diagnosis: block.diagnosis.as_ref().map(|diagnosis| Diagnosis {
            cause: diagnosis.cause,
            message: diagnosis.sentence(&[&block.name]),
            factor: diagnosis.factor,
            residual: diagnosis.residual,
        }),
    }
}

fn pattern(pattern: &gradient_check::Pattern) -> Pattern {
    let lines = |lines: &[gradient_check::Line]| {
        let line = |line: &gradient_check::Line| Line {
            index: line.index,
            wrong: line.wrong,
            judged: line.judged,
            share: line.share,
        };
        lines.iter().map(line).collect()
    };
    Pattern {
        rows: lines(&pattern.rows),
        columns: lines(&pattern.columns),
        confined_to_rows: match &pattern.confined {
            Some(Confined::Rows(rows)) => Some(rows.clone()),
            _ => None,
        },
        confined_to_columns: match &pattern.confined {
            Some(Confined::Columns(columns)) => Some(columns.clone()),
            _ => None,
        },
    }
}
