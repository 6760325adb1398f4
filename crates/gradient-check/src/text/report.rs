//! One report: the blocks in a table, then what stands out.
//!
//! Reads nothing but the report.

use std::fmt::{self, Write as _};

use crate::constants::Constants;
use crate::diagnosis::Diagnosis;
use crate::pattern::Confined;
use crate::report::{BlockReport, BrokenTie, CoordinateReport};
use crate::verdict::NonFinite;
use crate::{Reason, Report, Verdict};

use super::footnotes::footnotes;
use super::foreign::shown;
use super::numbers::{derivative, extents, plural, short, thousands};
use super::structure::structure;
use super::style::{BAD, STRONG, UNSURE, plain, styled, table, verdict, wrapped};

/// The blocks in a table, then what stands out: what is wrong and where, why, what could not be decided,
/// and what the check could have missed. Lines are at most 90 wide, but for names that are longer. Without the feature
/// `text` a few lines: the verdict, what is wrong first, what could not be decided.
///
/// ```
/// use finite_diff::{ParameterLayout, from_fn};
/// use gradient_check::{Settings, check};
/// let j = from_fn(2, |x: &[f64]| x[0] * x[1].sin());
/// let layout = ParameterLayout::flat("x", 2);
/// let report = check(&j, &[0.5f64.sin(), 2.0 * 0.5f64.sin()], &[2.0, 0.5], &layout, &Settings::default())?;
/// let text = report.to_string();
/// assert!(text.contains("x is wrong in 1 of 2 entries, most in x[1]"));
/// # Ok::<(), gradient_check::CheckError>(())
/// ```
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&plain(&styled_report(self)))
    }
}

/// One report, styled: the blocks, then what stands out.
pub fn styled_report(report: &Report) -> String {
    let report = &shown(report);
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
        "block", "shape", "verdict", "diff.", "worst", "analytic", "numeric", "± bar",
    ];
    let mut text = agrees_to(report);
    text.push_str(&table(&head, rows, 5));
    text.push_str(&structure(report));
    text.push_str(&wrong(report));
    text.push_str(&undecided(report));
    text.push_str(&footnotes(report));
    text
}

/// What an agreement is to, where that is more than the usual millionth, and why it is no sharper.
fn agrees_to(report: &Report) -> String {
    let usual = Constants::default().resolution;
    let Some(reached) = report
        .agrees_to()
        .filter(|reached| *reached > COARSE * usual)
    else {
        return String::new();
    };
    if report.verdict != Verdict::Agree {
        return String::new();
    }
    let why = match report.noise {
        // The larger part of what a difference may be.
        _ if 2.0 * report.accuracy >= reached => {
            format!("an accuracy of {} is granted", short(report.accuracy))
        }
        Some(noise) if noise.spread > 0.0 => format!(
            "evaluations of the cost at one point differ by up to {}",
            short(noise.spread)
        ),
        Some(noise) if noise.looks_single => "the cost is computed in single precision".to_owned(),
        Some(noise) => format!(
            "one evaluation of the cost may be off by {}",
            short(noise.of_one_evaluation)
        ),
        None => return String::new(),
    };
    wrapped(
        "",
        &format!("agree to {} of the scale: {why}", short(reached)),
    )
}

/// Up to so many times the usual resolution nothing is said of it: the limit below says it.
const COARSE: f64 = 4.0;

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

/// Where to look first, what is wrong there, then what is wrong elsewhere, and why.
fn wrong(report: &Report) -> String {
    let mut text = String::new();
    if let Some(layer) = report.first_wrong_stage
        && report.blocks.iter().any(|block| {
            block.verdict == Verdict::Disagree && block.stage.is_some_and(|stage| stage != layer)
        })
    {
        text.push_str(&wrapped(
            "",
            &format!(
                "Look first at layer {layer}: of the wrong ones it is the nearest to the output, and \
                 errors travel from there toward the input."
            ),
        ));
    }
    let wrong = || {
        let blocks = report.blocks.iter();
        blocks.filter(|block| block.verdict == Verdict::Disagree)
    };
    let first = |block: &&BlockReport| block.stage == report.first_wrong_stage;
    for block in wrong()
        .filter(first)
        .chain(wrong().rev().filter(|b| !first(b)))
    {
        let Some(worst) = &block.worst else { continue };
        let layer = block
            .stage
            .map_or_else(String::new, |stage| format!(" (layer {stage})"));
        let off = worst
            .comparison
            .numeric
            .map(|d| worst.comparison.analytic - d)
            .filter(|off| off.is_finite())
            .map_or_else(String::new, |off| format!(", by {}", short(off.abs())));
        if block.shape.is_empty() {
            let wrong = format_args!("{}{layer} is wrong", block.name);
            let _ = writeln!(text, "  {}{off}", styled(BAD, wrong));
            continue;
        }
        let _ = writeln!(
            text,
            "  {} in {} of {} entries, most in {}{off}",
            styled(BAD, format_args!("{}{layer} is wrong", block.name)),
            block.counts.disagree,
            block.counts.total(),
            styled(STRONG, &worst.coordinate),
        );
        text.push_str(&heat(block, report.axes.as_ref(), first(&block)));
    }
    text.push_str(&causes(report));
    text.push_str(&tie(report));
    text.push_str(&tolerable(report));
    text
}

