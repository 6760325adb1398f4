//! What the commands that measure the checker have in common: how much to measure, and tables of it, in
//! columns for a terminal or in Markdown for the docs.

use std::fmt::Write as _;
use std::num::NonZeroUsize;

use anyhow::{Result, ensure};
use clap::Args;
use gradcheck_cli::output::text::table;

use super::Options;

/// Options of every such command.
#[derive(Args)]
pub(crate) struct Measured {
    /// At least so many coordinates, each scale of the cost counted
    #[arg(long, default_value_t = 110_000, value_name = "N")]
    coordinates: usize,
    /// The seed of everything random
    #[arg(long, default_value_t = 0, value_name = "N")]
    seed: u64,
    /// How many networks at a time [default: one a core]
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
    /// Tables in Markdown, as in docs/
    #[arg(long)]
    pub(crate) markdown: bool,
}

impl Measured {
    /// The same for the library.
    pub(crate) fn options(&self) -> Result<Options> {
        ensure!(
            self.coordinates > 0,
            "--coordinates 0 leaves nothing to measure: give at least 1"
        );
        Ok(Options {
            coordinates: self.coordinates,
            seed: self.seed,
            threads: self.threads,
        })
    }

    /// A table with a head; the first column left, the others right.
    pub(crate) fn table(&self, head: &[&str], rows: Vec<Vec<String>>) -> String {
        if !self.markdown {
            return anstream::adapter::strip_str(&table(head, rows, 1)).to_string();
        }
        let head: Vec<String> = head.iter().map(|cell| (*cell).to_owned()).collect();
        let rule = format!("|---|{}", "---:|".repeat(head.len() - 1));
        let mut said = format!("| {} |\n{rule}\n", head.join(" | "));
        for row in rows {
            let _ = writeln!(said, "| {} |", row.join(" | "));
        }
        said
    }
}

/// A share in per cent, rounded down, so that 100 % is all of them; `-` of none.
pub(crate) fn share(share: f64) -> String {
    if share.is_nan() {
        return "-".to_owned();
    }
    format!("{:.2} %", (share * 1e4).floor() / 100.0)
}
