//! Checks of the text of the source files alone.
//!
//! Every file begins with its purpose; only the command line and the workshop print; every
//! crate uses the lints of the workspace. Clippy finds most of this too, but not in the
//! tests, and not in a crate that does not enable the lints.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::Finding;
use crate::workspace::Workspace;

/// The crates that may print.
const MAY_PRINT: &[&str] = &["gradcheck-cli", "xtask"];

const FORBIDDEN: &[&str] = &[
    "println!",
    "print!",
    "eprintln!",
    "eprint!",
    "dbg!",
    "todo!",
];

/// Reads every source file of our crates and of the workshop.
pub(super) fn check(workspace: &Workspace) -> anyhow::Result<Finding> {
    let mut folders = entries(&workspace.root().join("crates"))?;
    folders.push(workspace.root().join("xtask"));
    let mut complaints = Vec::new();
    let mut count = 0;
    for folder in folders
        .iter()
        .filter(|folder| folder.join("Cargo.toml").is_file())
    {
        let manifest = folder.join("Cargo.toml");
        if !takes_workspace_lints(&read(&manifest)?) {
            let manifest = shown(&manifest, workspace);
            complaints.push(format!("{manifest}: lacks `[lints] workspace = true`"));
        }
        let may_print = MAY_PRINT.iter().any(|name| folder.ends_with(name));
        for file in rust_files(&folder.join("src"))? {
            count += 1;
            let text = read(&file)?;
            let found = heading(&text)
                .into_iter()
                .chain((!may_print).then(|| forbidden(&text)).into_iter().flatten());
            let file = shown(&file, workspace);
            complaints.extend(found.map(|(line, what)| format!("{file}:{line}: {what}")));
        }
    }
    for complaint in &complaints {
        println!("  {complaint}");
    }
    Ok(if complaints.is_empty() {
        Finding::Fine(format!("{count} files, each states its purpose"))
    } else {
        Finding::Wrong {
            what: format!("places to fix: {}", complaints.len()),
            remedy: "libraries return their results instead of printing; `//!` states the purpose of a file"
                .to_owned(),
        }
    })
}

/// A crate's root may begin with its readme instead, which states the purpose at more length.
fn heading(text: &str) -> Option<(usize, String)> {
    let opened = ["//!", "#![doc = include_str!("]
        .iter()
        .any(|start| text.starts_with(start));
    (!opened).then(|| (1, "does not open with `//!`".to_owned()))
}

/// The lines that call one of the forbidden macros, except in comments.
fn forbidden(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let code = line.split("//").next().unwrap_or_default();
        let words = code.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '!'));
        for word in words.filter(|word| FORBIDDEN.contains(word)) {
            found.push((index + 1, format!("`{word}` outside the command line")));
        }
    }
    found
}

fn takes_workspace_lints(manifest: &str) -> bool {
    let mut lines = manifest.lines().map(str::trim);
    lines.any(|line| line == "[lints]") && lines.next() == Some("workspace = true")
}

/// All `.rs` files below the folder, in the order of their paths.
fn rust_files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in entries(folder)? {
        if path.is_dir() {
            files.extend(rust_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(files)
}

fn entries(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let unreadable = || format!("{} could not be listed", folder.display());
    let mut paths = fs::read_dir(folder)
        .with_context(unreadable)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()
        .with_context(unreadable)?;
    paths.sort();
    Ok(paths)
}

fn read(file: &Path) -> anyhow::Result<String> {
    fs::read_to_string(file).with_context(|| format!("{} could not be read", file.display()))
}

fn shown(file: &Path, workspace: &Workspace) -> String {
    file.strip_prefix(workspace.root())
        .unwrap_or(file)
        .display()
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::{forbidden, heading, takes_workspace_lints};

    #[test]
    fn a_file_opens_with_what_it_is() {
        assert_eq!(heading("//! Stencils.\n"), None);
        assert_eq!(heading("#![doc = include_str!(\"../README.md\")]\n"), None);
        assert!(heading("use std::fs;\n//! Too late.\n").is_some());
        assert!(heading("").is_some());
    }

    #[test]
    fn macros_are_found_where_they_are_called() {
        let found =
            |text| -> Vec<usize> { forbidden(text).into_iter().map(|(line, _)| line).collect() };
        assert_eq!(found("let a = 1;\n    println!(\"{a}\");\n"), [2]);
        assert_eq!(found("match a { _ => todo!() }\nf(dbg!(a));\n"), [1, 2]);
        assert!(found("/// println!(\"an example\")\nwriteln!(out)?; // no dbg!\n").is_empty());
    }

    #[test]
    fn a_crate_without_the_common_lints_is_found() {
        assert!(takes_workspace_lints(
            "[package]\n[lints]\nworkspace = true\n"
        ));
        assert!(!takes_workspace_lints(
            "[package]\nlicense.workspace = true\n"
        ));
        assert!(!takes_workspace_lints(
            "[lints]\nrust.unsafe_code = \"allow\"\n"
        ));
    }
}
