//! The checks of a network, before and after training, and what they come to.

use std::fmt::Write as _;
use std::time::Duration;

use anstyle::Style;
use gradient_check::evidence::Recheck;
use gradient_check::text::{
    BAD, FAINT, GOOD, STRONG, UNSURE, seconds, sentence_case, short_report, styled, styled_control,
    thousands, wrapped,
};
use gradient_check::{Report, Verdict};

use mlp_check::{Checked, Delta, Outcome, Stage};

use super::onset::onset;
use super::{Detail, heading, report};
use crate::network::{Prepared, summary};

/// The checks of a network, before and after training, and what they come to.
pub fn network(prepared: &Prepared, outcome: &Outcome, detail: Detail) -> String {
    let mut text = heading(&summary(prepared));
    for (stage, checked) in &outcome.checks {
        let _ = writeln!(text, "\n{}", styled(STRONG, when(*stage)));
        text.push_str(&report(&checked.report, detail));
        if let Some(delta) = &checked.delta {
            text.push_str(&wrapped("", &inside_the_layer(delta, &checked.report)));
        }
        if checked.planted.as_ref().is_some_and(Vec::is_empty) {
            text.push_str("  the planted fault does not change the gradient here\n");
        }
        if let Some(control) = &checked.control {
            text.push_str(&styled_control(control));
        }
        let recheck = checked.report.recheck.as_ref();
        if let Some(recheck) = recheck.filter(|r| detail == Detail::Full || r.rejected > 0) {
            text.push_str(&wrapped("", &rechecked(recheck)));
        }
        // Of a single check it is said at the end.
        if detail == Detail::Full && outcome.checks.len() > 1 {
            text.push_str(&wrapped("", &effort(&[checked])));
        }
    }
    text.push('\n');
    text.push_str(&conclusion(prepared, outcome));
    if let Some(found) = &outcome.onset {
        text.push_str(&onset(found));
    }
    let all: Vec<&Checked> = outcome.checks.iter().map(|(_, checked)| checked).collect();
    let slow = "Gradient checking is slow: use it for debugging, never in training.";
    for remark in [effort(&all).as_str(), slow] {
        text.push_str(&remark_lines(remark));
    }
    let again = format!("Reproduce with: {}", prepared.options.command_line());
    let _ = writeln!(text, "{}", styled(FAINT, again));
    text
}

/// A line for each block, behind a line for each stage.
pub fn short_network(outcome: &Outcome) -> String {
    let part = |(stage, checked): &(Stage, Checked)| {
        format!("{}: {}", when(*stage), short_report(&checked.report))
    };
    outcome.checks.iter().map(part).collect()
}

fn when(stage: Stage) -> String {
    match stage {
        Stage::Initialization => "At initialization".to_owned(),
        Stage::AfterTraining { .. } => {
            format!("{} of training", sentence_case(&stage.to_string()))
        }
    }
}

/// What the checks took, and how the cost was evaluated.
fn effort(checks: &[&Checked]) -> String {
    let evaluations = checks
        .iter()
        .map(|checked| checked.report.evaluations)
        .sum();
    let time: Duration = checks.iter().map(|checked| checked.report.elapsed).sum();
    let how = checks.first().map_or_else(String::new, |checked| {
        let (method, engine) = (&checked.report.scheme, checked.engine.name());
        format!("; {}, {engine} engine", self::method(method))
    });
    format!(
        "{} evaluations of the cost in {}{how}",
        thousands(evaluations),
        seconds(time.as_secs_f64())
    )
}

/// Whether the error of the first wrong layer is in dZ, or in the step from dZ to its parameters.
fn inside_the_layer(delta: &Delta, report: &Report) -> String {
    let Delta { layer, report: dz } = delta;
    let wrong: Vec<String> = report
        .blocks
        .iter()
        .filter(|block| block.stage == Some(*layer) && block.verdict == Verdict::Disagree)
        .map(|block| format!("d{}", block.name))
        .collect();
    let products = wrong.join(" and ");
    match dz.verdict {
        Verdict::Agree => format!(
            "in layer {layer}: dZ{layer} is correct, so inspect the step from dZ{layer} to {products}"
        ),
        Verdict::Disagree => {
            let worst =
                dz.worst.first().map_or_else(
                    String::new,
                    |worst| match worst.coordinate.index[..] {
                        [unit, example] => format!(", most in unit {unit} for example {example}"),
                        _ => String::new(),
                    },
                );
            format!(
                "in layer {layer}: dZ{layer} is already wrong in {} of {} entries{worst}, so inspect the \
                 code that computes dZ{layer}",
                thousands(dz.counts.disagree as u64),
                thousands(dz.counts.total() as u64),
            )
        }
        Verdict::Inconclusive(_) => format!(
            "in layer {layer}: no entry of dZ{layer} is known to be wrong, but some are inconclusive"
        ),
    }
}

