//! Which crate may depend on which: the borders of the architecture, as data.
//!
//! A border is here because it forbids a known mistake, which it names. The check is a pure
//! function of the declared arrows; `graph` reads them.

use super::Finding;
use super::graph::{self, Arrow, Form, Graph};
use crate::workspace::Workspace;

/// How an allowed arrow may be declared.
#[derive(Clone, Copy)]
enum Allowed {
    /// As a normal dependency, and therefore in tests too.
    Normal,
    /// In tests only.
    Dev,
    /// Optional, behind this feature, which is off by default.
    Behind(&'static str),
}

use Allowed::{Behind, Dev, Normal};

/// Every allowed arrow between our crates, from top to bottom.
const ARROWS: &[(&str, &str, Allowed)] = &[
    ("gradcheck-cli", "gradient-check", Normal),
    ("gradcheck-cli", "mlp-check", Normal),
    ("gradcheck-cli", "mlp-faults", Normal),
    ("gradcheck-cli", "mlp", Normal),
    ("gradcheck-cli", "finite-diff", Normal),
    ("gradcheck-cli", "tensor-core", Normal),
    ("gradcheck-cli", "um-bridge", Normal),
    ("gradient-check", "finite-diff", Normal),
    ("mlp-check", "gradient-check", Normal),
    ("mlp-check", "mlp-faults", Normal),
    ("mlp-check", "mlp", Normal),
    ("mlp-check", "finite-diff", Normal),
    ("mlp-check", "tensor-core", Normal),
    ("um-bridge", "finite-diff", Normal),
    ("um-bridge", "gradient-check", Dev),
    ("mlp-faults", "mlp", Normal),
    ("mlp-faults", "tensor-core", Normal),
    ("mlp", "tensor-core", Normal),
    ("mlp", "finite-diff", Behind("objective")),
    ("mlp", "finite-diff", Dev),
    ("mlp", "gradient-check", Dev),
];

/// Our crates, and the mistake that the border around each one forbids.
const REASONS: &[(&str, &str)] = &[
    (
        "gradcheck-cli",
        "the shell is what users install: no tool of the workshop may come with it",
    ),
    (
        "gradient-check",
        "the judge must not know a layer or a network, or it could excuse one",
    ),
    (
        "mlp-check",
        "what joins network and judge must know no flag and no file, so that anyone can use it",
    ),
    (
        "um-bridge",
        "a client must carry over what a model computes, right or wrong, and know neither judge nor network",
    ),
    (
        "mlp-faults",
        "a fault must not see the judge that is to find it",
    ),
    (
        "mlp",
        "the model must not know a tolerance, nor its training be able to call a checker",
    ),
    (
        "finite-diff",
        "the engine must not special-case a network, nor force a version of nalgebra on anyone",
    ),
    (
        "tensor-core",
        "numbers are below everything: they must not know what is computed with them",
    ),
];

/// Members that may depend on anything, and on which no other member may depend.
const WORKSHOP: &[&str] = &["xtask", "benches", "evaluation"];

/// Foreign crates that only some of ours may use, tests aside: name, users, reason.
const FOREIGN: &[(&[&str], &[&str], &str)] = &[
    (
        &["nalgebra", "ndarray"],
        &["tensor-core", "gradient-check"],
        "only tensor-core knows how matrices are stored, and only the judge's face takes those of its users, behind \
         features; the engine takes plain slices",
    ),
    (
        &["clap", "indicatif", "toml", "csv"],
        &["gradcheck-cli"],
        "only the shell shows progress, parses flags and knows file formats",
    ),
    (
        &["serde_json"],
        &["gradcheck-cli", "um-bridge"],
        "only the shell knows file formats, and only um-bridge what goes over a wire",
    ),
    (
        &["ureq", "shlex", "rustix"],
        &["um-bridge"],
        "only um-bridge talks to other processes",
    ),
];

/// Whether a crate of this name is one of ours.
pub(super) fn is_ours(name: &str) -> bool {
    WORKSHOP.contains(&name) || REASONS.iter().any(|(ours, _)| *ours == name)
}

/// Reads the manifests, and prints the arrows that cross a border.
pub(super) fn check(workspace: &Workspace) -> anyhow::Result<Finding> {
    let Some(metadata) = graph::metadata(workspace)? else {
        return Ok(Finding::Wrong {
            what: "the manifests could not be read".to_owned(),
            remedy: "see cargo's message above".to_owned(),
        });
    };
    let graph = graph::graph(&metadata);
    let complaints = complaints(&graph);
    for complaint in &complaints {
        println!("  {complaint}");
    }
    let own = graph
        .arrows
        .iter()
        .filter(|arrow| is_ours(&arrow.to))
        .count();
    Ok(if complaints.is_empty() {
        Finding::Fine(format!("{own} arrows between our crates, all allowed"))
    } else {
        Finding::Wrong {
            what: format!("crossed borders: {}", complaints.len()),
            remedy: "reverse the dependency, or change the table in xtask/src/ci/arrows.rs \
                     together with a record in docs/decisions"
                .to_owned(),
        }
    })
}

/// What is wrong with the graph, one line per finding; empty if nothing is.
fn complaints(graph: &Graph) -> Vec<String> {
    let strangers = graph
        .crates
        .iter()
        .filter(|name| !is_ours(name))
        .map(|name| {
            format!("unknown crate: {name} is not in the tables of xtask/src/ci/arrows.rs")
        });
    let forbidden = graph.arrows.iter().filter_map(|arrow| {
        let reason = reason_against(arrow)?;
        let Arrow { from, to, form } = arrow;
        Some(format!(
            "forbidden arrow: {from} → {to} ({})\n    {reason}",
            words(form)
        ))
    });
    strangers.chain(forbidden).collect()
}

/// Why this arrow is forbidden; `None` if it is allowed.
fn reason_against(arrow: &Arrow) -> Option<&'static str> {
    if WORKSHOP.contains(&arrow.from.as_str()) {
        return None;
    }
    if !is_ours(&arrow.to) {
        let (_, users, reason) = FOREIGN
            .iter()
            .find(|(names, ..)| names.contains(&arrow.to.as_str()))?;
        let allowed = arrow.form == Form::Dev || users.contains(&arrow.from.as_str());
        return (!allowed).then_some(*reason);
    }
    // A crate that tests itself with all of its features depends on itself.
    let itself = arrow.from == arrow.to && arrow.form == Form::Dev;
    let allowed = itself
        || ARROWS
            .iter()
            .filter(|(from, to, _)| *from == arrow.from && *to == arrow.to)
            .any(|(.., allowed)| permits(*allowed, &arrow.form));
    let (_, reason) = REASONS.iter().find(|(name, _)| *name == arrow.from)?;
    (!allowed).then_some(*reason)
}

