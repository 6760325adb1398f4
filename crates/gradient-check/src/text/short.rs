//! A report in its shortest form: the verdict, then a line for each block.
//!
//! Reads nothing but the report.

use crate::report::BlockReport;
use crate::{Report, Verdict};

use super::blocks::{block_verdict, worst_index};
use super::foreign::shown;
use super::numbers::{extents, short, thousands};
use super::style::{WIDTH, aligned, lines, shortened, verdict};

/// How many columns there are, all of them aligned to the left.
const COLUMNS: usize = 5;

/// One report in its shortest form, styled: first the verdict on the whole check, then one line for each block with its
/// verdict, name, shape, the index of its worst entry, and its relative error. No line is wider than 80 columns unless its
/// shape is.
///
/// ```
/// use finite_diff::{ParameterLayout, from_fn};
/// use gradient_check::text::{plain, short_report};
/// use gradient_check::{Settings, check};
/// let j = from_fn(2, |x: &[f64]| x[0] * x[1]);
/// let layout = ParameterLayout::flat("x", 2);
/// let report = check(&j, &[0.5, 2.0], &[2.0, 0.5], &layout, &Settings::default())?;
/// let text = plain(&short_report(&report));
/// assert!(text.starts_with("agree: 2 of 2 coordinates checked, 0 wrong, 0 inconclusive\nagree  x  2  [0]"));
/// # Ok::<(), gradient_check::CheckError>(())
/// ```
pub fn short_report(report: &Report) -> String {
    let report = &shown(report);
    let counts = &report.counts;
    let mut text = format!(
        "{}: {} of {} coordinates checked, {} wrong, {} inconclusive\n",
        verdict(report.verdict),
        thousands(counts.total() as u64),
        thousands(report.parameters as u64),
        thousands(counts.disagree as u64),
        thousands(counts.inconclusive() as u64),
    );
    // What else than a block's numbers may have decided.
    let found = report.structure.iter().flat_map(|s| &s.findings);
    for finding in found.filter(|finding| finding.word().is_some()) {
        for line in lines(&finding.message(), WIDTH) {
            text.push_str(&format!("{line}\n"));
        }
    }
    if let Some(test) = &report.directional
        && test.verdict == Verdict::Disagree
    {
        text.push_str(&format!("directional test: {}\n", verdict(test.verdict)));
    }
    let mut rows: Vec<Vec<String>> = report.blocks.iter().map(row).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let beside = width(2).unwrap_or(0) + width(3).unwrap_or(0);
    // Beside the longest verdict, the number and the gaps.
    let room = WIDTH.saturating_sub(beside + 12 + 7 + 8).max(1);
    for row in &mut rows {
        row[1] = shortened(&row[1], room);
    }
    for line in aligned(&rows, COLUMNS, 2) {
        text.push_str(line.strip_prefix("  ").unwrap_or(&line));
    }
    text
}

fn row(block: &BlockReport) -> Vec<String> {
    let error = block.worst.as_ref().map(|_| short(block.difference));
    vec![
        block_verdict(block),
        block.name.clone(),
        extents(&block.shape),
        worst_index(block),
        error.unwrap_or_default(),
    ]
}
