//! The blocks of a report in a table that fits a terminal.
//!
//! Numbers are never cut. Names that are too long lose their middle, or stand on a line of their own.

use crate::report::BlockReport;
use crate::{Report, Verdict};

use super::numbers::{derivative, extents, plural, short};
use super::style::{FAINT, UNSURE, WIDTH, aligned, plain, shortened, styled, verdict};

/// The heads of the columns.
const HEAD: [&str; 8] = [
    "block", "shape", "verdict", "rel. err", "worst", "analytic", "numeric", "± error",
];

/// The first column of numbers but for the index of the worst entry.
const FIRST_NUMBER: usize = 5;

/// A name is not made shorter than this.
const SHORTEST_NAME: usize = 12;

/// Beyond so many blocks that agree, the rest of them are counted.
const MOST_AGREEING: usize = 8;

/// The table, a row for each block.
pub(super) fn blocks(report: &Report) -> String {
    let shown = shown(&report.blocks);
    let left_out = report.blocks.len() - shown.len();
    let head = HEAD.iter().map(|cell| styled(FAINT, cell)).collect();
    let rows: Vec<Vec<String>> = std::iter::once(head)
        .chain(shown.into_iter().map(row))
        .collect();
    let mut text = fitted(rows);
    if left_out > 0 {
        let verb = if left_out == 1 { "agrees" } else { "agree" };
        let more = plural(left_out, "more block");
        text.push_str(&format!("  {}\n", styled(FAINT, format!("{more} {verb}"))));
    }
    text
}

/// `[3,7]`: where in its block the worst entry is; nothing for a scalar, or where nothing was checked.
pub(super) fn worst_index(block: &BlockReport) -> String {
    let name = block.worst.as_ref().map(|w| w.coordinate.to_string());
    let name = name.unwrap_or_default();
    name.strip_prefix(&block.name).unwrap_or(&name).to_owned()
}

/// The verdict on a block, in its color; of a block without numbers only that it is wrong can be known.
pub(super) fn block_verdict(block: &BlockReport) -> String {
    match block.worst.is_none() && block.verdict != Verdict::Disagree {
        true => styled(UNSURE, "not checked"),
        false => verdict(block.verdict),
    }
}

/// The blocks that do not agree, and of those that agree a handful, the ones with the largest relative errors.
fn shown(blocks: &[BlockReport]) -> Vec<&BlockReport> {
    let agrees = |block: &BlockReport| block.verdict == Verdict::Agree;
    let mut agreeing: Vec<usize> = (0..blocks.len()).filter(|&i| agrees(&blocks[i])).collect();
    if agreeing.len() > MOST_AGREEING {
        agreeing.sort_by(|&i, &j| blocks[j].difference.total_cmp(&blocks[i].difference));
        agreeing.truncate(MOST_AGREEING - 1);
    }
    let all = blocks.iter().enumerate();
    all.filter(|(i, block)| !agrees(block) || agreeing.contains(i))
        .map(|(_, block)| block)
        .collect()
}

fn row(block: &BlockReport) -> Vec<String> {
    let mut row = vec![block.name.clone(), extents(&block.shape)];
    let Some(worst) = &block.worst else {
        row.push(block_verdict(block));
        row.resize(HEAD.len(), String::new());
        return row;
    };
    let comparison = &worst.comparison;
    row.extend([
        block_verdict(block),
        short(block.difference),
        worst_index(block),
        derivative(comparison.analytic),
        comparison
            .numeric
            .map_or_else(|| "none".to_owned(), derivative),
        comparison
            .error_bar
            .map_or_else(|| "unknown".to_owned(), short),
    ]);
    row
}

/// The rows in lines that fit: with narrower gaps, shorter names, or names on lines of their own, as far as it takes.
fn fitted(mut rows: Vec<Vec<String>>) -> String {
    let excess = |lines: &[String]| {
        let widths = lines
            .iter()
            .map(|line| plain(line).trim_end().chars().count());
        widths.max().unwrap_or(0).saturating_sub(WIDTH)
    };
    let wide = aligned(&rows, FIRST_NUMBER, 2);
    if excess(&wide) == 0 {
        return wide.concat();
    }
    let narrow = aligned(&rows, FIRST_NUMBER, 1);
    let longest = rows.iter().map(|row| row[0].chars().count()).skip(1).max();
    let room = longest.unwrap_or(0).saturating_sub(excess(&narrow));
    if room >= SHORTEST_NAME.min(longest.unwrap_or(0)) {
        for row in rows.iter_mut().skip(1) {
            row[0] = shortened(&row[0], room);
        }
        return aligned(&rows, FIRST_NUMBER, 1).concat();
    }
    // The name and the shape on one line, the rest below it.
    const MOST_INDEX: usize = 15;
    let (names, rest): (Vec<String>, Vec<Vec<String>>) = rows
        .into_iter()
        .map(|mut row| {
            let mut rest = row.split_off(2);
            rest[2] = shortened(&rest[2], MOST_INDEX);
            rest.insert(0, String::new());
            (row.join("  "), rest)
        })
        .unzip();
    let lines = aligned(&rest, FIRST_NUMBER - 1, 2);
    let below = names.iter().zip(lines);
    below
        .map(|(name, line)| format!("  {}\n{line}", shortened(name, WIDTH - 2)))
        .collect()
}
