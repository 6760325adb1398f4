//! Below the blocks: the course's difference, what the check could have missed, and what was not judged.
//!
//! Reads nothing but the report.

use std::fmt::Write as _;

use crate::Report;
use crate::course::Band;

use super::findings::list;
use super::kinks::named_kinks;
use super::numbers::{derivative, short, thousands};
use super::second_opinion::second_opinion;
use super::style::{BAD, GOOD, UNSURE, styled, wrapped};

/// All of them.
pub(super) fn footnotes(report: &Report) -> String {
    let mut text = String::new();
    let band = report.band();
    let style = match band {
        Band::LikelyRight => GOOD,
        Band::LookAgain => UNSURE,
        Band::Bug => BAD,
    };
    if report.counts.total() > 0 {
        let _ = writeln!(
            text,
            "  difference {} over {}; {}",
            short(report.difference),
            match report.counts.unmeasured {
                some if 0 < some && some < report.counts.total() => "the rest",
                _ => "all",
            },
            match report.difference.is_nan() {
                true => "the course has no reading for that".to_owned(),
                false => format!(
                    "the course reads it as {}",
                    styled(style, format_args!("\"{}\"", band.words()))
                ),
            }
        );
    }
    if let Some(power) = &report.power {
        let one = format!(
            "would have caught: {} of its block's scale in any one coordinate",
            short(power.single_coordinate)
        );
        // On a block that is zero no factor shows.
        let all = match power.block.is_finite() {
            true => format!(", {} in any whole block", short(power.block)),
            false => String::new(),
        };
        text.push_str(&wrapped("", &format!("{one}{all}")));
    }
    text.push_str(&second_opinion(report));
    // What is fixed is no part of a sample.
    if report.selected + report.fixed < report.parameters {
        let rest = match &report.directional {
            Some(test) if test.uncovered == 0 => {
                "of the rest random directions alone speak".to_owned()
            }
            Some(test) => format!(
                "of the rest random directions alone speak, and of {} of it nothing",
                thousands(test.uncovered as u64)
            ),
            None => "the rest may be anything".to_owned(),
        };
        text.push_str(&wrapped(
            "",
            &format!(
                "judged {} of {} coordinates, a sample with some of every block; {rest}",
                thousands(report.counts.total() as u64),
                thousands(report.parameters as u64),
            ),
        ));
    }
    if report.fixed > 0 {
        let (which, it) = match report.fixed {
            1 => ("1 coordinate is".to_owned(), "it"),
            fixed => (
                format!("{} coordinates are", thousands(fixed as u64)),
                "them",
            ),
        };
        let _ = writeln!(
            text,
            "  {which} fixed: nothing moves {it}, and nothing is said of {it}"
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
        let which = match report.counts.flat {
            1 => "1 coordinate is".to_owned(),
            flat => format!("{} coordinates are", thousands(flat as u64)),
        };
        text.push_str(&wrapped(
            "",
            &format!(
                "{which} flat, gradient and cost alike (a dead unit, an input that is always 0): a \
                 mistake there would not show"
            ),
        ));
    }
    text.push_str(&zero(report));
    text.push_str(&near_zero(report));
    text.push_str(&kinks(report));
    text.push_str(&named_kinks(report));
    text
}

/// Blocks that are zero to within their bars, or to rounding.
fn zero(report: &Report) -> String {
    let blocks = report.blocks.iter();
    let names: Vec<String> = blocks
        .filter(|block| block.counts.zero > 0)
        .map(|block| block.name.clone())
        .collect();
    // Two given gradients have none.
    let has_bars = report
        .worst
        .iter()
        .any(|c| c.comparison.error_bar.is_some());
    match report.counts.zero {
        0 => String::new(),
        count => wrapped(
            "",
            &format!(
                "{} {} zero to within {} ({}), and so is the gradient: a wrong factor would not show there",
                thousands(count as u64),
                if count == 1 {
                    "entry is"
                } else {
                    "entries are"
                },
                match (has_bars, count) {
                    (false, _) => "rounding",
                    (true, 1) => "its error bar",
                    (true, _) => "their error bars",
                },
                list(&names),
            ),
        ),
    }
}

/// Entries so far below their block's scale that one could leave them out.
fn near_zero(report: &Report) -> String {
    let blocks = report.blocks.iter();
    let names: Vec<String> = blocks
        .filter(|block| block.counts.near_zero > 0)
        .map(|block| block.name.clone())
        .collect();
    let (which, one) = match report.counts.near_zero {
        0 => return String::new(),
        1 => ("1 entry is".to_owned(), "it"),
        count => (
            format!("{} entries are", thousands(count as u64)),
            "one of them",
        ),
    };
    wrapped(
        "",
        &format!(
            "{which} too small beside the block to be told from 0 ({}): left out, or with the wrong sign, {one} \
             would not show; in a block apart, or with the large ones fixed, it may",
            list(&names),
        ),
    )
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
    if count == 1 {
        return format!(
            "  1 coordinate is at a kink of the cost ({example});\n  the gradient is a subgradient there, \
             which is right, whatever the difference makes of it\n"
        );
    }
    // One coordinate at a time: at a tie of max(p₀, p₁) each entry of (1, 1) passes, and the pair is none.
    let together = match report.tie_directions {
        0 => "whether all of them are one subgradient together is not tested".to_owned(),
        directions => {
            format!("together they are one along {directions} random directions")
        }
    };
    format!(
        "  {count} coordinates are at a kink of the cost ({example});\n  each entry lies between its two \
         slopes, as those of a subgradient do, whatever the difference makes of it;\n  {together}\n"
    )
}
