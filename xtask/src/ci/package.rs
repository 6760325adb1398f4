//! Whether every published crate can be packed, and whether what it packs is complete.
//!
//! The licence texts lie at the root of the repository, outside every package; what a package
//! carries is the SPDX expression in its manifest, which is what registries and audits read. The
//! readme has to be in the package itself.

use super::{Finding, graph};
use crate::workspace::Workspace;

/// What every package must hold.
const REQUIRED: &[&str] = &["Cargo.toml", "README.md", "src/lib.rs"];

/// The members that stay here.
const UNPUBLISHED: &[&str] = &["xtask", "benches"];

/// Packs all crates in one go, which lets them depend on each other before any is published.
pub(super) fn check(workspace: &Workspace) -> anyhow::Result<Finding> {
    let excluded: String = UNPUBLISHED
        .iter()
        .map(|name| format!(" --exclude {name}"))
        .collect();
    // Without verification: that would compile everything once more, in yet another folder.
    let packed = workspace.cargo(&format!(
        "package --workspace{excluded} --no-verify --allow-dirty --locked"
    ));
    if !packed.succeeds()? {
        return Ok(wrong("a crate could not be packed".to_owned()));
    }
    let Some(graph) = graph::read(workspace)? else {
        return Ok(wrong("the manifests could not be read".to_owned()));
    };
    let published: Vec<_> = graph
        .crates
        .iter()
        .filter(|name| !UNPUBLISHED.contains(&name.as_str()))
        .collect();
    for name in &published {
        let command = format!("package -p {name} --list --allow-dirty --locked --quiet");
        let Some(list) = workspace.cargo(&command).stdout()? else {
            return Ok(wrong(format!("the files of {name} could not be listed")));
        };
        let missing = missing(&list);
        if !missing.is_empty() {
            return Ok(wrong(format!(
                "the package of {name} lacks {}",
                missing.join(", ")
            )));
        }
    }
    Ok(Finding::Fine(format!(
        "{} crates packed, each with its readme",
        published.len()
    )))
}

fn missing(list: &str) -> Vec<&'static str> {
    REQUIRED
        .iter()
        .copied()
        .filter(|required| !list.lines().any(|line| line == *required))
        .collect()
}

fn wrong(what: String) -> Finding {
    Finding::Wrong {
        what,
        remedy: "see the crate's Cargo.toml: version beside path, readme, licence".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::missing;

    #[test]
    fn a_package_without_readme_is_incomplete() {
        assert!(missing("Cargo.toml\nREADME.md\nsrc/lib.rs\n").is_empty());
        assert_eq!(
            missing("Cargo.toml\nsrc/lib.rs\nsrc/README.md\n"),
            ["README.md"]
        );
    }
}
