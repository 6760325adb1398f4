//! Results for people: what a report says, at a glance first, then what one needs to act on it.
//!
//! Reads reports; knows nothing of how they came about. Styles are always written; where the text goes
//! decides whether they stay.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use gradient_check::{Band, CoordinateReport, Reason, Report, Verdict};
use tabled::builder::Builder;
use tabled::settings::object::Columns;
use tabled::settings::{Alignment, Modify, Padding, Style as TableStyle};

use crate::network::{Outcome, Prepared, Stage, command_line, summary};

/// What is right.
pub const GOOD: Style = AnsiColor::Green.on_default();
/// What is wrong.
pub const BAD: Style = AnsiColor::Red.on_default().bold();
/// What is undecided.
pub const UNSURE: Style = AnsiColor::Yellow.on_default();
/// What leads the eye.
pub const STRONG: Style = Style::new().bold();
/// What can be skipped.
pub const FAINT: Style = Style::new().dimmed();

/// `text` in `style`.
pub fn styled(style: Style, text: impl std::fmt::Display) -> String {
    format!("{style}{text}{style:#}")
}

/// The style of a verdict.
pub fn style_of(verdict: Verdict) -> Style {
    match verdict {
        Verdict::Agree => GOOD,
        Verdict::Disagree => BAD,
        Verdict::Inconclusive(_) => UNSURE,
    }
}

/// A verdict in its colour.
pub fn verdict(verdict: Verdict) -> String {
    styled(style_of(verdict), verdict)
}

