//! The environment of the interoperability tests: a Python with the real `umbridge`, and packages of the system.
//!
//! Invariant: knows nothing of models.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};

use crate::workspace::Workspace;

/// A Python that has what examples/python/requirements.txt lists.
pub(super) struct Python {
    program: PathBuf,
    examples: PathBuf,
}

impl Python {
    /// The virtual environment under target/interop: reused if the requirements are unchanged, otherwise created anew.
    pub(super) fn prepare(workspace: &Workspace, install: bool) -> anyhow::Result<Self> {
        let examples = workspace.root().join("examples/python");
        let requirements = examples.join("requirements.txt");
        let wanted = fs::read_to_string(&requirements)
            .with_context(|| format!("{} could not be read", requirements.display()))?;
        let folder = workspace.root().join("target/interop/venv");
        let python = Self {
            program: folder.join("bin/python"),
            examples,
        };
        // Written last, so that an interrupted installation is repeated.
        let installed = folder.join("installed.txt");
        if fs::read_to_string(&installed).is_ok_and(|text| text == wanted) && python.works() {
            println!("{}: as it was", folder.display());
            return Ok(python);
        }
        if folder.exists() {
            fs::remove_dir_all(&folder)
                .with_context(|| format!("{} could not be removed", folder.display()))?;
        }
        if let Err(first) = virtual_environment(&folder) {
            // On Debian, what the module needs is in a separate package.
            if !install || !packages(&["python3-venv"])? {
                return Err(first.context(
                    "install Python 3.11 or newer with its module venv (on Debian: python3-venv), and run this command again",
                ));
            }
            virtual_environment(&folder)?;
        }
        let mut pip = Command::new(&python.program);
        pip.args(["-m", "pip", "--quiet", "--disable-pip-version-check"])
            .args(["install", "--requirement"])
            .arg(&requirements);
        succeed(&mut pip)?;
        fs::write(&installed, wanted)
            .with_context(|| format!("{} could not be written", installed.display()))?;
        Ok(python)
    }

    fn works(&self) -> bool {
        let mut command = Command::new(&self.program);
        command.args(["-c", "import umbridge, numpy"]);
        silently(&mut command)
    }

    /// The command line that serves the models of one of our examples, for a shell's rules of quoting.
    pub(super) fn serving(&self, example: &str) -> String {
        let script = self.examples.join(example);
        format!("{} {}", quoted(&self.program), quoted(&script))
    }

    /// A file in the folder of the examples.
    pub(super) fn example(&self, name: &str) -> String {
        self.examples.join(name).to_string_lossy().into_owned()
    }
}

fn quoted(path: &Path) -> String {
    format!("'{}'", path.to_string_lossy().replace('\'', r"'\''"))
}

fn virtual_environment(folder: &Path) -> anyhow::Result<()> {
    let _ = fs::remove_dir_all(folder);
    succeed(Command::new("python3").args(["-m", "venv"]).arg(folder))
}

/// Installs Debian packages, if permitted; returns whether it did.
///
/// # Errors
/// If apt-get fails.
pub(super) fn packages(names: &[&str]) -> anyhow::Result<bool> {
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
fn succeed(command: &mut Command) -> anyhow::Result<()> {
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
pub(super) fn silently(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
