//! What is wrong: which blocks, where in them, why, and where to start.
//!
//! Reads nothing but the report.

use crate::constants::Constants;
use crate::diagnosis::Diagnosis;
use crate::pattern::Confined;
use crate::report::{BlockReport, BrokenTie};
use crate::{Reason, Report, Verdict};

use super::numbers::{counted, derivative, short, thousands};
use super::style::{BAD, STRONG, hanging, indented, styled, wrapped};

/// Beyond so many wrong blocks the rest of them are counted: the table shows them all.
const MOST_BLOCKS: usize = 8;

/// The wrong blocks, those of the layer nearest to the output first, then why they are wrong, then what to do next.
pub(super) fn wrong(report: &Report) -> String {
    let wrong = || {
        let blocks = report.blocks.iter();
        blocks.filter(|block| block.verdict == Verdict::Disagree && block.worst.is_some())
    };
    let first = |block: &&BlockReport| block.stage == report.first_wrong_stage;
    let ordered = wrong()
        .filter(first)
        .chain(wrong().rev().filter(|block| !first(block)));
    let mut text = String::new();
    for block in ordered.take(MOST_BLOCKS) {
        text.push_str(&line(block));
        text.push_str(&heat(block, report.axes.as_ref(), first(&block)));
    }
    match wrong().count().saturating_sub(MOST_BLOCKS) {
        0 => {}
        1 => text.push_str("  1 more block is wrong\n"),
        more => text.push_str(&format!("  {more} more blocks are wrong\n")),
    }
    text.push_str(&causes(report));
    text.push_str(&tie(report));
    text.push_str(&next(report));
    text.push_str(&tolerable(report));
    text
}

/// `W2 (layer 2) is wrong in 128 of 128 entries, by up to 3.7e-01 at W2[5,14]`.
fn line(block: &BlockReport) -> String {
    let Some(worst) = &block.worst else {
        return String::new();
    };
    let layer = block
        .stage
        .map_or_else(String::new, |stage| format!(" (layer {stage})"));
    let error = worst
        .comparison
        .numeric
        .map(|d| (worst.comparison.analytic - d).abs())
        .filter(|error| error.is_finite());
    let lead = format!("{}{layer} is wrong", block.name);
    if block.shape.is_empty() {
        return match error {
            Some(error) => hanging(BAD, &lead, &format!("by {}", short(error))),
            None => format!("  {}\n", styled(BAD, lead)),
        };
    }
    let at = styled(STRONG, &worst.coordinate);
    let worst = match error {
        Some(error) => format!(", by up to {} at {at}", short(error)),
        None => format!("; worst entry {at}"),
    };
    let entries = format!(
        "in {} of {}{worst}",
        thousands(block.counts.disagree as u64),
        counted(block.counts.total(), "entry", "entries"),
    );
    hanging(BAD, &lead, &entries)
}

/// Where to start, if several layers are wrong.
fn next(report: &Report) -> String {
    let elsewhere = |layer: usize| {
        let mut blocks = report.blocks.iter();
        blocks.any(|block| {
            block.verdict == Verdict::Disagree && block.stage.is_some_and(|stage| stage != layer)
        })
    };
    match report.first_wrong_stage {
        Some(layer) if elsewhere(layer) => wrapped(
            "next: ",
            &format!(
                "start with layer {layer}, the wrong layer nearest to the output: errors propagate from there toward \
                 the input."
            ),
        ),
        _ => String::new(),
    }
}

/// Why entries at kinks are wrong that are subgradients each by itself.
fn tie(report: &Report) -> String {
    let Some(BrokenTie { slopes, analytic }) = report.broken_tie else {
        return String::new();
    };
    wrapped(
        "why: ",
        &format!(
            "the cost has a kink at {}. Each entry of the gradient lies between its two one-sided derivatives, but \
             together they are not a subgradient: along a random direction u the one-sided derivatives are {} and {}, \
             and g·u is {}. At a tie the whole gradient belongs to one of the tied entries, or is divided among them.",
            counted(report.counts.disagree, "entry", "entries"),
            derivative(slopes[0]),
            derivative(slopes[1]),
            derivative(analytic),
        ),
    )
}

/// What accepts a difference below a thousandth, which may be a tolerance's.
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
    let claims_exact = report
        .worst
        .first()
        .is_none_or(|worst| worst.comparison.least == 0.0);
    let inexact = report.counts.with_reason(Reason::Inexact) > 0;
    let differs = !claims_exact && (report.verdict == Verdict::Disagree || inexact);
    let Some(off) = off.filter(|off| differs && 0.0 < *off && *off < SMALL) else {
        return String::new();
    };
    // The cause may say it already.
    let has_advice = |block: &BlockReport| {
        let message = block.diagnosis.as_ref().map(|diagnosis| &diagnosis.message);
        message.is_some_and(|message| message.contains("`accuracy = "))
    };
    if report.blocks.iter().any(has_advice) {
        return String::new();
    }
    wrapped(
        "next: ",
        &format!(
            "the largest difference is only {} of the block's scale. If the cost or the gradient is computed to a \
             tolerance, set `accuracy = {}` to accept it.",
            short(off),
            accepting(off)
        ),
    )
}

/// An accuracy that accepts a difference like this one at other points too: the power of ten at or above twice of it.
fn accepting(off: f64) -> String {
    format!("1e{}", (2.0 * off).log10().ceil() as i32)
}

/// In which rows and columns a wrong block is off: in words where they are few, else as two strips, which
/// only the first blocks get.
fn heat(block: &BlockReport, axes: Option<&[String; 2]>, first: bool) -> String {
    let Some(pattern) = &block.pattern else {
        return String::new();
    };
    let vector = block.shape.len() < 2;
    let confined = |what: [&str; 2], indices: &[usize], axis: usize| {
        let one = indices.len() == 1;
        let meaning = axes.map_or_else(String::new, |axes| {
            let plural = if one { "" } else { "s" };
            format!(" ({}{plural} {})", axes[axis], listed(indices))
        });
        let what = if one { what[0] } else { what[1] };
        let line = format!(
            "all wrong entries are in {what} {}{meaning}",
            listed(indices)
        );
        indented(&line)
    };
    match &pattern.confined {
        // Of a vector the line above says it.
        Some(Confined::Rows(entries)) if vector && entries.len() == 1 && axes.is_none() => {
            return String::new();
        }
        Some(Confined::Rows(entries)) if vector => {
            return confined(["entry", "entries"], entries, 0);
        }
        Some(Confined::Rows(rows)) => return confined(["row", "rows"], rows, 0),
        Some(Confined::Columns(columns)) => return confined(["column", "columns"], columns, 1),
        None => {}
    }
    if !first || vector || block.shape.contains(&1) {
        return String::new();
    }
    format!(
        "    error by row {}  by column {}\n",
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

/// What is believed to be wrong, the blocks nearest to the output first; blocks with the same cause together.
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