fn permits(allowed: Allowed, form: &Form) -> bool {
    match (allowed, form) {
        (Normal, Form::Normal | Form::Optional { .. } | Form::Dev) | (Dev, Form::Dev) => true,
        (
            Behind(wanted),
            Form::Optional {
                feature,
                on_by_default: false,
            },
        ) => wanted == feature,
        _ => false,
    }
}

fn words(form: &Form) -> String {
    match form {
        Form::Normal => "normal dependency".to_owned(),
        Form::Build => "build-dependency".to_owned(),
        Form::Dev => "dev-dependency".to_owned(),
        Form::Optional {
            feature,
            on_by_default: false,
        } => format!("optional, behind the feature `{feature}`"),
        Form::Optional {
            feature,
            on_by_default: true,
        } => format!("optional, but on by default through the feature `{feature}`"),
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::{Arrow, Form, Graph, REASONS, complaints};

    const NAMES: [&str; 8] = [
        "tensor-core",
        "finite-diff",
        "mlp",
        "mlp-faults",
        "gradient-check",
        "um-bridge",
        "gradcheck-cli",
        "xtask",
    ];

    fn arrow(from: &str, to: &str, form: Form) -> Graph {
        Graph {
            crates: vec![from.to_owned()],
            arrows: vec![Arrow {
                from: from.to_owned(),
                to: to.to_owned(),
                form,
            }],
        }
    }

    fn optional(feature: &str, on_by_default: bool) -> Form {
        Form::Optional {
            feature: feature.to_owned(),
            on_by_default,
        }
    }

    /// The letters of the forms that are allowed: normal, dev, build, behind the feature
    /// `objective`, behind it but on by default, behind another feature.
    fn allowed_forms(from: &str, to: &str) -> String {
        [
            ('n', Form::Normal),
            ('d', Form::Dev),
            ('b', Form::Build),
            ('o', optional("objective", false)),
            ('D', optional("objective", true)),
            ('x', optional("other", false)),
        ]
        .into_iter()
        .filter(|(_, form)| complaints(&arrow(from, to, form.clone())).is_empty())
        .map(|(letter, _)| letter)
        .collect()
    }

    /// Every possible arrow between two crates, in each form: the table is written a second time
    /// here, as a picture, so that a slip in one of them shows. Rows depend on columns.
    #[test]
    fn every_arrow_between_our_crates() {
        let mut picture = String::new();
        for from in NAMES {
            let cells = NAMES.map(|to| match allowed_forms(from, to) {
                forms if forms.is_empty() => "-".to_owned(),
                forms => forms,
            });
            writeln!(
                picture,
                "{from:15}{}",
                cells.map(|cell| format!("{cell:>7}")).concat()
            )
            .unwrap();
        }
        let expected = "\
tensor-core          d      -      -      -      -      -      -      -
finite-diff          -      d      -      -      -      -      -      -
mlp              ndoDx     do      d      -      d      -      -      -
mlp-faults       ndoDx      -  ndoDx      d      -      -      -      -
gradient-check       -  ndoDx      -      -      d      -      -      -
um-bridge            -  ndoDx      -      -      d      d      -      -
gradcheck-cli    ndoDx  ndoDx  ndoDx  ndoDx  ndoDx  ndoDx      d      -
xtask           ndboDx ndboDx ndboDx ndboDx ndboDx ndboDx ndboDx ndboDx
";
        assert_eq!(picture, expected, "\n{picture}");
    }

    fn check(from: &str, to: &str, form: Form, expected: &str) {
        assert_eq!(complaints(&arrow(from, to, form)).join("\n"), expected);
    }

    #[test]
    fn a_forbidden_arrow_is_named_with_its_reason() {
        check(
            "mlp",
            "gradient-check",
            Form::Normal,
            "forbidden arrow: mlp → gradient-check (normal dependency)\n    \
             the model must not know a tolerance, nor its training be able to call a checker",
        );
        check(
            "mlp",
            "finite-diff",
            optional("objective", true),
            "forbidden arrow: mlp → finite-diff (optional, but on by default through the feature \
             `objective`)\n    \
             the model must not know a tolerance, nor its training be able to call a checker",
        );
        check(
            "finite-diff",
            "tensor-core",
            Form::Dev,
            "forbidden arrow: finite-diff → tensor-core (dev-dependency)\n    \
             the engine must not special-case a network, nor force a version of nalgebra on anyone",
        );
    }

    #[test]
    fn foreign_crates_have_borders_too() {
        check(
            "finite-diff",
            "nalgebra",
            Form::Normal,
            "forbidden arrow: finite-diff → nalgebra (normal dependency)\n    \
             only tensor-core knows how matrices are stored, and only the judge's face takes those of its \
             users, behind features; the engine takes plain slices",
        );
        check(
            "gradient-check",
            "serde_json",
            Form::Normal,
            "forbidden arrow: gradient-check → serde_json (normal dependency)\n    \
             only the shell knows file formats, and only um-bridge what goes over a wire",
        );
        check("tensor-core", "nalgebra", Form::Normal, "");
        check("finite-diff", "nalgebra", Form::Dev, "");
        check("gradcheck-cli", "serde_json", Form::Normal, "");
        check("um-bridge", "serde_json", Form::Normal, "");
        check("finite-diff", "rayon", Form::Normal, "");
    }

    #[test]
    fn a_crate_without_a_border_is_not_let_through() {
        let graph = Graph {
            crates: vec!["mlp".to_owned(), "newcomer".to_owned()],
            arrows: Vec::new(),
        };
        assert_eq!(
            complaints(&graph),
            ["unknown crate: newcomer is not in the tables of xtask/src/ci/arrows.rs"]
        );
    }

    #[test]
    fn every_border_has_its_reason() {
        for name in NAMES.iter().filter(|name| **name != "xtask") {
            assert!(
                REASONS
                    .iter()
                    .any(|(ours, reason)| ours == name && !reason.is_empty())
            );
        }
    }
}
