//! One file a command, and the way from a command to an exit code.

mod compare;
mod course;
mod emit;
mod faults;
mod man;
mod mlp;
mod model;
mod scalar;

use anyhow::Result;
use clap::CommandFactory;

use crate::args::{Cli, Color, Command};
use crate::exit;
use crate::output::terminal;
use emit::{Forms, emit};

/// Runs what the arguments of this process ask for. Returns the exit code of [`exit`].
pub fn run_arguments() -> u8 {
    match Cli::command().try_get_matches() {
        Ok(matches) => {
            // Before anything is reported, wrong values of the options included.
            let color = matches.get_one::<Color>("color");
            match color.unwrap_or(&Color::Auto) {
                Color::Auto => anstream::ColorChoice::Auto,
                Color::Always => anstream::ColorChoice::Always,
                Color::Never => anstream::ColorChoice::Never,
            }
            .write_global();
            run(Cli::from_matches(&matches))
        }
        Err(error) => terminal::usage(error),
    }
}

/// Runs what the user asked for; results to standard output or `--output`, one clear message to
/// standard error where something could not be used. Returns the exit code of [`exit`].
fn run(cli: Result<Cli>) -> u8 {
    match cli.and_then(|cli| dispatch(cli.command)) {
        Ok(code) => code,
        Err(error) => {
            terminal::error(&message(&error));
            exit::UNUSABLE
        }
    }
}

fn dispatch(command: Command) -> Result<u8> {
    match command {
        Command::Scalar(args) => scalar::run(&args),
        Command::Course(args) => course::run(&args),
        Command::Mlp(args) => mlp::run(*args),
        Command::Model(args) => model::run(&args),
        Command::Compare(args) => compare::run(&args),
        Command::Faults(args) => faults::run(&args),
        Command::Man { subcommand } => man::run(subcommand.as_deref()),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "gradcheck", &mut script);
            crate::output::Sink::script(&String::from_utf8_lossy(&script))?;
            Ok(exit::AGREE)
        }
    }
}

/// The error with its causes, each said once: many messages quote their cause already.
fn message(error: &anyhow::Error) -> String {
    let mut text = error.to_string();
    for cause in error.chain().skip(1) {
        let cause = cause.to_string();
        if !text.contains(&cause) {
            text.push_str(": ");
            text.push_str(&cause);
        }
    }
    text
}
