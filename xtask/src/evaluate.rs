//! `cargo xtask zoo`, `coverage`, `power` and `large`: the program `evaluation`, which evaluates the checker itself.
//!
//! It is a program of its own, so that nothing of it is compiled for a check.

use anyhow::{Result, bail};
use clap::Args;

use crate::Outcome;
use crate::workspace::Workspace;

/// Options, passed on unchanged.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Options of the evaluation; `--help` lists them
    #[arg(
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "OPTION"
    )]
    options: Vec<String>,
}

/// Runs the evaluation of this name.
pub(crate) fn run(workspace: &Workspace, name: &str, arguments: &Arguments) -> Result<Outcome> {
    let mut line = format!("run --quiet --locked --release -p evaluation -- {name}");
    for option in &arguments.options {
        if option.contains(char::is_whitespace) {
            bail!("`{option}` contains a blank, but no option of `{name}` does");
        }
        line += &format!(" {option}");
    }
    match workspace.cargo(&line).code()? {
        Some(0) => Ok(Outcome::Passed),
        Some(1) => Ok(Outcome::Failed),
        _ => bail!("`{name}` could not be run; see its message above"),
    }
}
