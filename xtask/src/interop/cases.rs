//! The cases: for each a model, how it is checked, and the expected result.

use serde_json::Value;
use um_bridge::{Server, SpawnSettings};

use super::gradcheck::{Gradcheck, Said};
use super::python::Python;

/// One run of the command.
pub(super) struct Case {
    pub(super) title: &'static str,
    arguments: Vec<String>,
    expected: Expected,
}

/// The expected result.
enum Expected {
    /// Exit code 0, every block of every check.
    Right,
    /// Exit code 1, in this check; these blocks and no others, each with this cause.
    Wrong(&'static str, &'static [(&'static str, &'static str)]),
    /// Exit code 2, with these texts on standard error.
    Unusable(&'static [&'static str]),
}

/// The servers that several cases share.
pub(super) struct Servers {
    wrong: Server,
    more: Server,
}

/// Starts the servers; they end when they are dropped.
pub(super) fn servers(python: &Python) -> anyhow::Result<Servers> {
    let start = |example| Server::spawn(&python.serving(example), &SpawnSettings::default());
    Ok(Servers {
        wrong: start("notebook_wrong.py")?,
        more: start("more_models.py")?,
    })
}

/// The blocks of the notebook's network.
const BLOCKS: [&str; 6] = ["W1:5x4", "b1:5", "W2:3x5", "b2:3", "W3:1x3", "b3:1"];

/// All cases.
pub(super) fn cases(python: &Python, servers: &Servers) -> Vec<Case> {
    let spawned = |example: &str| vec!["--spawn".to_owned(), python.serving(example)];
    let named = |server: &Server, model: &str| {
        vec![
            server.url().to_owned(),
            "--model".to_owned(),
            model.to_owned(),
        ]
    };
    let notebook = |mut arguments: Vec<String>| {
        for block in BLOCKS {
            arguments.extend(["--block".to_owned(), block.to_owned()]);
        }
        arguments.extend(["--at".to_owned(), python.example("notebook.json")]);
        arguments
    };
    let with = |mut arguments: Vec<String>, more: &[&str]| {
        arguments.extend(more.iter().map(|&word| word.to_owned()));
        arguments
    };
    let wrong = |model: &'static str, blocks| Case {
        title: model,
        arguments: notebook(named(&servers.wrong, model)),
        expected: Expected::Wrong("gradient", blocks),
    };
    vec![
        Case {
            title: "a logistic regression",
            arguments: spawned("logistic.py"),
            expected: Expected::Right,
        },
        Case {
            title: "the notebook's network",
            arguments: notebook(spawned("notebook.py")),
            expected: Expected::Right,
        },
        Case {
            title: "the notebook's network at a random point",
            arguments: spawned("notebook.py"),
            expected: Expected::Right,
        },
        wrong("dW2-doubled", &[("W2", "scale")]),
        wrong("db1-four-over-m", &[("b1", "scale")]),
        wrong("dW2-transposed", &[("W2", "transposed")]),
        wrong("db1-without-axis", &[("b1", "wrong-axis")]),
        wrong(
            "dZ3-reversed",
            &[
                ("W1", "sign"),
                ("b1", "sign"),
                ("W2", "sign"),
                ("b2", "sign"),
                ("W3", "sign"),
                ("b3", "sign"),
            ],
        ),
        // No simple cause fits, but the blocks show where the error is.
        wrong(
            "relu-mask-forgotten",
            &[
                ("W1", "unknown"),
                ("b1", "unknown"),
                ("W2", "unknown"),
                ("b2", "some-entries"),
            ],
        ),
        Case {
            title: "a likelihood without bounds, drawn outside",
            arguments: spawned("decay.py"),
            expected: Expected::Unusable(&["at the point itself", "--bounds"]),
        },
        Case {
            title: "a likelihood within its bounds",
            arguments: with(spawned("decay.py"), &["--bounds", "input0[1]:0.."]),
            expected: Expected::Right,
        },
        Case {
            title: "Jᵀv and J·u of a vector",
            arguments: named(&servers.more, "rotation"),
            expected: Expected::Right,
        },
        Case {
            title: "a sign in J·u",
            arguments: with(
                named(&servers.more, "rotation"),
                &["--config", r#"{"wrong": true}"#],
            ),
            expected: Expected::Wrong(
                "apply jacobian",
                &[
                    ("doutput/dinput1·u", "some-entries"),
                    ("doutput/d(all)·u", "some-entries"),
                ],
            ),
        },
        Case {
            title: "a gradient that is NaN",
            arguments: named(&servers.more, "not-a-number"),
            expected: Expected::Wrong("gradient", &[("input0", "non-finite")]),
        },
        Case {
            title: "no gradient",
            arguments: named(&servers.more, "forward-only"),
            expected: Expected::Unusable(&["does not offer Gradient", "supports_gradient"]),
        },
    ]
}

impl Case {
    /// Runs the case; returns the result in a few words, or how it differs from the expected one.
    pub(super) fn run(&self, gradcheck: &Gradcheck) -> Result<String, String> {
        let said = gradcheck.model(&self.arguments)?;
        let found = self.expected.hold(&said);
        found.map_err(|what| {
            let arguments = self.arguments.join(" ");
            format!("{what}\n        gradcheck model {arguments}")
        })
    }
}

impl Expected {
    fn hold(&self, said: &Said) -> Result<String, String> {
        let code = match self {
            Self::Right => 0,
            Self::Wrong(..) => 1,
            Self::Unusable(_) => 2,
        };
        if said.code != Some(code) {
            return Err(format!(
                "exit code {:?} instead of {code}. {}",
                said.code,
                said.error.trim()
            ));
        }
        match self {
            Self::Right => right(&said.report),
            Self::Wrong(stage, blocks) => wrong(&said.report, stage, blocks),
            Self::Unusable(words) => match words.iter().find(|word| !said.error.contains(**word)) {
                None => Ok(format!("{} (exit code 2)", said.error.trim())),
                Some(word) => Err(format!("no {word:?} in the message: {}", said.error.trim())),
            },
        }
    }
}

fn right(report: &Value) -> Result<String, String> {
    let mut derivatives = 0;
    for check in list(&report["checks"]) {
        if check["verdict"] != "agree" {
            return Err(format!("{}: {}", check["stage"], check["verdict"]));
        }
        derivatives += check["counts"]["agree"].as_u64().unwrap_or_default();
    }
    if report["verdict"] != "agree" || derivatives == 0 {
        return Err(format!("verdict {}", report["verdict"]));
    }
    Ok(format!("agree, {derivatives} derivatives"))
}

fn wrong(report: &Value, stage: &str, expected: &[(&str, &str)]) -> Result<String, String> {
    let checks = list(&report["checks"]);
    let check = checks.iter().find(|check| check["stage"] == stage);
    let check = check.ok_or_else(|| format!("no check of the {stage}"))?;
    let found: Vec<(&str, &str)> = list(&check["blocks"])
        .iter()
        .filter(|block| block["verdict"] == "disagree")
        .map(|block| (text(&block["name"]), text(&block["diagnosis"]["cause"])))
        .collect();
    let words = |blocks: &[(&str, &str)]| {
        let words: Vec<String> = blocks
            .iter()
            .map(|(b, cause)| format!("{b} {cause}"))
            .collect();
        words.join(", ")
    };
    if found == expected {
        Ok(format!("disagree: {}", words(&found)))
    } else {
        Err(format!(
            "disagree in {}, not {}",
            words(&found),
            words(expected)
        ))
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
