//! What is looked at before the comparison, and the errors planted after it.

use serde_json::Value;

use crate::tool::{checks, mlp_json, run};

#[test]
fn every_planted_error_is_detected_and_it_takes_one_line() {
    let run = run("mlp --negative-control").expect(0);
    let lines: Vec<&str> = run
        .stdout
        .lines()
        .filter(|line| line.contains("negative control"))
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    negative control: 48 of 48 planted errors were detected
    negative control: 48 of 48 planted errors were detected
    ");
    assert!(
        run.stdout
            .ends_with("Reproduce with: gradcheck mlp --negative-control\n")
    );
}

#[test]
fn the_control_holds_for_every_way_of_looking() {
    for line in [
        "--activation tanh --sample 60",
        "--scheme complex-step --activation gelu",
        "--scheme course",
        "--precision f32",
        "--data digits --sample 40",
        "--keep-prob 0.8 --frozen-masks",
    ] {
        let report = mlp_json(
            &format!("{line} --negative-control --layers {}", layers(line)),
            0,
        );
        for check in checks(&report) {
            let control = &check["negative_control"];
            assert_eq!(control["speaks"], true, "{line}");
            assert_eq!(control["passed"], Value::Array(vec![]), "{line}");
            assert!(
                control["rejected"].as_u64().unwrap() > 20,
                "{line}: {control}"
            );
        }
    }
}

fn layers(line: &str) -> &'static str {
    if line.contains("digits") {
        "64,6,10"
    } else {
        "30,6,4,1"
    }
}

#[test]
fn it_is_not_possible_for_a_wrong_gradient() {
    let line = "mlp --negative-control --fault dw2-doubled --steps 0";
    run(line)
        .expect(1)
        .says(&["negative control: not possible, because the gradient itself is wrong or"]);
    let report = mlp_json(&line["mlp ".len()..], 1);
    let control = &checks(&report)[0]["negative_control"];
    assert_eq!(
        (&control["speaks"], &control["planted"]),
        (&Value::Bool(false), &Value::from(0))
    );
}

#[test]
fn nothing_is_planted_unless_asked_for() {
    let report = mlp_json("--steps 0", 0);
    let check = &checks(&report)[0];
    assert_eq!(check["negative_control"], Value::Null);
    let structure = &check["structure"];
    assert_eq!(structure["findings"], Value::Array(vec![]));
    let skipped: Vec<&Value> = structure["skipped"]
        .as_array()
        .unwrap()
        .iter()
        .map(|skipped| &skipped["check"])
        .collect();
    assert_eq!(skipped, ["zero-cotangent", "linearity"]);
    assert_eq!(structure["forward_passes"], 3);
    assert_eq!(structure["backward_passes"], 2);
}

/// A sample does not meet the NaN, but the gradient holds it.
#[test]
fn what_the_comparison_does_not_meet_is_said_before_it() {
    let line = "mlp --fault nan --steps 0 --sample 6";
    let run = run(line).expect(1);
    let shown: Vec<&str> = run
        .stdout
        .lines()
        .skip_while(|line| !line.contains("preliminary check"))
        .take(2)
        .collect();
    insta::assert_snapshot!(shown.join("\n"), @r"
    preliminary check: the backward pass returns NaN at W3[0,0], although the
      cost is finite. Look for 0/0 and log 0 in the derivative, for example of a
    ");
    let report = mlp_json(&line["mlp ".len()..], 1);
    let check = &checks(&report)[0];
    assert_eq!(check["counts"]["disagree"], 0);
    let finding = &check["structure"]["findings"][0];
    assert_eq!(finding["kind"], "non-finite");
    assert_eq!(finding["verdict"], "disagree");
    assert_eq!(finding["coordinate"], "W3[0,0]");
}
