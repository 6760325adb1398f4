//! `gradcheck model`.

use gradient_check::Report;
use gradient_check::control::ControlReport;
use gradient_check::directional::DirectionalReport;
use gradient_check::face::AdjointReport;
use serde::Serialize;

use super::SCHEMA;
use crate::remote::{Forward, ModelOptions, ModelOutcome, Offered};
use gradient_check::report::LeftOpen;

/// `gradcheck model`.
#[derive(Debug, Serialize)]
pub struct ModelDocument {
    schema: u32,
    /// `null` where there was nothing to check.
    verdict: Option<String>,
    seed: u64,
    command: String,
    interrupted: bool,
    model: Described,
    seconds: f64,
    failure: Option<String>,
    troubles: Vec<String>,
    checks: Vec<Check>,
    /// What an agreement leaves open, which `--strict` fails on.
    #[serde(skip_serializing_if = "Option::is_none")]
    left_open: Option<WireLeftOpen>,
    /// The outputs whose gradient is wrong, as far as that is known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    wrong_outputs: Vec<String>,
    /// What the model offers and nothing was said of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    not_checked: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    directional: Option<DirectionalReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    negative_control: Option<ControlReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    adjoint: Option<Adjoint>,
    #[serde(skip_serializing_if = "Option::is_none")]
    forward: Option<WireForward>,
}

#[derive(Debug, Serialize)]
struct Described {
    name: String,
    urls: Vec<String>,
    inputs: Vec<usize>,
    outputs: Vec<usize>,
    jobs: usize,
}

#[derive(Debug, Serialize)]
struct Check {
    /// `gradient`, `gradient of all outputs together`, `apply jacobian` or `apply hessian`.
    stage: &'static str,
    /// Which of several outputs.
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<String>,
    #[serde(flatten)]
    report: Report,
}

#[derive(Debug, Serialize)]
struct WireLeftOpen {
    total: usize,
    near_zero: usize,
    zero: usize,
    flat: usize,
    subgradients: usize,
}

#[derive(Debug, Serialize)]
struct Adjoint {
    verdict: String,
    pairings: Vec<Pairing>,
}

#[derive(Debug, Serialize)]
struct Pairing {
    block: Option<String>,
    verdict: String,
    forward: f64,
    reverse: f64,
    tolerance: f64,
}

#[derive(Debug, Serialize)]
struct WireForward {
    value: f64,
    deterministic: bool,
    noise: Option<f64>,
    looked_at: usize,
    flat: usize,
    kinks: usize,
    kinked: Vec<Kinked>,
    evaluations: u64,
}

#[derive(Debug, Serialize)]
struct Kinked {
    block: String,
    index: Vec<usize>,
    at_the_point: bool,
    slope_below: f64,
    slope_above: f64,
}

/// The document of a model's check.
pub fn model(options: &ModelOptions, outcome: &ModelOutcome) -> ModelDocument {
    let (mut checks, mut adjoint, mut forward) = (Vec::new(), None, None);
    let (mut directional, mut negative_control) = (None, None);
    let (mut left_open, mut wrong_outputs, mut not_checked) = (None, Vec::new(), Vec::new());
    match &outcome.offered {
        Offered::Gradient(found) => {
            checks.extend(found.reports().map(|(stage, output, report)| Check {
                stage,
                output: output.map(str::to_owned),
                report: report.clone(),
            }));
            adjoint = found.adjoint.as_ref().map(wire_adjoint);
            directional = found.directional.clone();
            negative_control = found.control.clone();
            left_open = Some(wire_left_open(&found.left_open()));
            wrong_outputs.extend(found.blamed.iter().map(|blamed| blamed.name.clone()));
            not_checked.extend(found.hessian_unchecked.then_some("apply hessian"));
        }
        Offered::Forward(found) => forward = Some(wire_forward(found)),
    }
    let stopped = matches!(&outcome.offered, Offered::Forward(found) if found.interrupted);
    ModelDocument {
        schema: SCHEMA,
        verdict: outcome
            .verdict(options.strict)
            .map(|verdict| verdict.to_string()),
        seed: options.seed,
        command: options.command_line(),
        interrupted: stopped
            || outcome.failure.is_some()
            || checks.iter().any(|check| check.report.interrupted),
        model: Described {
            name: outcome.model.clone(),
            urls: outcome.urls.clone(),
            inputs: outcome
                .layout
                .blocks()
                .iter()
                .map(|block| block.len())
                .collect(),
            outputs: outcome.outputs.clone(),
            jobs: outcome.jobs,
        },
        seconds: outcome.elapsed.as_secs_f64(),
        failure: outcome.failure.clone(),
        troubles: outcome.troubles.clone(),
        checks,
        left_open,
        wrong_outputs,
        not_checked,
        directional,
        negative_control,
        adjoint,
        forward,
    }
}

fn wire_left_open(open: &LeftOpen) -> WireLeftOpen {
    WireLeftOpen {
        total: open.total(),
        near_zero: open.near_zero,
        zero: open.zero,
        flat: open.flat,
        subgradients: open.subgradients,
    }
}

fn wire_adjoint(report: &AdjointReport) -> Adjoint {
    let pairing = |pairing: &gradient_check::face::Pairing| Pairing {
        block: pairing.block.clone(),
        verdict: pairing.verdict.to_string(),
        forward: pairing.forward,
        reverse: pairing.reverse,
        tolerance: pairing.tolerance,
    };
    Adjoint {
        verdict: report.verdict().to_string(),
        pairings: report.pairings.iter().map(pairing).collect(),
    }
}

fn wire_forward(found: &Forward) -> WireForward {
    let kinked = found.kinked.iter().map(|kinked| Kinked {
        block: kinked.coordinate.block.clone(),
        index: kinked.coordinate.index.clone(),
        at_the_point: kinked.at_the_point,
        slope_below: kinked.slopes[0],
        slope_above: kinked.slopes[1],
    });
    WireForward {
        value: found.value,
        deterministic: found.deterministic,
        noise: found.noise,
        looked_at: found.looked_at,
        flat: found.flat,
        kinks: found.kinks,
        kinked: kinked.collect(),
        evaluations: found.evaluations,
    }
}
