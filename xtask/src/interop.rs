//! `cargo xtask interop`: the command `gradcheck model` against third-party software.
//!
//! Models in Python behind the real `umbridge` package, in a virtual environment of their own, and two
//! of their servers behind a real HAProxy. Whether a report is right is asserted from its JSON; the
//! time it took is printed but never asserted. All servers listen on 127.0.0.1, and end with this program.

mod balancer;
mod cases;
mod gradcheck;
mod python;

use std::time::Instant;

use anyhow::Context as _;

use crate::Outcome;
use crate::workspace::Workspace;
use gradcheck::Gradcheck;
use python::Python;

/// Options of `interop`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Install nothing with the system's package manager; leave out what is missing
    #[arg(long)]
    no_install: bool,
}

/// The number of cases with the expected result.
#[derive(Default)]
struct Tally {
    fine: usize,
    wrong: usize,
    skipped: usize,
}

impl Tally {
    fn count(&mut self, title: &str, seconds: f64, result: &Result<String, String>) {
        match result {
            Ok(said) => {
                self.fine += 1;
                println!("ok      {title} ({seconds:.1} s): {said}");
            }
            Err(what) => {
                self.wrong += 1;
                println!("FAILED  {title} ({seconds:.1} s): {what}");
            }
        }
    }
}

/// Installs what is missing and runs every case; fails if one has an unexpected result.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> anyhow::Result<Outcome> {
    let install = !arguments.no_install;
    let start = Instant::now();
    let python = Python::prepare(workspace, install)?;
    let gradcheck = Gradcheck::build(workspace)?;
    let mut tally = Tally::default();

    println!("\n== models in Python");
    let servers = cases::servers(&python)?;
    for case in cases::cases(&python, &servers) {
        let begun = Instant::now();
        let result = case.run(&gradcheck);
        tally.count(case.title, begun.elapsed().as_secs_f64(), &result);
    }
    drop(servers);

    println!("\n== two servers of a model that sleeps 20 ms, behind HAProxy");
    match balancer::haproxy(install) {
        Ok(program) => {
            let begun = Instant::now();
            let result = balancer::run(&program, &python, &gradcheck)
                .context("the servers, or the balancer before them")?;
            tally.count("same report", begun.elapsed().as_secs_f64(), &result);
        }
        Err(why) => {
            tally.skipped += 1;
            println!("skipped: {why}");
        }
    }

    let Tally {
        fine,
        wrong,
        skipped,
    } = tally;
    let seconds = start.elapsed().as_secs_f64();
    println!("\ninterop: {fine} as expected, {wrong} not, {skipped} skipped, in {seconds:.0} s");
    Ok(if wrong == 0 {
        Outcome::Passed
    } else {
        Outcome::Failed
    })
}
