//! `cargo xtask bench-report`: from what criterion left to `docs/benchmarks.md` and its plots.
//!
//! The page is written anew each time; the words on how to read it are in `docs/benchmarks-notes.md`,
//! which is never written. Judges nothing: what was aimed at stands beside what was measured.

mod aims;
mod measurements;
mod numbers;
mod page;
mod plan;
mod plot;
mod table;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;

use crate::Outcome;
use crate::workspace::Workspace;
use measurements::Measurements;
use page::Page;
use plan::Plan;

/// Options of `bench-report`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Run all benchmarks first, into an empty folder, so that every figure is of one run
    #[arg(long, conflicts_with = "from")]
    run: bool,
    /// With --run: one second a benchmark instead of three
    #[arg(long, requires = "run")]
    quick: bool,
    /// Where criterion's results are [default: what the last --run left]
    #[arg(long, value_name = "FOLDER")]
    from: Option<PathBuf>,
    /// The folder to write benchmarks.md and benchmarks/*.svg to [default: docs]
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
}

/// Where --run puts what criterion writes, so that no older run is mixed in.
const RESULTS: &str = "target/bench-report";

/// Measures, if asked to, then reads and writes.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<Outcome> {
    let results = workspace.root().join(RESULTS);
    if arguments.run && !measure(workspace, &results, arguments.quick)? {
        return Ok(Outcome::Failed);
    }
    let from = arguments.from.clone().unwrap_or(results);
    let measurements = Measurements::read(&from)?;
    let page = Page::new(&Plan::WHOLE, &measurements)?;
    let out = match &arguments.out {
        Some(out) => out.clone(),
        None => workspace.root().join("docs"),
    };
    write(&out.join("benchmarks.md"), &page.text)?;
    for (name, svg) in &page.plots {
        write(&out.join(name), svg)?;
    }
    Ok(Outcome::Passed)
}

fn measure(workspace: &Workspace, results: &Path, quick: bool) -> Result<bool> {
    if results.exists() {
        fs::remove_dir_all(results)
            .with_context(|| format!("{}: could not be emptied", results.display()))?;
    }
    let times = match quick {
        true => "--warm-up-time 0.3 --measurement-time 1",
        false => "--warm-up-time 1 --measurement-time 3",
    };
    workspace
        .cargo(&format!("bench -p benches --locked -- --noplot {times}"))
        .env("CRITERION_HOME", &results.to_string_lossy())
        .succeeds()
}

fn write(file: &Path, text: &str) -> Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)
            .with_context(|| format!("{}: could not be made", folder.display()))?;
    }
    fs::write(file, text).with_context(|| format!("{}: could not be written", file.display()))?;
    println!("wrote {}", file.display());
    Ok(())
}
