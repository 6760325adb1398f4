//! What was found before the comparison: nothing where all is well.

use crate::diagnosis::NON_FINITE;
use crate::structure::{Finding, Pass};
use crate::{Report, Verdict};

use super::numbers::sentence_case;
use super::style::{BAD, FAINT, UNSURE, hanging};

/// A paragraph for each finding that decides something, with its remedy.
pub(super) fn decisive(report: &Report) -> String {
    findings(report, |finding| finding.word().is_some())
}

/// A paragraph for each finding that decides nothing.
pub(super) fn remarks(report: &Report) -> String {
    findings(report, |finding| finding.word().is_none())
}

fn findings(report: &Report, which: impl Fn(&Finding) -> bool) -> String {
    let mut text = String::new();
    let found = report.structure.iter().flat_map(|s| &s.findings);
    for finding in found.filter(|finding| which(finding) && !is_said(finding, report)) {
        let style = match finding.word() {
            Some(Verdict::Disagree) => BAD,
            Some(_) => UNSURE,
            None => FAINT,
        };
        let line = format!(
            "{}. {}.",
            finding.message(),
            sentence_case(finding.remedy())
        );
        text.push_str(&hanging(style, "preliminary check:", &line));
    }
    text
}

/// Whether the comparison has met the same NaN or infinity, and reports it itself.
fn is_said(finding: &Finding, report: &Report) -> bool {
    let Finding::NonFinite { pass, .. } = finding else {
        return false;
    };
    report.blocks.iter().any(|block| match pass {
        // Among the causes, of which an inconclusive block has none.
        Pass::Backward => block
            .diagnosis
            .as_ref()
            .is_some_and(|d| d.cause == NON_FINITE),
        Pass::Forward | Pass::Probe => block.non_finite.is_some(),
    })
}