/// A table without lines: a head and rows, columns from `numbers_from` on to the right.
pub fn table(head: &[&str], rows: Vec<Vec<String>>, numbers_from: usize) -> String {
    let mut builder = Builder::default();
    builder.push_record(head.iter().map(|cell| styled(FAINT, cell)));
    for row in rows {
        builder.push_record(row);
    }
    let mut table = builder.build();
    table
        .with(TableStyle::empty())
        .with(Padding::new(2, 0, 0, 0));
    table.with(Modify::new(Columns::new(numbers_from..)).with(Alignment::right()));
    let mut text = String::new();
    for line in table.to_string().lines() {
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// The checks of a network.
pub fn network(prepared: &Prepared, outcome: &Outcome) -> String {
    let mut text = format!("{}\n", styled(STRONG, summary(prepared)));
    for checked in &outcome.checks {
        let when = match checked.stage {
            Stage::Initialization => "At initialization".to_owned(),
            Stage::AfterTraining { .. } => {
                format!("{} of training", sentence_case(&checked.stage.to_string()))
            }
        };
        let _ = writeln!(
            text,
            "\n{}: {}",
            styled(STRONG, when),
            verdict(checked.report.verdict)
        );
        text.push_str(&report(&checked.report));
        if checked.planted.as_ref().is_some_and(Vec::is_empty) {
            text.push_str("  the planted fault changes no bit of the gradient here\n");
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
                    checked.engine,
                )
            )
        );
    }
    text.push('\n');
    text.push_str(&conclusion(prepared, outcome));
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
            format_args!("Again: {}", command_line(&prepared.spec))
        )
    );
    text
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
            .filter(|checked| wanted(checked.report.verdict))
            .map(|checked| match checked.stage {
                Stage::Initialization => "at initialization".to_owned(),
                Stage::AfterTraining { .. } => checked.stage.to_string(),
            })
            .collect();
        names.join(" and ")
    };
    match outcome.verdict() {
        Verdict::Agree => {
            let _ = writeln!(
                text,
                "{} {}, as far as the power stated above goes.",
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
    if prepared.training.steps == 0 {
        let _ = writeln!(
            text,
            "Not checked after training (--steps 0): a backward pass may be right only near \
             initialization."
        );
    }
    text
}

/// One report: the blocks, then what stands out.
pub fn report(report: &Report) -> String {
    let rows = report
        .blocks
        .iter()
        .map(|block| {
            let mut row = vec![block.name.clone(), extents(&block.shape)];
            match &block.worst {
                Some(worst) => {
                    row.extend([verdict(block.verdict), short(block.difference)]);
                    row.extend(coordinate_cells(worst));
                }
                None => {
                    row.push(styled(UNSURE, "not judged"));
                    row.extend(vec![String::new(); 5]);
                }
            }
            row
        })
        .collect();
    let head = [
        "block",
        "shape",
        "verdict",
        "difference",
        "furthest off",
        "analytic",
        "numeric",
        "± bar",
    ];
    let mut text = table(&head, rows, 5);
    text.push_str(&wrong(report));
    text.push_str(&undecided(report));
    text.push_str(&footnotes(report));
    text
}

fn coordinate_cells(worst: &CoordinateReport) -> Vec<String> {
    let comparison = &worst.comparison;
    vec![
        worst.coordinate.to_string(),
        derivative(comparison.analytic),
        comparison
            .numeric
            .map_or_else(|| "none".to_owned(), derivative),
        comparison
            .error_bar
            .map_or_else(|| "unknown".to_owned(), short),
    ]
}

/// What is wrong and where to look first.
fn wrong(report: &Report) -> String {
    let mut text = String::new();
    for block in report
        .blocks
        .iter()
        .filter(|block| block.verdict == Verdict::Disagree)
    {
        let Some(worst) = &block.worst else { continue };
        let layer = block
            .stage
            .map_or_else(String::new, |stage| format!(" (layer {stage})"));
        let numeric = worst
            .comparison
            .numeric
            .map_or_else(|| "none".to_owned(), derivative);
        let _ = writeln!(
            text,
            "  {} {} of {} coordinates disagree; worst {}: analytic {}, numeric {}",
            styled(BAD, format_args!("{}{layer} is wrong:", block.name)),
            block.counts.disagree,
            block.counts.total(),
            styled(STRONG, &worst.coordinate),
            derivative(worst.comparison.analytic),
            numeric,
        );
    }
    text.push_str(&causes(report));
    if let Some(layer) = report.first_wrong_stage
        && report
            .blocks
            .iter()
            .any(|block| block.stage.is_some_and(|stage| stage != layer))
    {
        let _ = writeln!(
            text,
            "  Look first at layer {layer}: of the wrong ones it is the nearest to the output, and \
             errors travel\n  from there towards the input."
        );
    }
    text
}

/// What is believed to be wrong, the blocks nearest to the output first; blocks with the same cause
/// together.
fn causes(report: &Report) -> String {
    let mut groups: Vec<(&str, Vec<&str>, f64)> = Vec::new();
    for block in report.blocks.iter().rev() {
        let Some(diagnosis) = &block.diagnosis else {
            continue;
        };
        match groups
            .iter_mut()
            .find(|(message, ..)| *message == diagnosis.message)
        {
            Some((_, names, residual)) => {
                names.push(&block.name);
                *residual = residual.max(diagnosis.residual);
            }
            None => groups.push((&diagnosis.message, vec![&block.name], diagnosis.residual)),
        }
    }
    let mut text = String::new();
    for (message, names, residual) in groups {
        let evidence = match residual > 0.0 {
            true => format!(" (residual {})", short(residual)),
            false => String::new(),
        };
        let line = format!("{}: {message}{evidence}.", names.join(", "));
        for (i, part) in textwrap::wrap(&line, 92).iter().enumerate() {
            let lead = if i == 0 {
                styled(STRONG, "why: ")
            } else {
                "     ".to_owned()
            };
            let _ = writeln!(text, "  {lead}{part}");
        }
    }
    text
}

fn undecided(report: &Report) -> String {
    let mut text = String::new();
    for reason in Reason::ALL {
        let count = report.counts.with_reason(reason);
        if count == 0 {
            continue;
        }
        let blocks: Vec<&str> = report
            .blocks
            .iter()
            .filter(|block| block.counts.with_reason(reason) > 0)
            .map(|block| block.name.as_str())
            .collect();
        let _ = writeln!(
            text,
            "  {} {} of {} ({}):\n    {}.",
            styled(UNSURE, "Undecided:"),
            thousands(count as u64),
            plural(report.counts.total(), "coordinate"),
            blocks.join(", "),
            reason.remedy(),
        );
    }
    text
}

fn footnotes(report: &Report) -> String {
    let mut text = String::new();
    let band = report.band();
    let style = match band {
        Band::LikelyRight => GOOD,
        Band::LookAgain => UNSURE,
        Band::Bug => BAD,
    };
    let _ = writeln!(
        text,
        "  difference {} over all; the course reads it as {}",
        short(report.difference),
        styled(style, format_args!("\"{}\"", band.words())),
    );
    if let Some(power) = &report.power {
        let _ = writeln!(
            text,
            "  would have caught: {} of its block's scale in any one coordinate, {} in any whole block",
            short(power.single_coordinate),
            short(power.block),
        );
    }
    if report.selected < report.parameters {
        let _ = writeln!(
            text,
            "  judged {} of {} coordinates, a sample with some of every block; the rest may be anything",
            thousands(report.counts.total() as u64),
            thousands(report.parameters as u64),
        );
    }
    if report.interrupted {
        let _ = writeln!(
            text,
            "  {} {} of {} coordinates were judged",
            styled(UNSURE, "interrupted:"),
            thousands(report.counts.total() as u64),
            thousands(report.selected as u64),
        );
    }
    if report.counts.flat > 0 {
        let _ = writeln!(
            text,
            "  {} flat, gradient and cost alike (a dead unit, an input that is always 0):\n  a \
             mistake there would not show",
            if report.counts.flat == 1 {
                "1 coordinate is".to_owned()
            } else {
                format!("{} coordinates are", thousands(report.counts.flat as u64))
            },
        );
    }
    text.push_str(&kinks(report));
    text
}

/// Coordinates at a kink, with the slopes on both sides of one of them.
fn kinks(report: &Report) -> String {
    let count = report.counts.subgradients;
    let example = report.worst.iter().find_map(|worst| {
        let [left, right] = worst
            .comparison
            .one_sided
            .filter(|_| worst.comparison.subgradient)?;
        let slopes = (derivative(left), derivative(right));
        Some(format!(
            "{}: slope {} below and {} above",
            worst.coordinate, slopes.0, slopes.1
        ))
    });
    let Some(example) = example.filter(|_| count > 0) else {
        return String::new();
    };
    let (where_it_is, rest) = match count {
        1 => ("1 coordinate is".to_owned(), "there"),
        count => (format!("{count} coordinates are"), "at each"),
    };
    format!(
        "  {where_it_is} at a kink of the cost ({example});\n  the gradient is a subgradient {rest}, \
         which is right, whatever the difference makes of it\n"
    )
}

/// `16×30`; `1` for a scalar.
pub fn extents(shape: &[usize]) -> String {
    if shape.is_empty() {
        return "1".to_owned();
    }
    shape
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("×")
}

/// Two digits: `3.1e-10`.
pub fn short(value: f64) -> String {
    if value == 0.0 {
        "0".to_owned()
    } else {
        scientific(value, 1)
    }
}

/// Six digits with a sign: `+1.23457e-02`.
pub fn derivative(value: f64) -> String {
    match value {
        0.0 => "0".to_owned(),
        v if v > 0.0 => format!("+{}", scientific(v, 5)),
        v => scientific(v, 5),
    }
}

/// With `digits` after the point and an exponent of at least two digits, as C and NumPy print it, so
/// that columns line up and the course's numbers look as they do there.
pub fn scientific(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$e}");
    match text.split_once('e') {
        Some((mantissa, exponent)) => match exponent.strip_prefix('-') {
            Some(exponent) => format!("{mantissa}e-{exponent:0>2}"),
            None => format!("{mantissa}e+{exponent:0>2}"),
        },
        // NaN and infinity.
        None => text,
    }
}

/// `1 coordinate`, `2 coordinates`.
pub fn plural(count: usize, noun: &str) -> String {
    let count_text = thousands(count as u64);
    if count == 1 {
        format!("{count_text} {noun}")
    } else {
        format!("{count_text} {noun}s")
    }
}

/// `12,345`.
pub fn thousands(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `0.05 s`, `12 s`.
pub fn seconds(seconds: f64) -> String {
    if seconds < 10.0 {
        format!("{seconds:.2} s")
    } else {
        format!("{seconds:.0} s")
    }
}

fn sentence_case(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_uppercase().collect::<String>() + chars.as_str()
    })
}
