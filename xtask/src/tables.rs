//! Tables of measurements: in columns for a terminal, or in Markdown for the docs.

use std::fmt::Write as _;

/// A table with a head; the first column left, the others right.
pub(crate) fn render(head: &[&str], rows: Vec<Vec<String>>, markdown: bool) -> String {
    let mut said = String::new();
    let widths: Vec<usize> = (0..head.len())
        .map(|i| {
            let cells = rows.iter().filter_map(|row| row.get(i));
            let width = |cell: &str| cell.chars().count();
            cells.map(|c| width(c)).fold(width(head[i]), usize::max)
        })
        .collect();
    let head: Vec<String> = head.iter().map(|cell| (*cell).to_owned()).collect();
    for (number, row) in std::iter::once(&head).chain(&rows).enumerate() {
        if markdown {
            let _ = writeln!(said, "| {} |", row.join(" | "));
            if number == 0 {
                let _ = writeln!(said, "|---|{}", "---:|".repeat(row.len() - 1));
            }
            continue;
        }
        for (i, (cell, width)) in row.iter().zip(&widths).enumerate() {
            let _ = match i {
                0 => write!(said, "{cell:<width$}"),
                _ => write!(said, "  {cell:>width$}"),
            };
        }
        said.push('\n');
    }
    said
}

/// A share in per cent, rounded down, so that 100 % is all of them; `-` of none.
pub(crate) fn share(share: f64) -> String {
    if share.is_nan() {
        return "-".to_owned();
    }
    format!("{:.2} %", (share * 1e4).floor() / 100.0)
}
