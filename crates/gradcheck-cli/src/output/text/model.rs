//! The check of a model somewhere else, and what it comes to.

use std::fmt::Write as _;

use gradient_check::text::{
    BAD, FAINT, GOOD, STRONG, UNSURE, derivative, plain, plural, seconds, short, styled,
    styled_report, thousands, verdict, wrapped,
};
use gradient_check::{VectorReport, Verdict};

use crate::remote::{Forward, ModelOutcome, ModelSpec, Offered, command_line};

/// The check of a model.
pub fn model(spec: &ModelSpec, outcome: &ModelOutcome) -> String {
    let mut text = String::new();
    let mut title = format!("model {} · inputs {}", outcome.model, outcome.layout);
    let outputs: usize = outcome.outputs.iter().sum();
    let _ = write!(title, " · {}", plural(outputs, "output"));
    if outcome.urls.len() > 1 {
        let _ = write!(title, " · {}", plural(outcome.urls.len(), "server"));
    }
    for line in textwrap::wrap(&title, 80) {
        let _ = writeln!(text, "{}", styled(STRONG, line));
    }
    let evaluations = match &outcome.offered {
        Offered::Gradient(report) => {
            text.push_str(&derivatives(report));
            evaluations(report)
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
        for line in textwrap::wrap(&said, 80) {
            let _ = writeln!(text, "{}", styled(BAD, line));
        }
    }
    if let Some(verdict) = outcome.verdict() {
        let said = match verdict {
            Verdict::Agree => format!(
                "{} at this point, as far as the power stated above goes.\n",
                styled(GOOD, "The gradient is right")
            ),
            Verdict::Disagree => {
                format!("{} at this point.\n", styled(BAD, "The gradient is wrong"))
            }
            Verdict::Inconclusive(_) => format!(
                "{} Nothing was found to be wrong, but not everything could be decided.\n",
                styled(UNSURE, "No verdict.")
            ),
        };
        text.push_str(&said);
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

/// Jᵀv, and where there is one J·u.
fn derivatives(report: &VectorReport) -> String {
    let mut text = String::new();
    let parts = [
        ("Gradient", &report.vjp),
        (
            "ApplyJacobian, along a random direction in each input",
            &report.jvp,
        ),
    ];
    for (title, report) in parts {
        if let Some(report) = report {
            let _ = writeln!(
                text,
                "\n{}: {}",
                styled(STRONG, title),
                verdict(report.verdict)
            );
            text.push_str(&styled_report(report));
        }
    }
    if let Some(adjoint) = &report.adjoint {
        let title = styled(STRONG, "one against the other");
        let _ = writeln!(text, "\n{title}: {}", verdict(adjoint.verdict()));
        text.push_str(&plain(&adjoint.to_string()));
    }
    text
}

fn evaluations(report: &VectorReport) -> u64 {
    let reports = [&report.vjp, &report.jvp];
    reports
        .into_iter()
        .flatten()
        .map(|report| report.evaluations)
        .sum()
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
