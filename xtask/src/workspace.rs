//! The workspace's location, and how cargo is run in it.
//!
//! Every command is printed before it runs, exactly as one would type it, so that a step which
//! failed elsewhere can be repeated by hand. Invariant: knows nothing of what the commands check.

use std::env;
use std::ffi::OsString;
use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use anyhow::{Context, bail};
use clap::ColorChoice;

/// The root folder of the workspace and the cargo that runs this program.
pub(crate) struct Workspace {
    root: PathBuf,
    cargo: OsString,
    color: ColorChoice,
}

impl Workspace {
    /// Finds the workspace through the variables that `cargo run` sets.
    ///
    /// They are read at run time: a binary that remembered where it was built would check the wrong
    /// checkout after a move.
    pub(crate) fn find(color: ColorChoice) -> anyhow::Result<Self> {
        let manifest_dir = env::var_os("CARGO_MANIFEST_DIR")
            .map(PathBuf::from)
            .context("CARGO_MANIFEST_DIR is not set: run this as `cargo xtask …`")?;
        let root = manifest_dir
            .parent()
            .context("CARGO_MANIFEST_DIR has no parent folder")?
            .to_path_buf();
        if !root.join("Cargo.toml").is_file() {
            bail!(
                "no Cargo.toml in {}, which should be the workspace",
                root.display()
            );
        }
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        Ok(Self { root, cargo, color })
    }

    /// The workspace's root folder.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Whether the output should be colored, for tools that don't detect the terminal reliably.
    pub(crate) fn is_colored(&self) -> bool {
        match self.color {
            ColorChoice::Auto => io::stdout().is_terminal() && env::var_os("NO_COLOR").is_none(),
            ColorChoice::Always => true,
            ColorChoice::Never => false,
        }
    }

    /// A cargo command, given as one would type it after `cargo`; words are split at blanks.
    pub(crate) fn cargo(&self, line: &str) -> Cargo {
        self.command(Command::new(&self.cargo), "cargo", line)
    }

    /// A rustup command, for another toolchain than the one that runs this program.
    pub(crate) fn rustup(&self, line: &str) -> Cargo {
        let mut command = Command::new("rustup");
        // Set by the cargo that runs this program; they would also apply to the one to be started.
        for name in ["CARGO", "RUSTUP_TOOLCHAIN"] {
            command.env_remove(name);
        }
        self.command(command, "rustup", line)
    }

    fn command(&self, mut command: Command, tool: &str, line: &str) -> Cargo {
        command
            .args(line.split_whitespace())
            .current_dir(&self.root)
            .stdin(Stdio::null());
        // By default, cargo checks the terminal, which is the same as ours.
        match self.color {
            ColorChoice::Auto => {}
            ColorChoice::Always => {
                command.env("CARGO_TERM_COLOR", "always");
            }
            ColorChoice::Never => {
                command.env("CARGO_TERM_COLOR", "never");
            }
        }
        Cargo {
            command,
            typed: format!("{tool} {line}"),
        }
    }
}

/// A cargo command about to run.
pub(crate) struct Cargo {
    command: Command,
    typed: String,
}

impl Cargo {
    /// Sets an environment variable, for the command and for what is printed.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self.typed = format!("{name}='{value}' {}", self.typed);
        self
    }

    /// The command as one would type it.
    pub(crate) fn typed(&self) -> &str {
        &self.typed
    }

    /// Runs the command with its output on ours; returns whether it succeeded.
    pub(crate) fn succeeds(self) -> anyhow::Result<bool> {
        println!("$ {}", self.typed);
        self.run()
    }

    /// Like [`succeeds`](Self::succeeds), but prints the command itself on stderr, for output that a script reads.
    pub(crate) fn succeeds_for_scripts(self) -> anyhow::Result<bool> {
        eprintln!("$ {}", self.typed);
        self.run()
    }

    fn run(mut self) -> anyhow::Result<bool> {
        let status = self
            .command
            .status()
            .with_context(|| format!("`{}` could not be started", self.typed))?;
        exited(status, &self.typed)
    }

    /// Runs the command with its output on ours; returns its exit code, `None` if it was ended by a signal.
    pub(crate) fn code(mut self) -> anyhow::Result<Option<i32>> {
        eprintln!("$ {}", self.typed);
        let status = self
            .command
            .status()
            .with_context(|| format!("`{}` could not be started", self.typed))?;
        Ok(status.code())
    }

    /// Runs the command and returns its output on stdout, or `None` if it failed; stderr is ours.
    pub(crate) fn stdout(mut self) -> anyhow::Result<Option<String>> {
        println!("$ {}", self.typed);
        let output = self
            .command
            .stderr(Stdio::inherit())
            .output()
            .with_context(|| format!("`{}` could not be started", self.typed))?;
        if !exited(output.status, &self.typed)? {
            return Ok(None);
        }
        let text = String::from_utf8(output.stdout)
            .with_context(|| format!("`{}` printed something that is not UTF-8", self.typed))?;
        Ok(Some(text))
    }

    /// Runs the command silently; returns whether it exists and succeeded.
    pub(crate) fn works_silently(mut self) -> bool {
        self.command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    }
}

/// Whether a command succeeded; an error if it was ended by a signal.
fn exited(status: ExitStatus, typed: &str) -> anyhow::Result<bool> {
    if status.code().is_none() {
        bail!("`{typed}` was ended by a signal: {status}");
    }
    Ok(status.success())
}