/// Why entries at kinks are wrong that are subgradients each by itself.
fn tie(report: &Report) -> String {
    let Some(BrokenTie { slopes, analytic }) = report.broken_tie else {
        return String::new();
    };
    wrapped(
        "why: ",
        &format!(
            "The cost has a kink at {} entries, and each entry lies between its two slopes, but all of them together \
             are no subgradient: along a random direction among them the slope is {} before the point and {} behind \
             it, and the gradient says {}. At a tie the whole gradient belongs to one of the entries, or is shared.",
            report.counts.disagree,
            derivative(slopes[0]),
            derivative(slopes[1]),
            derivative(analytic),
        ),
    )
}

/// A difference below a thousandth may be a tolerance's: which accuracy accepts it.
fn tolerable(report: &Report) -> String {
    const SMALL: f64 = 1e-3;
    let relative = |block: &BlockReport| {
        let worst = &block.worst.as_ref()?.comparison;
        let apart = (worst.analytic - worst.numeric?).abs();
        // The least error that is called wrong is a millionth of what the entry is measured in.
        Some(apart * Constants::default().resolution / worst.least)
    };
    let off = report
        .blocks
        .iter()
        .filter(|block| block.verdict != Verdict::Agree)
        .map(relative)
        .try_fold(0.0f64, |most, off| Some(most.max(off?)));
    // Where both sides are claimed to be exact there is no tolerance.
    let exact = |worst: &CoordinateReport| worst.comparison.least == 0.0;
    let claims = report.worst.first().is_none_or(exact);
    let inexact = report.counts.with_reason(Reason::Inexact) > 0;
    let differs = !claims && (report.verdict == Verdict::Disagree || inexact);
    let Some(off) = off.filter(|off| differs && 0.0 < *off && *off < SMALL) else {
        return String::new();
    };
    let bars = report.worst.first().and_then(|worst| {
        let c = &worst.comparison;
        Some((c.analytic - c.numeric?).abs() / c.error_bar?)
    });
    let bars = bars.map_or_else(String::new, |bars| {
        format!(", {} error bars", thousands(bars.round().min(1e15) as u64))
    });
    let said = |block: &BlockReport| {
        let message = block.diagnosis.as_ref().map(|diagnosis| &diagnosis.message);
        message.is_some_and(|message| message.contains("`accuracy = "))
    };
    let remedy = match report.blocks.iter().any(said) {
        true => String::new(),
        false => format!(
            " If cost or gradient stops at a tolerance, say so: `accuracy = {}` accepts it.",
            accepting(off)
        ),
    };
    let differs = format!("It differs by {} of the scale{bars}.{remedy}", short(off));
    wrapped("", &differs)
}

/// An accuracy that accepts a difference like this one at other points too: the power of ten at or above twice of it.
fn accepting(off: f64) -> String {
    format!("1e{}", (2.0 * off).log10().ceil() as i32)
}

/// In which rows and columns a wrong block is off: in words where they are few, else as two strips, which
/// only those need that one looks at first.
fn heat(block: &BlockReport, axes: Option<&[String; 2]>, first: bool) -> String {
    let Some(pattern) = &block.pattern else {
        return String::new();
    };
    let meaning = |axis: usize, indices: &[usize]| {
        axes.map_or_else(String::new, |axes| {
            let plural = if indices.len() == 1 { "" } else { "s" };
            format!(", {}{plural} {}", axes[axis], listed(indices))
        })
    };
    let vector = block.shape.len() < 2;
    match &pattern.confined {
        Some(Confined::Rows(rows)) if !vector => {
            let line = format!(
                "  all of it in row{} {}{}",
                if rows.len() == 1 { "" } else { "s" },
                listed(rows),
                meaning(0, rows)
            );
            return format!("{line}\n");
        }
        Some(Confined::Rows(entries)) => {
            return format!(
                "  all of it in entr{} {}{}\n",
                if entries.len() == 1 { "y" } else { "ies" },
                listed(entries),
                meaning(0, entries)
            );
        }
        Some(Confined::Columns(columns)) => {
            return format!(
                "  all of it in column{} {}{}\n",
                if columns.len() == 1 { "" } else { "s" },
                listed(columns),
                meaning(1, columns)
            );
        }
        None => {}
    }
    if !first || vector || block.shape.contains(&1) {
        return String::new();
    }
    format!(
        "  error by row {}  by column {}\n",
        strip(&pattern.row_heat),
        strip(&pattern.column_heat)
    )
}

