//! The checks of a network, before and after training, and what they come to.

use std::fmt::Write as _;

use gradient_check::evidence::Recheck;
use gradient_check::text::{
    BAD, FAINT, GOOD, STRONG, UNSURE, seconds, sentence_case, styled, styled_control,
    styled_report, thousands, verdict, wrapped,
};
use gradient_check::{Report, Verdict};

use mlp_check::{Delta, Outcome, Stage};

use super::onset::onset;
use crate::network::{Prepared, summary};

/// The checks of a network.
pub fn network(prepared: &Prepared, outcome: &Outcome) -> String {
    let mut text = String::new();
    for line in lines_of(&summary(prepared)) {
        let _ = writeln!(text, "{}", styled(STRONG, line));
    }
    for (stage, checked) in &outcome.checks {
        let when = match stage {
            Stage::Initialization => "At initialization".to_owned(),
            Stage::AfterTraining { .. } => {
                format!("{} of training", sentence_case(&stage.to_string()))
            }
        };
        let _ = writeln!(
            text,
            "\n{}: {}",
            styled(STRONG, when),
            verdict(checked.report.verdict)
        );
        text.push_str(&styled_report(&checked.report));
        if let Some(delta) = &checked.delta {
            text.push_str(&wrapped("", &inside_the_layer(delta, &checked.report)));
        }
        if checked.planted.as_ref().is_some_and(Vec::is_empty) {
            text.push_str("  the planted fault changes no bit of the gradient here\n");
        }
        if let Some(planted) = &checked.control {
            text.push_str(&styled_control(planted));
        }
        let _ = writeln!(
            text,
            "  {}",
            styled(
                FAINT,
                format_args!(
                    "{} evaluations of the cost in {}; {}, {} engine",
                    thousands(checked.report.evaluations),
                    seconds(checked.report.elapsed.as_secs_f64()),
                    scheme(&checked.report.scheme),
                    checked.engine.name(),
                )
            )
        );
        if let Some(recheck) = &checked.report.recheck {
            text.push_str(&rechecked(recheck));
        }
    }
    text.push('\n');
    text.push_str(&conclusion(prepared, outcome));
    if let Some(found) = &outcome.onset {
        text.push_str(&onset(found));
    }
    let _ = writeln!(
        text,
        "{}",
        styled(FAINT, "This is slow: debug with it, never train with it.")
    );
    let _ = writeln!(
        text,
        "{}",
        styled(
            FAINT,
            format_args!("Again: {}", prepared.options.command_line())
        )
    );
    text
}

/// Whether a layer goes wrong in dZ, or in what is made of it.
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
            "inside layer {layer}: dZ{layer} is right everywhere, so look at what makes {products} of it"
        ),
        Verdict::Disagree => {
            let worst =
                dz.worst.first().map_or_else(
                    String::new,
                    |worst| match worst.coordinate.index[..] {
                        [unit, example] => format!(", most for unit {unit} in example[{example}]"),
                        _ => String::new(),
                    },
                );
            format!(
                "inside layer {layer}: dZ{layer} is wrong already in {} of {} entries{worst}, so look at \
                 what makes dZ{layer}",
                thousands(dz.counts.disagree as u64),
                thousands(dz.counts.total() as u64),
            )
        }
        Verdict::Inconclusive(_) => format!(
            "inside layer {layer}: dZ{layer} is not known to be wrong, but not all of it could be decided"
        ),
    }
}

/// What was held against the whole forward pass.
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
        (_, 1) => " and of the one that came out wrong".to_owned(),
        (some, all) if some == all => format!(" and of all {all} that came out wrong"),
        (some, all) => {
            let (some, all) = (thousands(some as u64), thousands(all as u64));
            format!(" and of {some} of the {all} that came out wrong")
        }
    };
    let undecided = match undecided {
        0 => String::new(),
        some => format!(", but for {some} next to a kink"),
    };
    let same = "the whole forward pass says the same of";
    wrapped(
        "",
        &format!("{same} {drawn} drawn at random{wrong}{undecided}"),
    )
}

/// A line of parts, as many of them side by side as a terminal has room for.
fn lines_of(summary: &str) -> Vec<String> {
    const WIDTH: usize = 80;
    let mut lines: Vec<String> = Vec::new();
    for part in summary.split(" · ") {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 3 + part.chars().count() <= WIDTH => {
                line.push_str(" · ");
                line.push_str(part);
            }
            _ => lines.push(part.to_owned()),
        }
    }
    lines
}

fn scheme(name: &str) -> String {
    match name {
        "complex-step" => "complex step".to_owned(),
        "course" => "the course's differences".to_owned(),
        stencil => format!("{stencil} differences"),
    }
}

fn conclusion(prepared: &Prepared, outcome: &Outcome) -> String {
    let mut text = String::new();
    if let Some(error) = &outcome.training_failed {
        let _ = writeln!(
            text,
            "{} {error}. The check at initialization stands.",
            styled(BAD, "The training failed:")
        );
    }
    if outcome.interrupted {
        let _ = writeln!(
            text,
            "{} This is what was measured before.",
            styled(UNSURE, "Interrupted.")
        );
    }
    let stages = |wanted: fn(Verdict) -> bool| {
        let names: Vec<String> = outcome
            .checks
            .iter()
            .filter(|(_, checked)| wanted(checked.report.verdict))
            .map(|(stage, _)| match stage {
                Stage::Initialization => "at initialization".to_owned(),
                Stage::AfterTraining { .. } => stage.to_string(),
            })
            .collect();
        names.join(" and ")
    };
    match outcome.verdict() {
        Verdict::Agree => {
            let _ = writeln!(
                text,
                "{} {},\nas far as the power stated above goes.",
                styled(GOOD, "The gradient is right"),
                stages(|v| v == Verdict::Agree)
            );
        }
        Verdict::Disagree => {
            let right = stages(|v| v == Verdict::Agree);
            let _ = writeln!(
                text,
                "{} {}{}.",
                styled(BAD, "The gradient is wrong"),
                stages(|v| v == Verdict::Disagree),
                if right.is_empty() {
                    String::new()
                } else {
                    format!(", though right {right}")
                }
            );
        }
        Verdict::Inconclusive(_) => {
            let _ = writeln!(
                text,
                "{} Nothing was found to be wrong, but not everything could be decided.",
                styled(UNSURE, "No verdict.")
            );
        }
    }
    if outcome.failed_control() {
        let _ = writeln!(
            text,
            "{} The negative control let an error pass, so that what was called right may be wrong.",
            styled(BAD, "The judge is blind here.")
        );
    }
    if prepared.training.steps == 0 {
        let _ = writeln!(
            text,
            "Not checked after training (--steps 0): a backward pass may be right only near\n\
             initialization."
        );
    }
    text
}
