//! `cargo xtask python`: builds the Python package, installs it into a fresh environment, and checks it there.
//!
//! Its Rust code is a workspace of its own, which no other command builds.

use std::path::Path;
use std::process::Command;
use std::{fs, io};

use anyhow::Context as _;

use crate::Outcome;
use crate::environment::{VirtualEnvironment, succeed};
use crate::workspace::Workspace;

/// Options of `python`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Install nothing with the system's package manager
    #[arg(long)]
    no_install: bool,
}

/// Runs the checks until one fails.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> anyhow::Result<Outcome> {
    let package = workspace.root().join("python");
    let target = workspace.root().join("target/python");
    for line in [
        "fmt --manifest-path python/Cargo.toml --check",
        "clippy --manifest-path python/Cargo.toml --target-dir target/python --profile wheel --locked -- -D warnings",
    ] {
        if !workspace.cargo(line).succeeds()? {
            return Ok(Outcome::Failed);
        }
    }
    let requirements = package.join("requirements-test.txt");
    let environment =
        VirtualEnvironment::prepare(target.join("venv"), &requirements, !arguments.no_install)?;
    let wheels = target.join("wheels");
    match fs::remove_dir_all(&wheels) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(error)
                .with_context(|| format!("{} could not be removed", wheels.display()));
        }
        _ => {}
    }
    // The profile compiles in a third of the time that users' wheels take.
    let mut build = inside(&environment, "maturin", &package);
    build
        .args(["build", "--locked", "--profile", "wheel", "--target-dir"])
        .arg(&target)
        .arg("--out")
        .arg(&wheels);
    succeed(&mut build)?;
    succeed(
        environment
            .pip("install")
            .args(["--no-deps", "--force-reinstall"])
            .arg(only_file(&wheels)?),
    )?;
    for (program, arguments) in [
        ("ruff", &["check"][..]),
        ("ruff", &["format", "--check"]),
        ("mypy", &[]),
        ("python", &["-m", "pytest", "-q", "-n", "2"]),
    ] {
        succeed(inside(&environment, program, &package).args(arguments))?;
    }
    Ok(Outcome::Passed)
}

/// A program of the environment, run in the folder of the package.
fn inside(environment: &VirtualEnvironment, program: &str, package: &Path) -> Command {
    let mut command = Command::new(environment.program(program));
    command
        .current_dir(package)
        .env_remove("RUSTFLAGS")
        .env("PYTHONWARNINGS", "error::DeprecationWarning:gradient_check");
    command
}

fn only_file(folder: &Path) -> anyhow::Result<std::path::PathBuf> {
    let mut files = fs::read_dir(folder)?;
    let first = files
        .next()
        .with_context(|| format!("maturin left nothing in {}", folder.display()))??;
    Ok(first.path())
}
