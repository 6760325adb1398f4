//! `cargo xtask sweep candle`: the gradients of every operation of a framework, checked by its adapter.
//!
//! The sweep is a program of the workspace `adapters/`, so that this one builds no framework. What it finds is a result
//! and no failure.

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};

use crate::Outcome;
use crate::workspace::Workspace;

/// Options of `sweep`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The framework
    #[arg(value_enum)]
    framework: Framework,
    /// Text or JSON
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Only this operation, by the name of the function; may be said again
    #[arg(long, value_name = "OP")]
    only: Vec<String>,
    /// Only how many findings each operation has
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
            bail!("`{op}` is no name of an operation");
        }
        line += &format!(" --only {op}");
    }
    // For tensors of a few dozen numbers the framework's own threads cost more than they bring.
    let command = workspace.cargo(&line).env("RAYON_NUM_THREADS", "1");
    if !command.succeeds_for_scripts()? {
        bail!("the sweep could not be run; what it said is above");
    }
    Ok(Outcome::Passed)
}
