//! A table in Markdown: figures to the right, words to the left.

use std::fmt::Write as _;

/// A head and the rows below it. The first column and those of words go left.
pub(super) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let words = ["is", "aim", "command", "measured", "95 % interval"];
    let rules = head.iter().enumerate().map(|(place, name)| {
        if place == 0 || words.contains(name) {
            "---"
        } else {
            "---:"
        }
    });
    let rule = rules.collect::<Vec<_>>().join("|");
    let mut said = format!("| {} |\n|{rule}|\n", head.join(" | "));
    for row in rows {
        let _ = writeln!(said, "| {} |", row.join(" | "));
    }
    said
}
