//! The check of a model somewhere else, and what it comes to.

use std::fmt::Write as _;

use gradient_check::face::AdjointReport;
use gradient_check::report::{CoordinateReport, LeftOpen};
use gradient_check::text::{
    BAD, FAINT, GOOD, STRONG, UNSURE, derivative, plain, plural, printable, seconds, short, styled,
    styled_report, table, thousands, verdict, wrapped,
};
use gradient_check::{Reason, Report, Verdict};

use crate::input_error::model_name;
use crate::remote::{
    Derivatives, Forward, ModelOutcome, ModelSpec, OfOutputs, Offered, command_line,
};

/// The check of a model.
pub fn model(spec: &ModelSpec, outcome: &ModelOutcome) -> String {
    let mut text = String::new();
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
    for line in textwrap::wrap(&title, 80) {
        let _ = writeln!(text, "{}", styled(STRONG, line));
    }
    let evaluations = match &outcome.offered {
        Offered::Gradient(found) => {
            text.push_str(&derivatives(found));
            if !spec.exact {
                text.push_str(&tolerance(found));
            }
            found.evaluations
        }
        Offered::Forward(found) => {
            text.push_str(&forward(found));
            found.evaluations
        }
    };
    let said = format!(
        "{} evaluations of the model in {}, {} at a time",
        thousands(evaluations),
        seconds(outcome.elapsed.as_secs_f64()),
        outcome.jobs,
    );
    let _ = writeln!(text, "  {}", styled(FAINT, said));
    for trouble in &outcome.troubles {
        text.push_str(&wrapped("", &format!("a server in trouble: {trouble}")));
    }
    text.push('\n');
    if let Some(failure) = &outcome.failure {
        let said = format!("On the way {failure}. What was measured before stands above.");
        for line in textwrap::wrap(&printable(&said).to_string(), 80) {
            let _ = writeln!(text, "{}", styled(BAD, line));
        }
    }
    if let Offered::Gradient(found) = &outcome.offered {
        text.push_str(&conclusion(found, spec.strict));
        let elsewhere = match spec.at {
            Some(_) => "another --at",
            None => "another --seed, or --at one that comes up in use",
        };
        let once = format!(
            "Checked at one point: a gradient may be right only there, so check at {elsewhere}."
        );
        for line in textwrap::wrap(&once, 80) {
            let _ = writeln!(text, "{}", styled(FAINT, line));
        }
    }
    let _ = writeln!(
        text,
        "{}",
        styled(FAINT, format_args!("Again: {}", command_line(spec)))
    );
    text
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
    let (style, said, more) = match (found.verdict(), &wrong[..]) {
        (Verdict::Agree, _) if strict && open.total() > 0 => {
            let more = format!(
                "Nothing is wrong, but --strict leaves nothing open: {}.",
                kinds(&open)
            );
            (UNSURE, "No verdict.".to_owned(), more)
        }
        (Verdict::Agree, _) => {
            let more = "at this point, as far as the power stated above goes.";
            (GOOD, "The gradient is right".to_owned(), more.to_owned())
        }
        (Verdict::Disagree, []) => {
            let said = "The gradient and ApplyJacobian contradict each other".to_owned();
            (BAD, said, "at this point.".to_owned())
        }
        (Verdict::Disagree, [one]) if found.gradient() == Verdict::Agree => {
            let more = "at this point; the gradient is right.".to_owned();
            (BAD, format!("{one} is wrong"), more)
        }
        (Verdict::Disagree, [one]) => (BAD, format!("{one} is wrong"), "at this point.".to_owned()),
        (Verdict::Disagree, several) => {
            let said = format!("{} are wrong", several.join(" and "));
            (BAD, said, "at this point.".to_owned())
        }
        (Verdict::Inconclusive(_), _) => {
            let more = "Nothing was found to be wrong, but not everything could be decided.";
            (UNSURE, "No verdict.".to_owned(), more.to_owned())
        }
    };
    // Styled after it is wrapped, so that no escape counts as width.
    let whole = format!("{said} {more}");
    let lines = textwrap::wrap(&whole, 80);
    lines
        .iter()
        .map(|line| line.replacen(&said, &styled(style, &said), 1) + "\n")
        .collect()
}

fn verdict_of(report: Option<&Report>) -> Verdict {
    report.map_or(Verdict::Agree, |report| report.verdict)
}

/// How many entries an agreement leaves open, and of what kind.
fn kinds(open: &LeftOpen) -> String {
    let kinds = [
        (open.zero, "in blocks that are 0"),
        (open.near_zero, "too small to tell from 0"),
        (open.flat, "flat"),
        (open.subgradients, "at a kink"),
    ];
    let some = kinds.into_iter().filter(|(count, _)| *count > 0);
    let some: Vec<String> = some
        .map(|(count, kind)| format!("{count} {kind}"))
        .collect();
    let entries = match open.total() {
        1 => "1 entry was not tested as sharply as the others".to_owned(),
        total => format!("{total} entries were not tested as sharply as the others"),
    };
    format!("{entries} ({})", some.join(", "))
}

