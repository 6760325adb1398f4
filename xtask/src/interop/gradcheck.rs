//! The command under test, run to its end in bounded time.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use serde_json::Value;

use crate::workspace::Workspace;

/// The time limit of a run, far above any case: a command that hangs must fail the run, not block the machine.
const LONGEST: Duration = Duration::from_secs(300);

/// The command `gradcheck`, built.
pub(super) struct Gradcheck {
    program: PathBuf,
}

/// The output of the command.
pub(super) struct Said {
    pub(super) code: Option<i32>,
    pub(super) report: Value,
    pub(super) error: String,
}

impl Gradcheck {
    /// Builds the command, next to this program's own binary.
    pub(super) fn build(workspace: &Workspace) -> anyhow::Result<Self> {
        // Built together with this program, so that its libraries are reused.
        let build = workspace.cargo("build --locked -p xtask -p gradcheck-cli --bin gradcheck");
        if !build.succeeds()? {
            bail!("the command could not be built: see cargo's message above");
        }
        let own = std::env::current_exe().context("where this binary is")?;
        let profiles = own.parent().and_then(std::path::Path::parent);
        let folder = profiles.context("this binary is in no target folder")?;
        Ok(Self {
            program: folder.join("debug/gradcheck"),
        })
    }

    /// `gradcheck model … --format json`.
    pub(super) fn model(&self, arguments: &[String]) -> Result<Said, String> {
        let mut child = Command::new(&self.program)
            .arg("model")
            .args(arguments)
            .args(["--format", "json"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{}: {error}", self.program.display()))?;
        // Both are read while it runs: it would block forever on a full pipe.
        let read = |pipe: Option<Box<dyn std::io::Read + Send>>| {
            std::thread::spawn(move || {
                let mut bytes = Vec::new();
                if let Some(mut pipe) = pipe {
                    // What can't be read is missing below.
                    let _ = pipe.read_to_end(&mut bytes);
                }
                String::from_utf8_lossy(&bytes).into_owned()
            })
        };
        let out = read(child.stdout.take().map(|pipe| Box::new(pipe) as _));
        let error = read(child.stderr.take().map(|pipe| Box::new(pipe) as _));
        let begun = Instant::now();
        let status = loop {
            match child.try_wait().map_err(|error| error.to_string())? {
                Some(status) => break status,
                None if begun.elapsed() > LONGEST => {
                    // Its servers see it end, and end too.
                    let _ = child.kill();
                    let _ = child.wait();
                    return Err(format!("did not end within {} s", LONGEST.as_secs()));
                }
                None => std::thread::sleep(Duration::from_millis(5)),
            }
        };
        let out = out.join().unwrap_or_default();
        Ok(Said {
            code: status.code(),
            report: serde_json::from_str(&out).unwrap_or(Value::Null),
            error: error.join().unwrap_or_default(),
        })
    }
}
