//! Whether every published crate can be packed, and whether what it packs is complete.
//!
//! The licence texts lie at the root of the repository, outside every package; what a package
//! carries is the SPDX expression in its manifest, which is what registries and audits read. The
//! readme has to be in the package itself.

use super::{Finding, graph};
use crate::workspace::Workspace;

/// What every package must hold.
const REQUIRED: &[&str] = &["Cargo.toml", "README.md", "src/lib.rs"];

/// Packs all crates in one go, which lets them depend on each other before any is published.
pub(super) fn check(workspace: &Workspace) -> anyhow::Result<Finding> {
    let Some(metadata) = graph::metadata(workspace)? else {
        return Ok(wrong("the manifests could not be read".to_owned()));
    };
    // `publish = false` is an empty list of registries here.
    let (unpublished, published): (Vec<_>, Vec<_>) = metadata
        .workspace_packages()
        .into_iter()
        .partition(|package| package.publish.as_ref().is_some_and(Vec::is_empty));
    let excluded: String = unpublished
        .iter()
        .map(|package| format!(" --exclude {}", package.name))
        .collect();
    // Without verification: that would compile everything once more, in yet another folder.
    let packed = workspace.cargo(&format!(
        "package --workspace{excluded} --no-verify --allow-dirty --locked"
    ));
    if !packed.succeeds()? {
        return Ok(wrong("a crate could not be packed".to_owned()));
    }
    for package in &published {
        let name = &package.name;
        if package.license.is_none() {
            return Ok(wrong(format!("{name} states no licence")));
        }
        let command = format!("package -p {name} --list --allow-dirty --locked --quiet");
        let Some(list) = workspace.cargo(&command).stdout()? else {
            return Ok(wrong(format!("the files of {name} could not be listed")));
        };
        let missing = missing(&list);
        if !missing.is_empty() {
            let missing = missing.join(", ");
            return Ok(wrong(format!("the package of {name} lacks {missing}")));
        }
    }
    let count = published.len();
    Ok(Finding::Fine(format!(
        "{count} crates packed, each with readme and licence"
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
