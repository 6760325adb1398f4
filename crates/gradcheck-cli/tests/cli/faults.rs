//! Every planted fault is found, in the blocks it is in and nowhere else, and said so.

use std::sync::Mutex;

use serde_json::{Value, json};

use crate::tool::{Folder, blocks, checks, mlp_json, run, text, words, wrong_blocks};

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

/// The example of a fault, as it is listed.
fn check_fault(name: &str, example: &str) {
    let words = words(example);
    assert_eq!(words[..2], ["gradcheck", "mlp"], "{example}");
    let line = words[1..].join(" ");
    let folder = Folder::new();
    let report = folder
        .run(&format!("{line} --format json"))
        .expect(1)
        .json();
    assert_eq!(report["verdict"], "disagree", "{name}");
    assert_eq!(report["network"]["fault"], name);
    assert_eq!(report["command"], example);
    assert_eq!(checks(&report).len(), 2, "{name}");
    for check in checks(&report) {
        let stage = &check["stage"];
        let wrong = wrong_blocks(check);
        assert_eq!(check["planted_in"], json!(wrong), "{name}, {stage}");
        let verdict = if wrong.is_empty() {
            "agree"
        } else {
            "disagree"
        };
        assert_eq!(check["verdict"], verdict, "{name}, {stage}");
        let wrong = blocks(check)
            .iter()
            .filter(|block| block["verdict"] == "disagree");
        let last = wrong.map(|block| block["layer"].as_u64().unwrap()).max();
        assert_eq!(check["first_wrong_layer"], json!(last), "{name}, {stage}");
    }
}

/// The same as text, of fewer coordinates; it must say what the JSON of that run says.
fn check_text(name: &str, example: &str) {
    let sample = if name.starts_with("single-weight") {
        999
    } else {
        60
    };
    let line = words(example)[1..].join(" ");
    let line = format!("{line} --sample {sample} --steps 30");
    let folder = Folder::new();
    let report = folder
        .run(&format!("{line} --format json"))
        .expect(1)
        .json();
    let said = folder.run(&line).expect(1);
    for check in checks(&report) {
        if check["planted_in"] == json!([]) {
            said.says(&["the planted fault changes no bit of the gradient here"]);
        }
        for block in blocks(check) {
            let Some(disagreeing) = block["counts"]["disagree"].as_u64().filter(|n| *n > 0) else {
                continue;
            };
            let total: u64 = ["agree", "disagree", "inconclusive"]
                .iter()
                .map(|key| block["counts"][key].as_u64().unwrap())
                .sum();
            said.says(&[&format!(
                "{} (layer {}) is wrong: {disagreeing} of {total} coordinates disagree; worst {}:",
                text(&block["name"]),
                block["layer"],
                worst(block),
            )]);
        }
    }
    said.says(&[
        &format!("planted fault: {name}"),
        "The gradient is wrong",
        &format!("Again: {}", text(&report["command"])),
    ]);
}

/// `check` for every fault, on both cores.
fn each(check: fn(&str, &str)) {
    let faults = Mutex::new(faults());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let next = faults.lock().unwrap().pop();
                    let Some((name, example)) = next else { break };
                    check(&name, &example);
                }
            });
        }
    });
}

#[test]
fn every_fault_is_found_where_it_was_planted() {
    each(check_fault);
}

#[test]
fn the_text_names_every_wrong_block_and_its_worst_coordinate() {
    each(check_text);
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
            .says(&["The gradient is wrong after 50 steps, though right at initialization."]);
        let report = mlp_json(&format!("--fault {name} --steps 0"), 0);
        assert_eq!(report["verdict"], "agree", "{name}");
    }
}
