//! The location of the errors in a block: the share of each row and column, and whether they are confined to a few.
//!
//! A pure function of the comparisons. Invariant: knows nothing of what a row means.

use crate::verdict::{Comparison, Comparisons, Verdict};

/// How many of the hottest rows and columns are listed.
const HOTTEST: usize = 5;

/// The location of the wrong entries of a block.
#[derive(Debug, Clone, PartialEq)]
pub struct Pattern {
    /// The share of each row in the squared error Σ(g − d)² of the block (docs/theory/verdict.md,
    /// equation 30); rows go along the first axis, the entries of a vector are its rows.
    pub row_heat: Vec<f64>,
    /// The share of each column in the squared error of the block; columns go along the last axis. Empty for a vector.
    pub column_heat: Vec<f64>,
    /// The hottest rows, at most five, the hottest first.
    pub rows: Vec<Line>,
    /// The hottest columns, at most five.
    pub columns: Vec<Line>,
    /// The few rows or columns that hold all wrong entries, where the others are right.
    pub confined: Option<Confined>,
}

/// One row or column of a block.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Line {
    /// The index of the row or column, counted from 0.
    pub index: usize,
    /// The number of wrong entries in the line.
    pub wrong: usize,
    /// The number of entries of the line that were checked.
    pub judged: usize,
    /// The line's share in the squared error of the block, from 0 to 1.
    pub share: f64,
}

/// The few lines that hold all wrong entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Confined {
    /// Rows, or entries of a vector.
    Rows(Vec<usize>),
    /// Columns.
    Columns(Vec<usize>),
}

/// One axis's lines while they are counted.
struct Tally {
    lines: Vec<Line>,
    /// Whether a line has an entry that was tested and is right.
    right: Vec<bool>,
}

impl Tally {
    fn new(count: usize) -> Self {
        let line = |index| Line {
            index,
            wrong: 0,
            judged: 0,
            share: 0.0,
        };
        Self {
            lines: (0..count).map(line).collect(),
            right: vec![false; count],
        }
    }

    fn add(&mut self, index: usize, comparison: &Comparison, squared: f64) {
        let line = &mut self.lines[index];
        line.judged += 1;
        line.wrong += usize::from(comparison.verdict == Verdict::Disagree);
        line.share += squared;
        self.right[index] |= comparison.verdict == Verdict::Agree && !comparison.flat;
    }

    fn heat(&self) -> Vec<f64> {
        self.lines.iter().map(|line| line.share).collect()
    }

    /// The hottest, those without a wrong entry left out.
    fn hottest(&self) -> Vec<Line> {
        let mut lines: Vec<Line> = self.lines.iter().filter(|l| l.wrong > 0).copied().collect();
        lines.sort_by(|a, b| b.share.total_cmp(&a.share).then(a.index.cmp(&b.index)));
        lines.truncate(HOTTEST);
        lines
    }

    /// The lines with wrong entries, if they are at most a third of all and as many others were tested and
    /// found right (docs/theory/verdict.md, equation 31).
    fn confined(&self) -> Option<Vec<usize>> {
        let wrong: Vec<usize> = self
            .lines
            .iter()
            .filter(|l| l.wrong > 0)
            .map(|l| l.index)
            .collect();
        let clean = (0..self.lines.len())
            .filter(|&i| self.lines[i].wrong == 0 && self.right[i])
            .count();
        (3 * wrong.len() <= self.lines.len() && clean >= wrong.len()).then_some(wrong)
    }
}

/// The location of the wrong entries of a block; `None` where there are none, or the block has only one line.
pub(crate) fn pattern(
    shape: &[usize],
    offset: usize,
    comparisons: &dyn Comparisons,
) -> Option<Pattern> {
    let wrong = comparisons
        .iter()
        .filter(|c| c.verdict == Verdict::Disagree)
        .count();
    let (rows, columns) = match shape {
        [] => return None,
        [entries] => (*entries, 1),
        [rows, .., columns] => (*rows, *columns),
    };
    let entries: usize = shape.iter().product();
    if wrong == 0 || rows.max(columns) < 2 || entries == 0 {
        return None;
    }
    let apart = |c: Comparison| c.numeric.map(|d| c.analytic - d);
    // Relative to the largest, so that no square over- or underflows; what is no number is all the heat.
    let largest = comparisons
        .iter()
        .filter_map(apart)
        .filter(|a| a.is_finite())
        .fold(0.0, |largest: f64, a| largest.max(a.abs()));
    let not_a_number = comparisons.iter().any(|c| !c.analytic.is_finite());
    let squared = |c: Comparison| match apart(c) {
        _ if not_a_number => f64::from(!c.analytic.is_finite()),
        Some(apart) if largest > 0.0 => (apart / largest).powi(2),
        _ => 0.0,
    };
    let sum: f64 = comparisons.iter().map(squared).sum();
    let (mut by_row, mut by_column) = (Tally::new(rows), Tally::new(columns));
    for comparison in comparisons.iter() {
        let at = comparison.coordinate - offset;
        let share = if sum > 0.0 {
            squared(comparison) / sum
        } else {
            0.0
        };
        by_row.add(at / (entries / rows), &comparison, share);
        by_column.add(at % columns, &comparison, share);
    }
    let vector = columns == 1;
    let confined = match (by_row.confined(), by_column.confined()) {
        // Of both, the one that says more.
        (Some(rows), Some(columns)) if !vector && columns.len() < rows.len() => {
            Some(Confined::Columns(columns))
        }
        (Some(rows), _) => Some(Confined::Rows(rows)),
        (None, Some(columns)) if !vector => Some(Confined::Columns(columns)),
        _ => None,
    };
    Some(Pattern {
        row_heat: by_row.heat(),
        column_heat: if vector { Vec::new() } else { by_column.heat() },
        rows: by_row.hottest(),
        columns: if vector {
            Vec::new()
        } else {
            by_column.hottest()
        },
        confined,
    })
}
