//! The dependencies as the manifests declare them, read from `cargo metadata`.
//!
//! Declared rather than resolved: an arrow counts even if no build follows it today. Invariant: knows
//! nothing of the rules, which are in `arrows`.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use serde::Deserialize;

use crate::workspace::Workspace;

/// One dependency: the crate `from` declares `to`, in this form.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Arrow {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) form: Form,
}

/// How a dependency is declared.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Form {
    Normal,
    Build,
    Dev,
    /// Optional, enabled by this feature.
    Optional {
        feature: String,
        on_by_default: bool,
    },
}

/// Our crates and all arrows that leave them, to each other and to foreign crates.
pub(super) struct Graph {
    pub(super) crates: Vec<String>,
    pub(super) arrows: Vec<Arrow>,
}

/// The parts of the workspace's manifests that are used.
#[derive(Deserialize)]
pub(super) struct Metadata {
    pub(super) packages: Vec<Package>,
}

/// One manifest.
#[derive(Deserialize)]
pub(super) struct Package {
    pub(super) name: String,
    pub(super) license: Option<String>,
    /// The registries that it may be published in; `None` for any.
    publish: Option<Vec<String>>,
    dependencies: Vec<Dependency>,
    features: BTreeMap<String, Vec<String>>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    rename: Option<String>,
    /// `dev` or `build`; `None` for a normal one.
    kind: Option<String>,
    optional: bool,
}

impl Package {
    /// Whether the package can be published at all.
    pub(super) fn is_published(&self) -> bool {
        self.publish
            .as_ref()
            .is_none_or(|registries| !registries.is_empty())
    }
}

/// Reads the manifests of the workspace; `None` if cargo can't make sense of them.
pub(super) fn metadata(workspace: &Workspace) -> anyhow::Result<Option<Metadata>> {
    let command = workspace.cargo("metadata --no-deps --format-version 1 --locked");
    let Some(json) = command.stdout()? else {
        return Ok(None);
    };
    serde_json::from_str(&json)
        .map(Some)
        .context("the answer of `cargo metadata` could not be read")
}

/// The graph that the manifests declare.
pub(super) fn graph(metadata: &Metadata) -> Graph {
    let packages = &metadata.packages;
    let mut arrows = Vec::new();
    for package in packages {
        for dependency in &package.dependencies {
            let forms = match dependency.kind.as_deref() {
                Some("dev") => vec![Form::Dev],
                Some("build") => vec![Form::Build],
                _ if dependency.optional => {
                    // A feature calls a renamed dependency by its new name.
                    let key = dependency.rename.as_ref().unwrap_or(&dependency.name);
                    optional_forms(key, &package.features)
                }
                _ => vec![Form::Normal],
            };
            arrows.extend(forms.into_iter().map(|form| Arrow {
                from: package.name.clone(),
                to: dependency.name.clone(),
                form,
            }));
        }
    }
    Graph {
        crates: packages.iter().map(|p| p.name.clone()).collect(),
        arrows,
    }
}

/// One form for each feature that enables the optional dependency.
fn optional_forms(dependency: &str, features: &BTreeMap<String, Vec<String>>) -> Vec<Form> {
    let by_default = reached("default", features);
    let entries = [
        dependency.to_owned(),
        format!("dep:{dependency}"),
        format!("{dependency}/"),
    ];
    let [plain, with_dep, with_feature] = &entries;
    features
        .iter()
        .filter(|(_, enabled)| {
            enabled.iter().any(|entry| {
                entry == plain || entry == with_dep || entry.starts_with(with_feature.as_str())
            })
        })
        .map(|(feature, _)| Form::Optional {
            feature: feature.clone(),
            on_by_default: by_default.contains(feature.as_str()),
        })
        .collect()
}

/// The features that this one enables, including itself.
fn reached<'a>(feature: &'a str, features: &'a BTreeMap<String, Vec<String>>) -> BTreeSet<&'a str> {
    let mut seen = BTreeSet::new();
    let mut waiting = vec![feature];
    while let Some(next) = waiting.pop() {
        if let Some(entries) = features.get(next)
            && seen.insert(next)
        {
            waiting.extend(entries.iter().map(String::as_str));
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::optional_forms;

    /// `features` as in a manifest, `name: entry entry; …`; `expected` as `feature` or
    /// `feature (on by default)`.
    fn check(features: &str, expected: &[&str]) {
        let features = features
            .split(';')
            .filter_map(|line| line.split_once(':'))
            .map(|(name, entries)| {
                let entries = entries.split_whitespace().map(str::to_owned).collect();
                (name.trim().to_owned(), entries)
            })
            .collect();
        let found: Vec<_> = optional_forms("finite-diff", &features)
            .into_iter()
            .map(|form| match form {
                super::Form::Optional {
                    feature,
                    on_by_default: false,
                } => feature,
                super::Form::Optional { feature, .. } => format!("{feature} (on by default)"),
                other => panic!("{other:?} is not optional"),
            })
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn the_feature_behind_an_optional_dependency_is_found() {
        check("objective: dep:finite-diff", &["objective"]);
        check("objective: finite-diff/parallel", &["objective"]);
        check("finite-diff: dep:finite-diff", &["finite-diff"]);
    }

    #[test]
    fn a_weak_mention_switches_nothing_on() {
        check(
            "objective: dep:finite-diff; fast: finite-diff?/parallel",
            &["objective"],
        );
    }

    #[test]
    fn default_is_followed_through_other_features() {
        check(
            "default: full; full: objective; objective: dep:finite-diff",
            &["objective (on by default)"],
        );
        check(
            "default: dep:finite-diff; objective: dep:finite-diff",
            &["default (on by default)", "objective"],
        );
    }
}
