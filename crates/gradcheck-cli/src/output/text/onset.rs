//! Since which step of the training a gradient is wrong, and what saturated then.
//!
//! Reads what the run found; says no more than that.

use std::fmt::Write as _;

use gradient_check::text::{STRONG, plural, scientific, short, styled, wrapped};
use mlp_check::training::{Grown, Limit, Onset, Quantity, Saturated, State};

/// The lines on since when, indented as the ones of a report.
pub(super) fn onset(onset: &Onset) -> String {
    let mut text = String::new();
    let right = match onset.right_until {
        Some(0) => "Right at initialization".to_owned(),
        Some(step) => format!("Right up to step {step}"),
        None => "Not found right at any step before".to_owned(),
    };
    let undecided = match onset.undecided.as_slice() {
        [] => String::new(),
        [one] => format!(", undecided at step {one}"),
        many => format!(
            ", undecided at steps {}",
            many.iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join(", ")
        ),
    };
    let step = onset.wrong_from;
    let wrong = match onset.is_exact() {
        true => format!("wrong from step {step} on"),
        false => format!("wrong at step {step}, and from some step in between on"),
    };
    let _ = writeln!(
        text,
        "{} ({}).",
        styled(STRONG, format_args!("{right}{undecided}, {wrong}")),
        plural(onset.checks, "more check"),
    );
    for remark in remarks(onset) {
        text.push_str(&wrapped("", &remark));
    }
    text.push_str(&changed(onset));
    text
}

/// What qualifies the sentence.
fn remarks(onset: &Onset) -> Vec<String> {
    let mut remarks = Vec::new();
    match &onset.limit {
        None => {}
        Some(Limit::Interrupted) => remarks.push(
            "Interrupted before it could be told more closely.".to_owned(),
        ),
        Some(Limit::NotSaved) => remarks.push(
            "The steps between were not saved, and training to them again would take longer than the \
             training: check after fewer --steps."
                .to_owned(),
        ),
        Some(Limit::NotRepeatable) => {
            remarks.push("Training to the steps between again led elsewhere.".to_owned());
        }
        Some(Limit::Scattered) => remarks.push(
            "Other coordinates were wrong before, time and again: it may have begun earlier."
                .to_owned(),
        ),
        Some(Limit::Failed(error)) => {
            remarks.push(format!("A check between could not be made: {error}."));
        }
    }
    if !onset.confirmed && onset.right_until.is_some() {
        remarks.push(
            "Right there are the coordinates that are wrong later; the others were not all looked at \
             or not all decided."
                .to_owned(),
        );
    }
    if !onset.unsteady.is_empty() {
        let steps: Vec<String> = onset.unsteady.iter().map(ToString::to_string).collect();
        remarks.push(format!(
            "It comes and goes: step {} says otherwise, so that it may have been wrong before.",
            steps.join(" and ")
        ));
    }
    remarks
}

/// What saturated, one thing a line.
fn changed(onset: &Onset) -> String {
    let changes = &onset.changes;
    let lines = changes.saturated.iter().map(saturated);
    let lines: Vec<String> = lines.chain(changes.extremes.iter().map(grown)).collect();
    if lines.is_empty() {
        return String::new();
    }
    let mut text = format!(
        "  from step {} to {step}:\n",
        onset.not_wrong_at,
        step = onset.wrong_from
    );
    for line in lines {
        text.push_str(&wrapped("  ", &line));
    }
    text
}

fn saturated(unit: &Saturated) -> String {
    let who = match unit.unit {
        Some(index) => format!("unit[{index}] of layer {}", unit.layer),
        None => "the output".to_owned(),
    };
    let Saturated {
        before,
        then,
        last,
        examples,
        ..
    } = unit;
    let of = plural(*examples, "example");
    let counts = if unit.state != State::Saturated && then > before && last >= then {
        format!("on {then} of {of} (before {before})")
    } else if then > before {
        format!("on {then} of {of} (before {before}, at the end {last})")
    } else {
        format!("on {last} of {of} only at the end ({then} then)")
    };
    match unit.state {
        State::Saturated => format!("{who} saturated {counts}"),
        State::Dead => format!("{who} dead: z ≤ 0 {counts}"),
        State::AlwaysBelow => format!("{who} below its kink: z ≤ 0 {counts}"),
        State::AlwaysOn => format!("{who} always on: z > 0 {counts}"),
        State::Sure => format!("{who} {} {counts}", State::Sure.name()),
    }
}

fn grown(grown: &Grown) -> String {
    let Grown {
        layer,
        unit,
        example,
        value,
        ..
    } = *grown;
    let number = |value: f64| match grown.quantity {
        Quantity::Output => output(value),
        _ => format!("{value:+.5}"),
    };
    let place = match grown.quantity {
        Quantity::HiddenZ => format!("unit[{unit}] of layer {layer}, example[{example}]"),
        _ => format!("output[{unit}], example[{example}]"),
    };
    format!(
        "{}: {} → {} ({place})",
        grown.quantity.name(),
        number(grown.before),
        number(value)
    )
}

/// A probability, so that its distance from 0 or 1 shows.
fn output(a: f64) -> String {
    if (1e-4..=1.0 - 1e-4).contains(&a) {
        format!("{a:.6}")
    } else if a < 0.5 {
        scientific(a, 4)
    } else {
        format!("1 − {}", short(1.0 - a))
    }
}