/// What whole forward passes confirmed of the results of a faster engine.
fn rechecked(recheck: &Recheck) -> String {
    let Recheck {
        drawn,
        rejected,
        rejected_in_all,
        undecided,
        ..
    } = *recheck;
    let wrong = match (rejected, rejected_in_all) {
        (0, _) => String::new(),
        (_, 1) => " and the one that disagreed".to_owned(),
        (some, all) if some == all => format!(" and all {} that disagreed", thousands(all as u64)),
        (some, all) => {
            let (some, all) = (thousands(some as u64), thousands(all as u64));
            format!(" and {some} of the {all} that disagreed")
        }
    };
    let undecided = match undecided {
        0 => String::new(),
        some => format!(", except {some} next to a kink"),
    };
    format!("confirmed by full forward passes: {drawn} random coordinates{wrong}{undecided}")
}

fn method(name: &str) -> String {
    match name {
        "complex-step" => "complex step".to_owned(),
        "course" => "central differences at the course's step size".to_owned(),
        stencil => format!("{stencil} differences"),
    }
}

fn conclusion(prepared: &Prepared, outcome: &Outcome) -> String {
    let mut lines = Vec::new();
    if let Some(error) = &outcome.training_failed {
        lines.push((
            BAD,
            "The training failed:",
            format!("{error}. The check at initialization stands."),
        ));
    }
    if outcome.interrupted {
        let what = "These are the results up to the interruption.".to_owned();
        lines.push((UNSURE, "Interrupted.", what));
    }
    let stages = |wanted: fn(Verdict) -> bool| {
        let names: Vec<String> = outcome
            .checks
            .iter()
            .filter(|(_, checked)| wanted(checked.report.verdict))
            .map(|(stage, _)| at(*stage))
            .collect();
        names.join(" and ")
    };
    lines.push(match outcome.of_checks() {
        Verdict::Agree if outcome.failed_control() => {
            let what = "a planted error was not detected, so \"agree\" is not reliable here.";
            (BAD, "The self-test failed:", what.to_owned())
        }
        Verdict::Agree if prepared.options.strict && outcome.left_open() > 0 => (
            UNSURE,
            "Untested:",
            format!(
                "nothing is wrong, but --strict fails: {}.",
                untested(outcome)
            ),
        ),
        Verdict::Agree => (
            GOOD,
            "The gradient is right",
            format!(
                "{}, up to the detection limits above.",
                stages(|v| v == Verdict::Agree)
            ),
        ),
        Verdict::Disagree => {
            let right = stages(|v| v == Verdict::Agree);
            let but = match right.is_empty() {
                true => String::new(),
                false => format!(", but right {right}"),
            };
            let wrong = stages(|v| v == Verdict::Disagree);
            (BAD, "The gradient is wrong", format!("{wrong}{but}."))
        }
        Verdict::Inconclusive(_) => (
            UNSURE,
            "Inconclusive:",
            "nothing is known to be wrong, but not everything could be checked.".to_owned(),
        ),
    });
    if prepared.training.steps == 0 {
        let what = "Not checked after training (--steps 0): a backward pass may be right only near \
                    initialization.";
        lines.push((FAINT, "", what.to_owned()));
    }
    lines
        .into_iter()
        .map(|(style, lead, line)| paragraph(style, lead, &line))
        .collect()
}

fn at(stage: Stage) -> String {
    match stage {
        Stage::Initialization => "at initialization".to_owned(),
        Stage::AfterTraining { .. } => stage.to_string(),
    }
}

/// How many entries that agree each stage left untested.
fn untested(outcome: &Outcome) -> String {
    let open = |(stage, checked): &(Stage, Checked)| match checked.report.left_open().total() {
        0 => None,
        1 => Some(format!("1 entry {}", at(*stage))),
        some => Some(format!("{} entries {}", thousands(some as u64), at(*stage))),
    };
    let each: Vec<String> = outcome.checks.iter().filter_map(open).collect();
    format!("{} could not be tested", each.join(" and "))
}

/// A remark that can be skipped, as wide as a terminal.
pub(super) fn remark_lines(remark: &str) -> String {
    let lines = textwrap::wrap(remark, 80);
    lines
        .iter()
        .map(|line| styled(FAINT, line) + "\n")
        .collect()
}

/// A paragraph as wide as a terminal, with a lead that stands out. It is wrapped before it is styled, so that no
/// escape sequence counts as width.
pub(super) fn paragraph(style: Style, lead: &str, line: &str) -> String {
    let whole = match lead {
        "" => line.to_owned(),
        lead => format!("{lead} {line}"),
    };
    let lines = textwrap::wrap(&whole, 80);
    let mut rest = lead.len();
    let mut text = String::new();
    for line in &lines {
        // The lead may be longer than a line; the space at the break is in no line.
        let (front, back) = line.split_at(rest.min(line.len()));
        rest = rest.saturating_sub(line.len() + 1);
        match front {
            "" => text.push_str(back),
            front => text.push_str(&(styled(style, front) + back)),
        }
        text.push('\n');
    }
    text
}
