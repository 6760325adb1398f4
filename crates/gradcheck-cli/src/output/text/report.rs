//! One report: the blocks in a table, then what stands out.
//!
//! Reads nothing but the report.

use std::fmt::Write as _;

use gradient_check::{Band, CoordinateReport, Reason, Report, Verdict};

use super::numbers::{derivative, extents, plural, short, thousands};
use super::style::{BAD, GOOD, STRONG, UNSURE, styled, table, verdict};

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
