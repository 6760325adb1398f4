//! The check of a model somewhere else, and what it comes to.

use std::fmt::Write as _;

use gradient_check::face::AdjointReport;
use gradient_check::report::{CoordinateReport, LeftOpen};
use gradient_check::text::{
    BAD, FAINT, GOOD, STRONG, UNSURE, derivative, plain, plural, seconds, short, short_report,
    styled, styled_control, table, thousands, verdict, wrapped,
};
use gradient_check::{Reason, Report, Verdict};

use super::Detail;
use super::network::{paragraph, remark_lines};
use crate::input_error::model_name;
use crate::remote::{Derivatives, Forward, ModelOptions, ModelOutcome, OfOutputs, Offered};

/// The check of a model.
pub fn model(options: &ModelOptions, outcome: &ModelOutcome, detail: Detail) -> String {
    let mut text = String::new();
    for line in textwrap::wrap(&title(outcome), 80) {
        let _ = writeln!(text, "{}", styled(STRONG, line));
    }
    let evaluations = match &outcome.offered {
        Offered::Gradient(found) => {
            text.push_str(&derivatives(found, detail));
            if !options.exact {
                text.push_str(&tolerance(found));
            }
            found.evaluations
        }
        Offered::Forward(found) => {
            text.push_str(&forward(found));
            found.evaluations
        }
    };
    for trouble in &outcome.troubles {
        text.push_str(&wrapped("", &format!("server error: {trouble}")));
    }
    text.push('\n');
    if let Some(failure) = &outcome.failure {
        let rest = format!("{failure}. The results up to then are shown above.");
        text.push_str(&paragraph(BAD, "The model failed during the check:", &rest));
    }
    let mut remarks = Vec::new();
    if let Offered::Gradient(found) = &outcome.offered {
        text.push_str(&conclusion(found, options.strict));
        let elsewhere = match options.at {
            Some(_) => "another --at",
            None => "another --seed, or --at with a point that occurs in use",
        };
        remarks.push(format!(
            "Checked at one point only. A gradient may be right only there: check also at {elsewhere}."
        ));
    }
    remarks.push(format!(
        "{} evaluations of the model in {}, {} at a time",
        thousands(evaluations),
        seconds(outcome.elapsed.as_secs_f64()),
        outcome.jobs,
    ));
    for remark in remarks {
        text.push_str(&remark_lines(&remark));
    }
    let again = format!("Reproduce with: {}", options.command_line());
    let _ = writeln!(text, "{}", styled(FAINT, again));
    text
}

/// A line for each block of each derivative.
pub fn short_model(outcome: &ModelOutcome) -> String {
    let Offered::Gradient(found) = &outcome.offered else {
        return "no gradient\n".to_owned();
    };
    let part = |(stage, output, report): (&str, Option<&str>, &Report)| {
        let of = output.map_or_else(String::new, |output| format!(" of {output}"));
        format!("{stage}{of}: {}", short_report(report))
    };
    found.reports().map(part).collect()
}

fn title(outcome: &ModelOutcome) -> String {
    let mut title = format!(
        "model {} · inputs {}",
        model_name(&outcome.model),
        outcome.layout
    );
    let outputs: usize = outcome.outputs.iter().sum();
    let _ = write!(title, " · {}", plural(outputs, "output"));
    if outcome.urls.len() > 1 {
        let _ = write!(title, " · {}", plural(outcome.urls.len(), "server"));
    }
    title
}

/// The verdict in a sentence.
fn conclusion(found: &Derivatives, strict: bool) -> String {
    let parts = [
        ("The gradient", found.gradient()),
        ("ApplyJacobian", verdict_of(found.jacobian.as_ref())),
        ("ApplyHessian", verdict_of(found.hessian.as_ref())),
    ];
    let wrong: Vec<&str> = parts
        .into_iter()
        .filter(|(_, verdict)| *verdict == Verdict::Disagree)
        .map(|(part, _)| part)
        .collect();
    let open = found.left_open();
    let here = "at this point";
    let (style, lead, rest) = match (found.verdict(), &wrong[..]) {
        (Verdict::Agree, _) if found.failed_control() => {
            let rest = "a planted error was not detected, so \"agree\" is not reliable here.";
            (BAD, "The self-test failed:".to_owned(), rest.to_owned())
        }
        (Verdict::Agree, _) if strict && open.total() > 0 => {
            let rest = format!("nothing is wrong, but --strict fails: {}.", kinds(&open));
            (UNSURE, "Untested:".to_owned(), rest)
        }
        (Verdict::Agree, _) => {
            let rest = format!("{here}, up to the detection limits above.");
            (GOOD, "The gradient is right".to_owned(), rest)
        }
        (Verdict::Disagree, []) => {
            let lead = "The gradient and ApplyJacobian contradict each other".to_owned();
            (BAD, lead, format!("{here}."))
        }
        (Verdict::Disagree, [one]) if found.gradient() == Verdict::Agree => (
            BAD,
            format!("{one} is wrong"),
            format!("{here}; the gradient is right."),
        ),
        (Verdict::Disagree, [one]) => (BAD, format!("{one} is wrong"), format!("{here}.")),
        (Verdict::Disagree, several) => {
            let lead = format!("{} are wrong", several.join(" and "));
            (BAD, lead, format!("{here}."))
        }
        (Verdict::Inconclusive(_), _) => {
            let rest = "nothing is known to be wrong, but not everything could be checked.";
            (UNSURE, "Inconclusive:".to_owned(), rest.to_owned())
        }
    };
    paragraph(style, &lead, &rest)
}

