//! The actual dependencies of crates that promise to have few, read from `cargo tree`.
//!
//! `arrows` reads what the manifests declare; this reads what cargo resolves, so that nothing slips in
//! through a third crate either.

use std::collections::BTreeSet;

use super::{Finding, arrows};
use crate::workspace::Workspace;

/// A crate and what its tree, without tests, must not contain.
struct Promise {
    name: &'static str,
    /// The features; empty for the default ones.
    features: &'static str,
    /// The only crates of ours that it may contain.
    ours: &'static [&'static str],
    /// Foreign crates that it must not contain.
    without: &'static [&'static str],
}

const PROMISES: &[Promise] = &[
    Promise {
        name: "finite-diff",
        features: "",
        ours: &[],
        without: &["nalgebra"],
    },
    Promise {
        name: "gradient-check",
        features: "",
        ours: &["finite-diff"],
        without: &["nalgebra", "ndarray"],
    },
    Promise {
        name: "gradient-check",
        features: " --no-default-features",
        ours: &["finite-diff"],
        without: &[
            "textwrap", "anstream", "anstyle", "nalgebra", "ndarray", "serde",
        ],
    },
    Promise {
        name: "um-bridge",
        features: "",
        ours: &["finite-diff"],
        without: &["nalgebra", "rustls", "ring"],
    },
    Promise {
        name: "mlp",
        features: "",
        ours: &["tensor-core"],
        without: &[],
    },
];

/// Prints each tree, and compares it with the promise.
pub(super) fn check(workspace: &Workspace) -> anyhow::Result<Finding> {
    let mut broken = Vec::new();
    for promise in PROMISES {
        let Promise { name, features, .. } = promise;
        let command = workspace.cargo(&format!(
            "tree --locked -p {name}{features} -e normal --prefix none"
        ));
        let Some(tree) = command.stdout()? else {
            return Ok(Finding::Wrong {
                what: format!("the tree of {name} could not be resolved"),
                remedy: "see cargo's message above".to_owned(),
            });
        };
        let crates = crates_below(name, &tree);
        println!("  {} crates: {}", crates.len(), join(&crates));
        for intruder in intruders(promise, &crates) {
            println!("  {name} must come without {intruder}");
            broken.push(format!(
                "cargo tree -p {name}{features} -e normal -i {intruder}"
            ));
        }
    }
    Ok(match broken.first() {
        None => Finding::Fine("no crate has more dependencies than it promises".to_owned()),
        Some(command) => Finding::Wrong {
            what: format!("crates where they must not be: {}", broken.len()),
            remedy: format!("see how it got there: {command}"),
        },
    })
}

/// The names in the output of `cargo tree --prefix none`, without the root.
fn crates_below<'a>(root: &str, tree: &'a str) -> BTreeSet<&'a str> {
    tree.lines()
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != root)
        .collect()
}

fn intruders<'a>(promise: &Promise, crates: &BTreeSet<&'a str>) -> Vec<&'a str> {
    crates
        .iter()
        .copied()
        .filter(|name| {
            promise.without.contains(name) || arrows::is_ours(name) && !promise.ours.contains(name)
        })
        .collect()
}

fn join(crates: &BTreeSet<&str>) -> String {
    crates.iter().copied().collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::{PROMISES, crates_below, intruders};

    fn check(name: &str, tree: &str, expected: &[&str]) {
        let promise = PROMISES.iter().find(|p| p.name == name).unwrap();
        assert_eq!(intruders(promise, &crates_below(name, tree)), expected);
    }

    #[test]
    fn a_clean_tree_holds_its_promise() {
        check(
            "finite-diff",
            "finite-diff v0.1.0 (/somewhere)\nrayon v1.11.0\nrayon v1.11.0 (*)\n",
            &[],
        );
        check(
            "mlp",
            "mlp v0.1.0 (/somewhere)\ntensor-core v0.1.0 (/somewhere)\nnalgebra v0.35.0\n",
            &[],
        );
    }

    #[test]
    fn every_intruder_is_named() {
        check(
            "finite-diff",
            "finite-diff v0.1.0\nnalgebra v0.35.0\ntensor-core v0.1.0\n",
            &["nalgebra", "tensor-core"],
        );
        check(
            "mlp",
            "mlp v0.1.0\nfinite-diff v0.1.0\ngradient-check v0.1.0\ntensor-core v0.1.0\n",
            &["finite-diff", "gradient-check"],
        );
    }
}
