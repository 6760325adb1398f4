//! Virtual environments of Python, and packages of the system.
//!
//! Invariant: knows nothing of what they are for.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};

/// A virtual environment that has what a file of requirements lists.
pub(crate) struct VirtualEnvironment {
    folder: PathBuf,
}

impl VirtualEnvironment {
    /// The environment in `folder`: reused if `requirements` is unchanged, otherwise created anew.
    ///
    /// # Errors
    /// Where there is no Python, it may not or can't be installed, or a package can't be had.
    pub(crate) fn prepare(
        folder: PathBuf,
        requirements: &Path,
        install: bool,
    ) -> anyhow::Result<Self> {
        let wanted = fs::read_to_string(requirements)
            .with_context(|| format!("{} could not be read", requirements.display()))?;
        // Written last, so that an interrupted installation is repeated.
        let installed = folder.join("installed.txt");
        let environment = Self { folder };
        let folder = &environment.folder;
        if fs::read_to_string(&installed).is_ok_and(|text| text == wanted) && environment.works() {
            println!("{}: as it was", folder.display());
            return Ok(environment);
        }
        if let Err(first) = create(folder) {
            // On Debian, what the module needs is in a separate package.
            if !install || !packages(&["python3-venv"])? {
                return Err(first.context(
                    "install Python 3.11 or newer with its module venv (on Debian: python3-venv), and run this command again",
                ));
            }
            create(folder)?;
        }
        succeed(
            environment
                .pip("install")
                .arg("--requirement")
                .arg(requirements),
        )?;
        fs::write(&installed, wanted)
            .with_context(|| format!("{} could not be written", installed.display()))?;
        Ok(environment)
    }

    fn works(&self) -> bool {
        silently(Command::new(self.program("python")).args(["-c", "pass"]))
    }

    /// A program of the environment.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.folder.join("bin").join(name)
    }

    /// A command of pip.
    pub(crate) fn pip(&self, subcommand: &str) -> Command {
        let mut pip = Command::new(self.program("python"));
        pip.args(["-m", "pip", "--quiet", "--disable-pip-version-check"]);
        pip.arg(subcommand);
        pip
    }
}

fn create(folder: &Path) -> anyhow::Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)
            .with_context(|| format!("{} could not be removed", folder.display()))?;
    }
    succeed(Command::new("python3").args(["-m", "venv"]).arg(folder))
}

/// Installs Debian packages, if permitted; returns whether it did.
///
/// # Errors
/// If apt-get fails.
pub(crate) fn packages(names: &[&str]) -> anyhow::Result<bool> {
    if !is_root() || !silently(Command::new("apt-get").arg("--version")) {
        return Ok(false);
    }
    let apt = |arguments: &[&str]| {
        let mut command = Command::new("apt-get");
        command
            .args(["-q", "-y", "-o", "Dpkg::Use-Pty=0"])
            .args(arguments)
            .env("DEBIAN_FRONTEND", "noninteractive");
        succeed(&mut command)
    };
    apt(&["update"])?;
    apt(&[&["install", "--no-install-recommends"], names].concat())?;
    Ok(true)
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output();
    output.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

/// Prints the command, runs it with its output on ours, and fails if it does.
///
/// # Errors
/// Where it can't be started, or fails.
pub(crate) fn succeed(command: &mut Command) -> anyhow::Result<()> {
    let words: Vec<_> = std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(OsStr::to_string_lossy)
        .collect();
    let typed = words.join(" ");
    println!("$ {typed}");
    let status = command
        .stdin(Stdio::null())
        .status()
        .with_context(|| format!("`{typed}` could not be started"))?;
    if !status.success() {
        bail!("`{typed}` failed ({status}); see its output above");
    }
    Ok(())
}

/// Runs the command silently; returns whether it exists and succeeded.
pub(crate) fn silently(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
