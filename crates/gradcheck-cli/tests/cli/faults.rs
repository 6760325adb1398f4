//! Every planted fault is found, in the blocks it is in and nowhere else, and said so.

use std::collections::HashSet;
use std::sync::Mutex;

use gradient_check::text::thousands;
use mlp_faults::{Shows, find};
use serde_json::{Value, json};

use crate::tool::{Folder, Run, blocks, checks, mlp_json, run, text, words, wrong_blocks};

/// The faults with the command that shows each.
fn faults() -> Vec<(String, String)> {
    let list = run("faults --format json").expect(0).json();
    let faults = list["faults"].as_array().unwrap();
    faults
        .iter()
        .map(|fault| {
            (
                text(&fault["name"]).to_owned(),
                text(&fault["example"]).to_owned(),
            )
        })
        .collect()
}

/// `W2[3,1]`.
fn worst(block: &Value) -> String {
    let index: Vec<String> = block["worst"]["index"]
        .as_array()
        .unwrap()
        .iter()
        .map(ToString::to_string)
        .collect();
    format!("{}[{}]", text(&block["name"]), index.join(","))
}

/// Whether a check may be too blunt for it.
fn is_faint(name: &str) -> bool {
    matches!(find(name).unwrap().shows(), Shows::Faintly)
}

/// Whether a fault's gradient differs from the right one at kinks only, where both are right.
fn is_at_kinks(name: &str) -> bool {
    matches!(find(name).unwrap().shows(), Shows::AtKinks)
}

/// Runs the example of a fault, and the same as text, which must say what the JSON says.
fn check_fault(name: &str, example: &str, more: &str) {
    let words = words(example);
    assert_eq!(words[..2], ["gradcheck", "mlp"], "{example}");
    let line = format!("{} {more}", words[1..].join(" "));
    let folder = Folder::new();
    let report = folder
        .run(&format!("{line} --format json"))
        .expect(1)
        .json();
    let said = folder.run(&line).expect(1);
    assert_eq!(report["verdict"], "disagree", "{name}");
    assert_eq!(report["network"]["fault"], name);
    assert_eq!(checks(&report).len(), 2, "{name}");
    for check in checks(&report) {
        check_stage(name, check, &said);
    }
    said.says(&[
        &format!("planted fault: {name}"),
        "The gradient is wrong",
        &format!("Reproduce with: {}", text(&report["command"])),
    ]);
}

fn check_stage(name: &str, check: &Value, said: &Run) {
    let stage = &check["stage"];
    let wrong = wrong_blocks(check);
    if is_faint(name) {
        // Below what the report says it would have caught, in some blocks.
        let planted = check["planted_in"].as_array().unwrap();
        let among = |block: &&str| planted.contains(&json!(block));
        assert!(
            !wrong.is_empty() && wrong.iter().all(among),
            "{name}: {wrong:?}"
        );
    } else {
        assert_eq!(check["planted_in"], json!(wrong), "{name}, {stage}");
    }
    let verdict = match wrong.is_empty() {
        true => "agree",
        false => "disagree",
    };
    assert_eq!(check["verdict"], verdict, "{name}, {stage}");
    let wrong: Vec<&Value> = blocks(check)
        .iter()
        .filter(|block| block["verdict"] == "disagree")
        .collect();
    let last = wrong
        .iter()
        .map(|block| block["layer"].as_u64().unwrap())
        .max();
    assert_eq!(check["first_wrong_layer"], json!(last), "{name}, {stage}");
    if wrong.is_empty() {
        said.says(&["the planted fault does not change the gradient here"]);
    }
    for block in wrong {
        let count = |key: &str| block["counts"][key].as_u64().unwrap();
        let total = count("agree") + count("disagree") + count("inconclusive");
        let entries = if total == 1 { "entry" } else { "entries" };
        let wrong = format!(
            "{} (layer {}) is wrong in {} of {} {entries}",
            text(&block["name"]),
            block["layer"],
            thousands(count("disagree")),
            thousands(total),
        );
        said.says(&[&wrong, &worst(block)]);
    }
}

/// The examples that differ in more than the fault, as they are listed.
#[test]
fn the_examples_find_their_faults() {
    let mut shapes = HashSet::new();
    for (name, example) in faults() {
        if shapes.insert(example.replace(&format!("--fault {name}"), "")) {
            check_fault(&name, &example, "");
        }
    }
}

/// All of them, on a sample of the coordinates, of every block some; on all where the fault is in one.
#[test]
fn every_fault_is_found_where_it_was_planted_and_said_so() {
    let mut faults = faults();
    faults.retain(|(name, _)| !is_at_kinks(name));
    let faults = Mutex::new(faults);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let next = faults.lock().unwrap().pop();
                    let Some((name, example)) = next else { break };
                    let sample = match name.starts_with("single-weight") {
                        true => "",
                        false => "--sample 80",
                    };
                    check_fault(&name, &example, sample);
                }
            });
        }
    });
}

#[test]
fn the_list_says_what_each_does_and_how_to_see_it() {
    let said = run("faults").expect(0);
    let faults = faults();
    assert!(faults.len() >= 30);
    for (name, example) in faults {
        assert!(example.contains(&format!("--fault {name}")), "{example}");
        said.says(&[&example]);
    }
}

/// These two are right on random parameters, whose outputs are far from 0 and 1 and whose biases are
/// zero: what the second check is for.
#[test]
fn some_faults_show_only_once_trained() {
    for name in ["clipped-output", "l2-on-biases"] {
        let report = mlp_json(&format!("--fault {name}"), 1);
        let verdicts: Vec<&str> = checks(&report)
            .iter()
            .map(|c| text(&c["verdict"]))
            .collect();
        assert_eq!(verdicts, ["agree", "disagree"], "{name}");
        run(&format!("mlp --fault {name}"))
            .expect(1)
            .says(&["The gradient is wrong after 50 steps, but right at initialization."]);
        let report = mlp_json(&format!("--fault {name} --steps 0"), 0);
        assert_eq!(report["verdict"], "agree", "{name}");
    }
}

/// Another subgradient is no mistake: nothing of the gradient changes away from kinks, and at one
/// nothing is called wrong.
#[test]
fn a_choice_at_a_kink_is_not_called_wrong() {
    for (name, example) in faults() {
        if !is_at_kinks(&name) {
            continue;
        }
        let line = words(&example)[1..].join(" ");
        let run = Folder::new().run(&line).expect(0);
        run.says(&["the planted fault does not change the gradient here"]);
        let report = mlp_json(&format!("--fault {name} --init zeros"), 3);
        assert_eq!(report["verdict"], "inconclusive");
    }
}