fn verdict_of(report: Option<&Report>) -> Verdict {
    report.map_or(Verdict::Agree, |report| report.verdict)
}

/// How many entries an agreement leaves open, and of what kind.
fn kinds(open: &LeftOpen) -> String {
    let kinds = [
        (open.zero, "in blocks that are zero"),
        (open.near_zero, "too small to distinguish from 0"),
        (open.flat, "with zero derivative"),
        (open.subgradients, "at a kink"),
    ];
    let some = kinds.into_iter().filter(|(count, _)| *count > 0);
    let some: Vec<String> = some
        .map(|(count, kind)| format!("{count} {kind}"))
        .collect();
    let entries = match open.total() {
        1 => "1 entry could not be tested".to_owned(),
        total => format!("{total} entries could not be tested"),
    };
    format!("{entries} ({})", some.join(", "))
}

/// Every derivative that the model offers.
fn derivatives(found: &Derivatives, detail: Detail) -> String {
    let mut text = String::new();
    let headed = |text: &mut String, title: &str, overall: Verdict| {
        let _ = writeln!(text, "\n{}: {}", styled(STRONG, title), verdict(overall));
    };
    if !found.each.is_empty() {
        headed(&mut text, "Gradient of each output", found.of_each());
        text.push_str(&blamed(found));
        text.push_str(&each(&found.each, detail));
    }
    match (&found.each[..], &found.together) {
        (_, None) => {}
        ([_, ..], Some(report)) => {
            let title = "Gradient of all outputs together, with random weights";
            headed(&mut text, title, report.verdict);
            let is_news = report.verdict != Verdict::Agree && found.of_each() != Verdict::Disagree;
            match is_news {
                true => text.push_str(&super::report(report, detail)),
                // One table of the same numbers is enough.
                false => {
                    let count = plural(report.counts.total(), "coordinate");
                    let _ = writeln!(
                        text,
                        "  checked in {count}, and along random directions in all of them"
                    );
                }
            }
        }
        ([], Some(report)) => {
            headed(&mut text, "Gradient", report.verdict);
            text.push_str(&blamed(found));
            text.push_str(&super::report(report, detail));
            if found.scaled {
                let scaled = "the outputs differ in size: each was divided by its scale before they were added";
                text.push_str(&wrapped("", scaled));
            }
        }
    }
    if let Some(report) = &found.directional {
        let title = "Gradient of all outputs together, along random directions";
        headed(&mut text, title, report.verdict);
        for line in report.to_string().lines() {
            let _ = writeln!(text, "  {line}");
        }
    }
    if let Some(control) = &found.control {
        text.push_str(&styled_control(control));
    }
    if let Some(report) = &found.jacobian {
        let title = "ApplyJacobian, along a random direction u in each input";
        headed(&mut text, title, report.verdict);
        text.push_str(&super::report(report, detail));
    }
    if let Some(adjoint) = &found.adjoint {
        headed(
            &mut text,
            "Gradient and ApplyJacobian against each other",
            AdjointReport::verdict(adjoint),
        );
        text.push_str(&plain(&adjoint.to_string()));
    }
    if let Some(report) = &found.hessian {
        let title = "ApplyHessian, along a random direction u in each input";
        headed(&mut text, title, report.verdict);
        text.push_str(&super::report(report, detail));
    }
    if found.hessian_unchecked {
        let title = styled(STRONG, "ApplyHessian");
        let _ = writeln!(
            text,
            "\n{title}: {}\n  it would be compared with differences of the gradient, which is wrong",
            styled(UNSURE, "not checked")
        );
    }
    text
}

