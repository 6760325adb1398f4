//! Whether every published crate can be packed, and whether what it packs is complete.
//!
//! The readme and both license texts have to be in the package itself: the repository's root is not part of it.

use super::{Finding, graph};
use crate::workspace::Workspace;

/// The files that every package must contain.
const REQUIRED: &[&str] = &[
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "src/lib.rs",
];

/// Packs all crates in one go, which lets them depend on each other before any is published.
pub(super) fn check(workspace: &Workspace) -> anyhow::Result<Finding> {
    let Some(metadata) = graph::metadata(workspace)? else {
        return Ok(wrong("the manifests could not be read".to_owned()));
    };
    let (published, unpublished): (Vec<_>, Vec<_>) = metadata
        .packages
        .iter()
        .partition(|package| package.is_published());
    let excluded: String = unpublished
        .iter()
        .map(|package| format!(" --exclude {}", package.name))
        .collect();
    // Without verification, which would compile everything once more, in another folder.
    let packed = workspace.cargo(&format!(
        "package --workspace{excluded} --no-verify --allow-dirty --locked"
    ));
    if !packed.succeeds()? {
        return Ok(wrong("a crate could not be packed".to_owned()));
    }
    for package in &published {
        let name = &package.name;
        if package.license.is_none() {
            return Ok(wrong(format!("{name} has no license")));
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
        "{count} crates packed, each with readme and license"
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
        remedy: "see the crate's Cargo.toml: version beside path, readme, license".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{REQUIRED, missing};

    #[test]
    fn a_package_without_readme_is_incomplete() {
        let whole = REQUIRED.join("\n");
        assert!(missing(&whole).is_empty());
        let elsewhere = whole.replace("README.md", "src/README.md");
        assert_eq!(missing(&elsewhere), ["README.md"]);
    }
}
