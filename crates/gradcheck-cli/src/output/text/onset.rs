//! The step of the training at which a gradient became wrong, and what saturated then.
//!
//! Reads nothing but what the run found.

use super::network::paragraph;
use gradient_check::text::{STRONG, plural, scientific, short, wrapped};
use mlp_check::training::{Grown, Limit, Onset, Quantity, Saturated, State};

/// The step at which the gradient became wrong, what qualifies it, and what saturated then.
pub(super) fn onset(onset: &Onset) -> String {
    let right = match onset.right_until {
        Some(0) => "Right at initialization".to_owned(),
        Some(step) => format!("Right up to step {step}"),
        None => "No earlier step was verified correct".to_owned(),
    };
    let undecided = match onset.undecided.as_slice() {
        [] => String::new(),
        [one] => format!(", inconclusive at step {one}"),
        many => format!(", inconclusive at steps {}", listed(many, ", ")),
    };
    let step = onset.wrong_from;
    let wrong = match onset.is_exact() {
        true => format!("wrong from step {step} on"),
        false => format!("wrong at step {step} and from some earlier step on"),
    };
    let lead = format!("{right}{undecided}, {wrong}");
    let count = format!("({}).", plural(onset.checks, "more check"));
    let mut text = paragraph(STRONG, &lead, &count);
    for remark in remarks(onset) {
        text.push_str(&wrapped("", &remark));
    }
    text.push_str(&changed(onset));
    text
}

fn listed(steps: &[usize], between: &str) -> String {
    let steps: Vec<String> = steps.iter().map(ToString::to_string).collect();
    steps.join(between)
}

/// What qualifies the sentence.
fn remarks(onset: &Onset) -> Vec<String> {
    let mut remarks = Vec::new();
    remarks.extend(onset.limit.as_ref().map(|limit| match limit {
        Limit::Interrupted => "The search was interrupted before it could be more precise.".to_owned(),
        Limit::NotSaved => "The steps in between were not saved, and training to them again would take longer than \
                            the training itself: check after fewer --steps."
            .to_owned(),
        Limit::NotRepeatable => "Re-running the training did not reproduce the parameters.".to_owned(),
        Limit::Scattered => {
            "Each earlier step had other wrong coordinates: the error may have started earlier.".to_owned()
        }
        Limit::Failed(error) => format!("A check in between could not be made: {error}."),
    }));
    if !onset.confirmed && onset.right_until.is_some() {
        remarks.push("At that step only the coordinates that fail later were verified.".to_owned());
    }
    if !onset.unsteady.is_empty() {
        remarks.push(format!(
            "The error is intermittent (step {} contradicts this), so it may have started earlier.",
            listed(&onset.unsteady, " and ")
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
        "  changes from step {} to step {}:\n",
        onset.not_wrong_at, onset.wrong_from
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
        format!("on {then} of {of} (before: {before})")
    } else if then > before {
        format!("on {then} of {of} (before: {before}, at the end: {last})")
    } else {
        format!("on {last} of {of}, only at the end (at this step: {then})")
    };
    match unit.state {
        State::Saturated => format!("{who} is saturated {counts}"),
        State::Dead => format!("{who} is dead: z ≤ 0 {counts}"),
        State::AlwaysBelow => format!("{who} is below its kink: z ≤ 0 {counts}"),
        State::AlwaysOn => format!("{who} is always active: z > 0 {counts}"),
        State::Sure => format!("{who} is {} {counts}", State::Sure.name()),
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
