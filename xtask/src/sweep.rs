//! `cargo xtask sweep candle`: the gradients of every operation of a framework, checked by its adapter.
//!
//! The sweep is a program of the workspace `adapters/`, so that this one builds no framework. What it finds is a
//! result, not a failure.

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};

use crate::Outcome;
use crate::workspace::Workspace;

/// Options of `sweep`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Framework to check
    #[arg(value_enum)]
    framework: Framework,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Check only this operation, by the name of the function; repeatable
    #[arg(long, value_name = "OP")]
    only: Vec<String>,
    /// Print only the number of findings of each operation
    #[arg(long)]
    findings: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Framework {
    /// candle-core and candle-nn
    Candle,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

/// Runs the sweep; passes whenever it ran.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<Outcome> {
    let package = match arguments.framework {
        Framework::Candle => "gradcheck-candle-sweep",
    };
    let mut line =
        format!("run --quiet --locked --manifest-path adapters/Cargo.toml -p {package} --");
    if arguments.format == Format::Json {
        line += " --format json";
    }
    if arguments.findings {
        line += " --findings";
    }
    for op in &arguments.only {
        if op.contains(char::is_whitespace) {
            bail!("`{op}` is not the name of an operation");
        }
        line += &format!(" --only {op}");
    }
    // For tensors of a few dozen numbers the framework's own threads cost more than they gain.
    let command = workspace.cargo(&line).env("RAYON_NUM_THREADS", "1");
    if !command.succeeds_for_scripts()? {
        bail!("the sweep could not be run; see its message above");
    }
    Ok(Outcome::Passed)
}
