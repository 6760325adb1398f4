//! Steps that need a tool, a database or a toolchain that may be missing: they are then skipped with a message, and
//! don't fail.

use super::{Finding, all_succeed};
use crate::workspace::Workspace;

/// The oldest Rust that the product compiles with, as in `rust-version` of Cargo.toml.
const MSRV: &str = "1.89";

/// Compares the public interfaces with the last published versions.
pub(super) fn semver(workspace: &Workspace) -> anyhow::Result<Finding> {
    if !workspace.cargo("semver-checks --version").works_silently() {
        return Ok(skipped("cargo-semver-checks is not installed"));
    }
    if !workspace
        .cargo("search gradient-check --limit 1")
        .works_silently()
    {
        return Ok(skipped("the registry can't be reached"));
    }
    all_succeed(
        [workspace.cargo(
            "semver-checks --workspace --exclude xtask --exclude benches --exclude evaluation",
        )],
        "the interfaces changed only as their versions say",
        "raise the version in Cargo.toml, or revert the change",
    )
}

/// Checks advisories, licenses and duplicate dependencies.
pub(super) fn deny(workspace: &Workspace) -> anyhow::Result<Finding> {
    if !workspace.cargo("deny --version").works_silently() {
        return Ok(skipped("cargo-deny is not installed"));
    }
    let offline = "deny --offline --locked check advisories";
    let checks = match workspace.cargo(offline).works_silently()
        || workspace.cargo("deny fetch db").works_silently()
    {
        true => "advisories licenses bans sources",
        false => "licenses bans sources",
    };
    all_succeed(
        [workspace.cargo(&format!("deny --locked check {checks}"))],
        &format!("nothing that deny.toml forbids ({checks})"),
        "replace the dependency, or record why it stays in deny.toml",
    )
}

/// Compiles the product with the oldest Rust that the manifests promise.
pub(super) fn msrv(workspace: &Workspace) -> anyhow::Result<Finding> {
    let works = workspace
        .rustup(&format!("run {MSRV} cargo --version"))
        .works_silently();
    if !works {
        return Ok(skipped(&format!(
            "Rust {MSRV} is not installed: rustup toolchain install {MSRV}"
        )));
    }
    all_succeed(
        [workspace
            .rustup(&format!("run {MSRV} cargo check --locked --all-features"))
            .env("CARGO_TARGET_DIR", "target/msrv")],
        &format!("Rust {MSRV} compiles the product"),
        "use only what that Rust version has, or raise rust-version in Cargo.toml",
    )
}

fn skipped(why: &str) -> Finding {
    Finding::Skipped(why.to_owned())
}