/// `3`, `3 and 7`, `3, 7 and 9`; no more than six.
fn listed(indices: &[usize]) -> String {
    const MOST: usize = 6;
    let words: Vec<String> = indices.iter().take(MOST).map(ToString::to_string).collect();
    match words.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        _ if indices.len() > MOST => {
            format!("{} and {} more", words.join(", "), indices.len() - MOST)
        }
        [all @ .., last] => format!("{} and {last}", all.join(", ")),
    }
}

/// Shares as bars, the largest full; lines that would not fit are drawn several to a bar.
fn strip(shares: &[f64]) -> String {
    const WIDEST: usize = 24;
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let to_a_bar = shares.len().div_ceil(WIDEST).max(1);
    let largest = shares.iter().copied().fold(0.0, f64::max);
    shares
        .chunks(to_a_bar)
        .map(|chunk| {
            // By the error and not its square, which would show the largest alone.
            let relative = (chunk.iter().copied().fold(0.0, f64::max) / largest).sqrt();
            match relative > 0.0 {
                true => BARS[((relative * 8.0) as usize).min(7)],
                false => '·',
            }
        })
        .collect()
}

/// What is believed to be wrong, the blocks nearest to the output first; blocks with the same cause
/// together.
fn causes(report: &Report) -> String {
    let mut groups: Vec<(Diagnosis, Vec<&str>)> = Vec::new();
    for block in report.blocks.iter().rev() {
        let Some(diagnosis) = &block.diagnosis else {
            continue;
        };
        match groups
            .iter_mut()
            .find(|(d, _)| d.message == diagnosis.message)
        {
            Some((sum, names)) => {
                names.push(&block.name);
                sum.residual = sum.residual.max(diagnosis.residual);
            }
            None => groups.push((diagnosis.clone(), vec![&block.name])),
        }
    }
    let others_agree = report
        .blocks
        .iter()
        .all(|b| matches!(b.verdict, Verdict::Agree | Verdict::Disagree))
        && report.blocks.iter().any(|b| b.verdict == Verdict::Agree);
    let last = groups.len().saturating_sub(1);
    let mut text = String::new();
    for (i, (diagnosis, mut names)) in groups.into_iter().enumerate() {
        names.reverse();
        let others = match others_agree && i == last {
            true => " Every other block agrees.",
            false => "",
        };
        text.push_str(&wrapped(
            "why: ",
            &format!("{}.{others}", diagnosis.sentence(&names)),
        ));
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
            "  {} {} of {} ({}):",
            styled(UNSURE, "Undecided:"),
            thousands(count as u64),
            plural(report.counts.total(), "coordinate"),
            blocks.join(", "),
        );
        text.push_str(&wrapped("", &format!("{}.", reason.remedy())));
    }
    text.push_str(&not_finite(report));
    text
}

/// Who made the first NaN or infinity.
fn not_finite(report: &Report) -> String {
    let mut found = report
        .blocks
        .iter()
        .filter_map(|block| block.non_finite.as_ref());
    let Some((coordinate, origin)) =
        found.find_map(|c| Some((&c.coordinate, c.comparison.non_finite?)))
    else {
        return String::new();
    };
    let said = match origin {
        // A number that is one: another one than before.
        NonFinite::Forward { cost } if cost.is_finite() => return String::new(),
        NonFinite::Forward { cost } => format!(
            "The cost itself is {cost} at this point: the forward pass made it, so that there is nothing \
             to hold a gradient against."
        ),
        // Said among the causes.
        NonFinite::Backward => return String::new(),
        NonFinite::Probe { side, cost } => {
            let left = report.counts.with_reason(Reason::NonFinite) > 0;
            let so = match (left, report.verdict) {
                (true, _) => "though it is finite at the point.",
                (false, Verdict::Agree) => "so other steps were taken there.",
                (false, _) => {
                    "so other steps were taken there. If the domain of the cost ends there, state the bounds."
                }
            };
            format!("{coordinate}: the cost is {cost} at a probe, {side}, {so}")
        }
        NonFinite::Difference => format!(
            "{coordinate}: the difference of two finite costs, or its error bar, is no finite number: scale the \
             cost down."
        ),
    };
    wrapped("", &said)
}
