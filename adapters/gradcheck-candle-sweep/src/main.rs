//! Prints the sweep. `cargo xtask sweep candle` calls it.
#![allow(clippy::print_stdout, reason = "this is what it is for")]

use std::collections::BTreeMap;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use gradcheck_candle_sweep::{Case, Outcome, Summary, book, findings, sweep, table};
use serde::Serialize;

/// Checks the gradients of candle's operations
#[derive(Parser)]
struct Arguments {
    /// Text or JSON
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Only this operation; may be said again
    #[arg(long, value_name = "OP")]
    only: Vec<String>,
    /// Only how many findings each operation has, one a line, and the summary
    #[arg(long)]
    findings: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

#[derive(Serialize)]
struct Sweep<'a> {
    candle: &'static str,
    cases: &'a [Outcome],
    left_out: Vec<[&'static str; 2]>,
    operations: usize,
    words: BTreeMap<&'static str, usize>,
}

fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    let book = book();
    let wanted = |op: &str| arguments.only.is_empty() || arguments.only.iter().any(|o| o == op);
    if let Some(unknown) = arguments
        .only
        .iter()
        .find(|o| !book.cases.iter().any(|c| c.op == *o))
    {
        anyhow::bail!("there is no operation `{unknown}` in the sweep");
    }
    // What panics is reported with the case.
    std::panic::set_hook(Box::new(|_| {}));
    let cases: Vec<&Case> = book.cases.iter().filter(|case| wanted(case.op)).collect();
    let outcomes = sweep(&cases);
    let _ = std::panic::take_hook();
    let summary = Summary::of(&outcomes);
    if arguments.findings {
        for line in findings(&outcomes) {
            println!("{line}");
        }
        println!("{}", summary.line());
    } else if arguments.format == Format::Text {
        print!("{}", table(&outcomes, &book.left_out));
    } else {
        let sweep = Sweep {
            candle: "0.11.1",
            cases: &outcomes,
            left_out: book.left_out.iter().map(|l| [l.op, l.why]).collect(),
            operations: summary.operations,
            words: summary.words.iter().map(|(w, n)| (w.name(), *n)).collect(),
        };
        println!("{}", serde_json::to_string_pretty(&sweep)?);
    }
    Ok(ExitCode::SUCCESS)
}