/// Every derivative that the model offers.
fn derivatives(found: &Derivatives) -> String {
    let mut text = String::new();
    let headed = |text: &mut String, title: &str, word: Verdict| {
        let _ = writeln!(text, "\n{}: {}", styled(STRONG, title), verdict(word));
    };
    if !found.each.is_empty() {
        headed(&mut text, "Gradient of each output", found.of_each());
        text.push_str(&blamed(found));
        text.push_str(&each(&found.each));
    }
    match (&found.each[..], &found.together) {
        (_, None) => {}
        ([_, ..], Some(report)) => {
            let title = "Gradient of all outputs together, for a random vector";
            headed(&mut text, title, report.verdict);
            let is_news = report.verdict != Verdict::Agree && found.of_each() != Verdict::Disagree;
            match is_news {
                true => text.push_str(&styled_report(report)),
                // Of the same numbers one table is enough.
                false => {
                    let count = plural(report.counts.total(), "coordinate");
                    let _ = writeln!(text, "  in {count}, and along random directions in all");
                }
            }
        }
        ([], Some(report)) => {
            headed(&mut text, "Gradient", report.verdict);
            text.push_str(&blamed(found));
            text.push_str(&styled_report(report));
            if found.scaled {
                let said = "the outputs differ in size: each was divided by its own before they were added up";
                text.push_str(&wrapped("", said));
            }
        }
    }
    if let Some(report) = &found.jacobian {
        let title = "ApplyJacobian, of the outputs F along a random direction u in each input";
        headed(&mut text, title, report.verdict);
        text.push_str(&styled_report(report));
    }
    if let Some(adjoint) = &found.adjoint {
        headed(
            &mut text,
            "one against the other",
            AdjointReport::verdict(adjoint),
        );
        text.push_str(&plain(&adjoint.to_string()));
    }
    if let Some(report) = &found.hessian {
        let title = "ApplyHessian, of the gradient g along a random direction u in each input";
        headed(&mut text, title, report.verdict);
        text.push_str(&styled_report(report));
    }
    if found.hessian_unchecked {
        let title = styled(STRONG, "ApplyHessian");
        let _ = writeln!(
            text,
            "\n{title}: {}\n  it is held against differences of the gradient, which is wrong",
            styled(UNSURE, "not checked")
        );
    }
    text
}

/// The gradients of single outputs: in full those that do not agree, of the others a line each.
fn each(parts: &[OfOutputs]) -> String {
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
                text.push_str(&styled_report(report));
            }
            None => text.push_str(&styled_report(report)),
        }
    }
    if rows.is_empty() {
        return text;
    }
    let head = [
        "output",
        "verdict",
        "diff.",
        "would have caught, in any one coordinate",
    ];
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
        true => ", as the first one found",
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
                // What is no number is no tolerance either.
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
        &format!(
            "the flags for that: --accuracy 1e{power} accepts it, --exact calls all of it wrong"
        ),
    )
}

/// Whether an entry is wrong or inexact.
fn differs(entry: &CoordinateReport) -> bool {
    let inexact = Verdict::Inconclusive(Reason::Inexact);
    [Verdict::Disagree, inexact].contains(&entry.comparison.verdict)
}

/// What could be seen without a gradient.
fn forward(found: &Forward) -> String {
    let mut text = format!(
        "\n{}\n",
        styled(STRONG, "Only the forward side: it offers no Gradient")
    );
    let same = match found.deterministic {
        true => "the same twice".to_owned(),
        false => styled(
            BAD,
            "another value the second time, so that no difference means anything",
        ),
    };
    let _ = writeln!(
        text,
        "  value {} (outputs added up), {same}",
        derivative(found.value)
    );
    if !found.value.is_finite() {
        let _ = writeln!(
            text,
            "  {}",
            styled(BAD, "it is no finite number at this point")
        );
    }
    let noise = match found.noise {
        Some(0.0) => "no noise: it does not change between points next to each other".to_owned(),
        Some(sigma) => format!(
            "noise of one evaluation {}, {} of the value",
            short(sigma),
            short(sigma / found.value.abs())
        ),
        None => "the noise of one evaluation could not be measured".to_owned(),
    };
    if found.obstacle().is_none() {
        let _ = writeln!(text, "  {noise}");
        let _ = writeln!(
            text,
            "  {} looked at: {} flat, {} with a kink at the point or near it",
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
            "  kink {place} along {}: slope {left} below and {right} above",
            kinked.coordinate
        );
    }
    text
}
