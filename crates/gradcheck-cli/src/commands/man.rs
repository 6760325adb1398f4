//! `gradcheck man`: the manual page, from the flags themselves.

use anyhow::{Context, Result, bail};
use clap::CommandFactory;

use crate::args::Cli;
use crate::exit;
use crate::output::Sink;
use crate::suggest::nearest;

pub(crate) fn run(subcommand: Option<&str>) -> Result<u8> {
    let mut command = Cli::command();
    command.build();
    let page = match subcommand {
        None => command,
        Some(name) => match command.find_subcommand(name) {
            Some(subcommand) => {
                let mut subcommand = subcommand.clone();
                subcommand.set_bin_name(format!("gradcheck-{name}"));
                subcommand
            }
            None => {
                let names = command.get_subcommands().map(clap::Command::get_name);
                let hint = nearest(name, names)
                    .map_or_else(String::new, |near| format!(" (did you mean '{near}'?)"));
                bail!("'{name}' is not a subcommand{hint}: `gradcheck --help` lists them");
            }
        },
    };
    let mut text = Vec::new();
    clap_mangen::Man::new(page)
        .render(&mut text)
        .context("the manual page could not be written")?;
    Sink::Stdout.write(&String::from_utf8_lossy(&text))?;
    Ok(exit::AGREE)
}
