//! A report in a few lines, for builds without the feature `text`.
//!
//! Invariant: needs no other crate.

use std::fmt::{self, Write as _};

use finite_diff::printable::printable;

use super::foreign::{shown, shown_control};
use super::numbers::{derivative, sentence_case, short, thousands};
use crate::control::{ControlReport, PlantingOutcome};
use crate::report::CoordinateReport;
use crate::{Report, Verdict};

#[cfg(not(feature = "text"))]
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        report(f, self)
    }
}

#[cfg(not(feature = "text"))]
impl fmt::Display for ControlReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        control(f, self)
    }
}

/// Indented by two.
#[cfg(not(feature = "text"))]
pub(super) fn paragraph(line: &str) -> String {
    format!("  {}\n", printable(line))
}

/// The verdict; what was found before the comparison; the wrong entry with the largest error and its cause; the first block
/// that is inconclusive, with the remedy.
fn report(f: &mut dyn fmt::Write, report: &Report) -> fmt::Result {
    let report = &shown(report);
    let counts = &report.counts;
    writeln!(
        f,
        "  {}: {} of {} coordinates checked, {} wrong, {} inconclusive",
        report.verdict,
        thousands(counts.total() as u64),
        thousands(report.parameters as u64),
        thousands(counts.disagree as u64),
        thousands(counts.inconclusive() as u64),
    )?;
    for finding in report.structure.iter().flat_map(|s| &s.findings) {
        let remedy = sentence_case(finding.remedy());
        let line = format!("{}. {remedy}.", finding.message());
        writeln!(f, "  {}", printable(&line))?;
    }
    let wrong = |c: &&CoordinateReport| c.comparison.verdict == Verdict::Disagree;
    if let Some(worst) = report.worst.iter().find(wrong) {
        writeln!(f, "  wrong: {}", entry(worst))?;
    }
    for block in report
        .blocks
        .iter()
        .filter(|block| block.diagnosis.is_some())
        .take(1)
    {
        if let Some(diagnosis) = &block.diagnosis {
            writeln!(f, "  why: {}.", diagnosis.sentence(&[&block.name]))?;
        }
    }
    let open = report.blocks.iter().find_map(|block| match block.verdict {
        Verdict::Inconclusive(reason) => Some((block, reason)),
        _ => None,
    });
    if let Some((block, reason)) = open {
        let remedy = sentence_case(reason.remedy());
        writeln!(f, "  inconclusive: {}. {remedy}.", block.name)?;
        if let Some(worst) = &block.worst {
            writeln!(f, "  worst entry: {}", entry(worst))?;
        }
    }
    if let Some(test) = &report.directional {
        writeln!(f, "  directional test: {}", test.verdict)?;
    }
    Ok(())
}

/// `x[1]: analytic -3.37500e+00, numeric +3.37500e+00 ± 1.9e-11`.
fn entry(report: &CoordinateReport) -> String {
    let comparison = &report.comparison;
    let mut said = format!(
        "{}: analytic {}, ",
        report.coordinate,
        derivative(comparison.analytic)
    );
    let _ = match (comparison.numeric, comparison.error_bar) {
        (Some(d), Some(bar)) => write!(said, "numeric {} ± {}", derivative(d), short(bar)),
        (Some(d), None) => write!(said, "numeric {}", derivative(d)),
        (None, _) => write!(said, "no numeric derivative"),
    };
    said
}

/// How many of the planted errors were detected, and which were not.
fn control(f: &mut dyn fmt::Write, control: &ControlReport) -> fmt::Result {
    let control = &shown_control(control);
    if !control.speaks() {
        return writeln!(
            f,
            "  negative control: not possible, because the gradient itself is wrong or none of it agrees"
        );
    }
    writeln!(
        f,
        "  negative control: {} of {} planted errors were detected",
        control.rejected(),
        control.planted()
    )?;
    for planting in control.failures() {
        let outcome = match &planting.outcome {
            PlantingOutcome::Misplaced { blamed } => {
                format!("detected in {} instead", blamed.join(", "))
            }
            _ => "not detected".to_owned(),
        };
        let place = planting.block.as_deref().unwrap_or("the whole gradient");
        writeln!(f, "    {} in {place}: {outcome}", planting.error.name())?;
    }
    Ok(())
}
