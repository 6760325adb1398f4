//! The Python that serves our examples.
//!
//! Invariant: knows nothing of models.

use std::path::{Path, PathBuf};

use crate::environment::VirtualEnvironment;
use crate::workspace::Workspace;

/// A Python that has what examples/python/requirements.txt lists.
pub(super) struct Python {
    environment: VirtualEnvironment,
    examples: PathBuf,
}

impl Python {
    /// The virtual environment under target/interop.
    pub(super) fn prepare(workspace: &Workspace, install: bool) -> anyhow::Result<Self> {
        let examples = workspace.root().join("examples/python");
        let requirements = examples.join("requirements.txt");
        let folder = workspace.root().join("target/interop/venv");
        Ok(Self {
            environment: VirtualEnvironment::prepare(folder, &requirements, install)?,
            examples,
        })
    }

    /// The command line that serves the models of one of our examples, for a shell's rules of quoting.
    pub(super) fn serving(&self, example: &str) -> String {
        let script = self.examples.join(example);
        let python = self.environment.program("python");
        format!("{} {}", quoted(&python), quoted(&script))
    }

    /// A file in the folder of the examples.
    pub(super) fn example(&self, name: &str) -> String {
        self.examples.join(name).to_string_lossy().into_owned()
    }
}

fn quoted(path: &Path) -> String {
    format!("'{}'", path.to_string_lossy().replace('\'', r"'\''"))
}
