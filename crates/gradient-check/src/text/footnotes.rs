//! Below the blocks: what the check could not see, and what was not checked.
//!
//! Reads nothing but the report.

use crate::Report;
use crate::report::BlockReport;

use super::findings::list;
use super::kinks::named_kinks;
use super::numbers::{counted, derivative, plural, short, thousands};
use super::second_opinion::second_opinion;
use super::style::wrapped;

/// All of them; the directional test among them unless it has been shown.
pub(super) fn footnotes(report: &Report, with_directions: bool) -> String {
    let directions = match with_directions {
        true => second_opinion(report),
        false => String::new(),
    };
    let lines = [
        limit(report),
        directions,
        sample(report),
        fixed(report),
        flat(report),
        zero(report),
        near_zero(report),
        kinks(report),
        named_kinks(report),
    ];
    lines.concat()
}

/// The detection limit.
fn limit(report: &Report) -> String {
    let Some(power) = &report.power else {
        return String::new();
    };
    let one = format!(
        "detection limit: {} of block RMS (one coordinate)",
        short(power.single_coordinate)
    );
    // On a block that is zero no factor shows.
    let all = match power.block.is_finite() {
        true => format!(", {} (whole block)", short(power.block)),
        false => String::new(),
    };
    wrapped("", &(one + &all))
}

/// How many coordinates were checked of how many, where it is not all of them.
fn sample(report: &Report) -> String {
    // What is fixed is no part of a sample.
    if report.selected + report.fixed >= report.parameters {
        return String::new();
    }
    let rest = match &report.directional {
        Some(test) if test.uncovered == 0 => {
            "the rest are covered by the directional test only".to_owned()
        }
        Some(test) => format!(
            "the rest are covered by the directional test only, {} of them by nothing",
            thousands(test.uncovered as u64)
        ),
        None => "the rest were not checked".to_owned(),
    };
    let line = format!(
        "sample: {} of {}, some from every block; {rest}",
        thousands(report.counts.total() as u64),
        plural(report.parameters, "coordinate"),
    );
    wrapped("", &line)
}

fn fixed(report: &Report) -> String {
    match report.fixed {
        0 => String::new(),
        1 => "  1 coordinate is fixed and was not checked\n".to_owned(),
        fixed => format!(
            "  {} are fixed and were not checked\n",
            plural(fixed, "coordinate")
        ),
    }
}

/// Coordinates on which nothing depends.
fn flat(report: &Report) -> String {
    let have = match report.counts.flat {
        0 => return String::new(),
        1 => "has",
        _ => "have",
    };
    let line = format!(
        "{} {have} zero derivative and zero gradient (dead unit, constant zero input): an error there cannot be detected",
        plural(report.counts.flat, "coordinate"),
    );
    wrapped("", &line)
}

/// The names of the blocks in which any coordinate is counted so.
fn names(report: &Report, count: impl Fn(&BlockReport) -> usize) -> String {
    let blocks = report.blocks.iter().filter(|block| count(block) > 0);
    let names: Vec<String> = blocks.map(|block| block.name.clone()).collect();
    list(&names)
}

/// Blocks that are zero to within their error bars, or to rounding where there are none.
fn zero(report: &Report) -> String {
    let worst = report.worst.iter();
    let has_bars = worst
        .map(|c| c.comparison.error_bar)
        .any(|bar| bar.is_some());
    let (are, their) = match (report.counts.zero, has_bars) {
        (0, _) => return String::new(),
        (1, false) => ("is", "rounding"),
        (_, false) => ("are", "rounding"),
        (1, true) => ("is", "its error bar"),
        (_, true) => ("are", "their error bars"),
    };
    let line = format!(
        "{} ({}) {are} zero to within {their}, and so is the gradient: a wrong factor there cannot be detected",
        counted(report.counts.zero, "entry", "entries"),
        names(report, |block| block.counts.zero),
    );
    wrapped("", &line)
}

/// Entries so far below their block's scale that one could leave them out.
fn near_zero(report: &Report) -> String {
    let count = report.counts.near_zero;
    let (are, one) = match count {
        0 => return String::new(),
        1 => ("is", "if it is missing"),
        _ => ("are", "if one is missing"),
    };
    let line = format!(
        "{} ({}) {are} too small relative to the block to distinguish from 0: {one} or has the wrong sign, \
         that is not detected; checking it in a block of its own may detect it",
        counted(count, "entry", "entries"),
        names(report, |block| block.counts.near_zero),
    );
    wrapped("", &line)
}

/// Coordinates at a kink, with the one-sided derivatives at one of them.
fn kinks(report: &Report) -> String {
    let count = report.counts.subgradients;
    let example = report.worst.iter().find_map(|worst| {
        let [left, right] = worst
            .comparison
            .one_sided
            .filter(|_| worst.comparison.subgradient)?;
        Some(format!(
            "at {} the one-sided derivatives are {} and {}",
            worst.coordinate,
            derivative(left),
            derivative(right)
        ))
    });
    let Some(example) = example.filter(|_| count > 0) else {
        return String::new();
    };
    // One coordinate at a time: at a tie of max(p₀, p₁) each entry of (1, 1) passes, and the pair is none.
    let line = match (count, report.tie_directions) {
        (1, _) => format!(
            "1 coordinate is at a kink of the cost: {example}, and the gradient is a subgradient, which counts as right \
             whatever the relative error"
        ),
        (_, 0) => format!(
            "{count} coordinates are at a kink of the cost: {example}. Each entry of the gradient lies between its own \
             two, which counts as right whatever the relative error; whether they are a subgradient together was not tested"
        ),
        (_, directions) => format!(
            "{count} coordinates are at a kink of the cost: {example}. Each entry of the gradient lies between its own \
             two, and together they agree with a subgradient along {}, which counts as right whatever the relative error",
            plural(directions, "random direction")
        ),
    };
    wrapped("", &line)
}
