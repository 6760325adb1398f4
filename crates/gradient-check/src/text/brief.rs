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

#[cfg(test)]
mod tests {
    use crate::{GradientCheck, Report};

    fn cost(p: &[f64]) -> f64 {
        p[0].powi(3) * p[1]
    }

    fn said(report: &Report) -> String {
        let mut text = String::new();
        super::report(&mut text, report).unwrap();
        text
    }

    #[test]
    fn a_wrong_entry_is_named_with_its_numbers() {
        let wrong = |p: &[f64]| [3.0 * p[0].powi(2) * p[1], -p[0].powi(3)];
        let check = GradientCheck::new(cost, wrong).at([1.5, 0.25]);
        let text = said(&check.run().unwrap());
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines[0],
            "  disagree: 2 of 2 coordinates checked, 1 wrong, 0 inconclusive"
        );
        let numbers = "  wrong: x[1]: analytic -3.37500e+00, numeric +3.37500e+00 ± ";
        assert!(lines[1].starts_with(numbers), "{text}");
        assert!(
            lines[2].starts_with("  why: dx: only 1 of 2 entries is wrong"),
            "{text}"
        );

        let error = check.message("epoch 3").verify().unwrap_err().to_string();
        assert!(
            error.starts_with("the gradient is wrong: epoch 3\n"),
            "{error}"
        );
        assert!(
            error.contains("\nto reproduce: at = [1.5, 0.25], seed = 0\n"),
            "{error}"
        );
    }

    #[test]
    fn what_is_inconclusive_comes_with_its_remedy() {
        let check = GradientCheck::new(|_: &[f64]| 1.0, |_: &[f64]| [0.0]);
        let text = said(&check.at([1.5]).run().unwrap());
        assert!(
            text.contains("\n  inconclusive: x. Neither the cost nor the gradient changes"),
            "{text}"
        );
    }

    #[test]
    fn what_is_found_before_the_comparison_is_reported() {
        let check = GradientCheck::new(cost, |_: &[f64]| [1.0]);
        let text = said(&check.at([1.5, 0.25]).run().unwrap());
        assert!(
            text.contains("the gradient has 1 entry for 2 parameters"),
            "{text}"
        );
    }

    #[test]
    fn a_control_counts() {
        let gradient = |p: &[f64]| [3.0 * p[0].powi(2) * p[1], p[0].powi(3)];
        let check = GradientCheck::new(cost, gradient).at([1.5, 0.25]);
        let mut text = String::new();
        super::control(&mut text, &check.negative_control().unwrap()).unwrap();
        assert!(text.starts_with("  negative control: "), "{text}");
        assert!(text.ends_with("planted errors were detected\n"), "{text}");
    }
}
