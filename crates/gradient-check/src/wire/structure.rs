//! `structure` of a check: what was looked at before the comparison.

use crate::structure::{Finding, Structure as Examined};
use serde::Serialize;

#[derive(Debug, Serialize)]
pub(super) struct Structure {
    findings: Vec<WireFinding>,
    skipped: Vec<Skipped>,
    forward_passes: u64,
    backward_passes: u64,
}

#[derive(Debug, Serialize)]
struct WireFinding {
    kind: &'static str,
    /// `disagree`, `inconclusive`, or null where it changes nothing.
    verdict: Option<String>,
    blocks: Vec<String>,
    coordinate: Option<String>,
    message: String,
    remedy: &'static str,
}

#[derive(Debug, Serialize)]
struct Skipped {
    check: &'static str,
    reason: &'static str,
}

pub(super) fn structure(structure: &Examined) -> Structure {
    Structure {
        findings: structure.findings.iter().map(finding).collect(),
        skipped: structure
            .skipped
            .iter()
            .map(|skipped| Skipped {
                check: skipped.check.name(),
                reason: skipped.reason,
            })
            .collect(),
        forward_passes: structure.forward_passes,
        backward_passes: structure.backward_passes,
    }
}

fn finding(finding: &Finding) -> WireFinding {
    WireFinding {
        kind: finding.name(),
        verdict: finding.word().map(|verdict| verdict.to_string()),
        blocks: finding.blocks().into_iter().map(str::to_owned).collect(),
        coordinate: finding.coordinate().map(ToString::to_string),
        message: finding.message(),
        remedy: finding.remedy(),
    }
}
