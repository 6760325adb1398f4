//! `cargo xtask zoo`: `gradcheck zoo`, without installing it.

use anyhow::{Result, bail};
use clap::{Args, ColorChoice, Parser};
use gradcheck_cli::{Cli, exit};

use crate::Outcome;

/// Options of `zoo`, handed on as they are.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The options of `gradcheck zoo`; see `gradcheck zoo --help`.
    #[arg(
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "OPTION"
    )]
    options: Vec<String>,
}

/// Runs the command.
pub(crate) fn run(color: ColorChoice, arguments: &Arguments) -> Result<Outcome> {
    let color = color.to_string();
    let words = ["gradcheck", "--color", &color, "zoo"].map(str::to_owned);
    let cli = Cli::try_parse_from(words.iter().chain(&arguments.options))?;
    match gradcheck_cli::run(cli) {
        exit::AGREE => Ok(Outcome::Passed),
        exit::WRONG => Ok(Outcome::Failed),
        _ => bail!("the zoo could not be run"),
    }
}
