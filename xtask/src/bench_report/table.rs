//! A table in Markdown.

use std::fmt::Write as _;

/// The first column left, the others right.
pub(super) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let rule = format!("|---|{}", "---:|".repeat(head.len() - 1));
    let mut said = format!("| {} |\n{rule}\n", head.join(" | "));
    for row in rows {
        let _ = writeln!(said, "| {} |", row.join(" | "));
    }
    said
}