/// The gradients of single outputs: in full those that do not agree, of the others a line each.
fn each(parts: &[OfOutputs], detail: Detail) -> String {
    let mut text = String::new();
    let mut rows = Vec::new();
    for OfOutputs { output, report } in parts {
        match output {
            Some(output) if report.verdict == Verdict::Agree => rows.push(vec![
                output.clone(),
                verdict(report.verdict),
                short(report.difference),
                report
                    .power
                    .map_or_else(String::new, |power| short(power.single_coordinate)),
            ]),
            Some(output) => {
                let _ = writeln!(
                    text,
                    "  {}: {}",
                    styled(STRONG, output),
                    verdict(report.verdict)
                );
                text.push_str(&super::report(report, detail));
            }
            None => text.push_str(&super::report(report, detail)),
        }
    }
    if rows.is_empty() {
        return text;
    }
    let head = ["output", "verdict", "rel. err", "detection limit"];
    table(&head, rows, 2) + &text
}

/// The outputs whose gradient is wrong.
fn blamed(found: &Derivatives) -> String {
    let named = found.blamed.iter().map(|blamed| {
        // Of a single output vector the place is in the name.
        match blamed.name.starts_with("output[") {
            true => blamed.name.clone(),
            false => format!("{} (row {})", blamed.name, blamed.row),
        }
    });
    let named: Vec<String> = named.collect();
    let first = match found.each.is_empty() {
        true => " (the first one found)",
        false => "",
    };
    match named.is_empty() {
        true => String::new(),
        false => wrapped(
            "",
            &format!("the gradient of {} is wrong{first}", named.join(", ")),
        ),
    }
}

/// What accuracy would accept what differs, where so little does that it may be a tolerance.
fn tolerance(found: &Derivatives) -> String {
    const MOST: f64 = 1e-3;
    let mut largest = 0.0_f64;
    let gradients = found
        .each
        .iter()
        .map(|part| &part.report)
        .chain(&found.together);
    for report in gradients {
        for block in &report.blocks {
            let worst = block.worst.iter();
            let entries = report
                .worst
                .iter()
                .filter(|entry| entry.coordinate.block == block.name);
            for entry in worst.chain(entries).filter(|entry| differs(entry)) {
                let c = &entry.comparison;
                let d = c.numeric.unwrap_or(f64::NAN);
                let apart = (c.analytic - d).abs() / d.abs().max(block.scale);
                // A difference that is not a number can't be within a tolerance.
                largest = if apart <= MOST {
                    largest.max(apart)
                } else {
                    f64::INFINITY
                };
            }
        }
    }
    if !(0.0 < largest && largest <= MOST) {
        return String::new();
    }
    let power = (2.0 * largest).log10().ceil() as i32;
    wrapped(
        "",
        &format!("--accuracy 1e{power} accepts differences of this size, --exact rejects them"),
    )
}

/// Whether an entry is wrong or inexact.
fn differs(entry: &CoordinateReport) -> bool {
    let inexact = Verdict::Inconclusive(Reason::Inexact);
    [Verdict::Disagree, inexact].contains(&entry.comparison.verdict)
}

/// What the forward pass alone shows.
fn forward(found: &Forward) -> String {
    let mut text = format!(
        "\n{}\n",
        styled(
            STRONG,
            "Forward pass only: the model does not offer Gradient"
        )
    );
    let same = match found.deterministic {
        true => "the same in a second evaluation".to_owned(),
        false => styled(
            BAD,
            "different in a second evaluation, so finite differences are meaningless",
        ),
    };
    let value = derivative(found.value);
    text.push_str(&wrapped(
        "",
        &format!("value {value} (sum of the outputs), {same}"),
    ));
    if !found.value.is_finite() {
        let _ = writeln!(
            text,
            "  {}",
            styled(BAD, "the value is not finite at this point")
        );
    }
    let noise = match found.noise {
        Some(0.0) => "no noise between neighboring points".to_owned(),
        Some(sigma) => {
            let part = match found.value.abs() {
                0.0 => String::new(),
                value => format!(", {} of the value", short(sigma / value)),
            };
            format!("noise of one evaluation {}{part}", short(sigma))
        }
        None => "the noise of one evaluation could not be measured".to_owned(),
    };
    if found.obstacle().is_none() {
        let _ = writeln!(text, "  {noise}");
        let _ = writeln!(
            text,
            "  {} examined: {} with zero derivative, {} at or near a kink",
            plural(found.looked_at, "coordinate"),
            found.flat,
            found.kinks
        );
    }
    for kinked in &found.kinked {
        let [left, right] = kinked.slopes.map(derivative);
        let place = match kinked.at_the_point {
            true => "at the point",
            false => "near the point",
        };
        let _ = writeln!(
            text,
            "  kink {place} along {}: one-sided derivatives {left} and {right}",
            kinked.coordinate
        );
    }
    text
}
