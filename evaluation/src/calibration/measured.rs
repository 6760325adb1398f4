//! Shared by the commands that measure the checker: the amount to measure, and tables of the results, in
//! columns for a terminal or in Markdown for the docs.

use std::fmt::Write as _;
use std::num::NonZeroUsize;

use anyhow::{Result, ensure};
use clap::Args;
use gradcheck_cli::output::text::table;

use super::Options;

/// Options of all commands that measure.
#[derive(Args)]
pub(crate) struct Measured {
    /// Least number of coordinates, counted once for each scale of the cost
    #[arg(long, default_value_t = 110_000, value_name = "N")]
    coordinates: usize,
    /// Random seed
    #[arg(long, default_value_t = 0, value_name = "N")]
    seed: u64,
    /// Number of networks at a time [default: one per core]
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
    /// Print the tables in Markdown, as in docs/
    #[arg(long)]
    pub(crate) markdown: bool,
}

impl Measured {
    /// The options of a measurement.
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

    /// A table with a header; the first column left-aligned, the others right-aligned.
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

/// A fraction in percent, rounded down, so that 100 % means all of them; `-` if there are none.
pub(crate) fn share(share: f64) -> String {
    if share.is_nan() {
        return "-".to_owned();
    }
    format!("{:.2} %", (share * 1e4).floor() / 100.0)
}
