//! Right backward passes of every kind agree, and what can't be decided is not called right.

use crate::tool::{blocks, checks, mlp_json, run, text};

/// Holds a right network to exit code 0 with every judged coordinate decided; of every block some are.
#[track_caller]
fn agrees(line: &str) {
    let report = mlp_json(&format!("{line} --sample 150"), 0);
    assert_eq!(report["verdict"], "agree", "{line}");
    for check in checks(&report) {
        assert_eq!(check["counts"]["disagree"], 0, "{line}");
        assert_eq!(check["counts"]["inconclusive"], 0, "{line}");
    }
}

#[test]
fn every_activation() {
    for name in [
        "relu",
        "leaky-relu",
        "tanh",
        "sigmoid",
        "softplus",
        "gelu",
        "identity",
    ] {
        agrees(&format!("--activation {name}"));
    }
}

#[test]
fn every_loss() {
    agrees("--loss bce");
    agrees("--loss mse");
    agrees("--loss softmax");
    agrees("--loss bce --layers 30,5,3");
    agrees("--loss mse --layers 30,5,2");
}

#[test]
fn every_optimizer_and_size_of_batch() {
    for name in ["sgd", "momentum", "adam"] {
        agrees(&format!("--optimizer {name}"));
        agrees(&format!("--optimizer {name} --batch-size 10 --steps 7"));
    }
    agrees("--batch-size 1000");
}

#[test]
fn every_initialization_that_says_something() {
    for name in ["he", "xavier"] {
        agrees(&format!("--init {name}"));
    }
    agrees("--init normal --layers 30,1");
}

/// Weights of 0.01 make the gradients of the first layers so small beside the cost that finite differences
/// can't tell them from rounding; the same function on complex numbers can.
#[test]
fn tiny_weights_are_settled_on_complex_numbers() {
    agrees("--init normal --steps 0");
    agrees("--init normal --steps 0 --activation tanh");
    agrees("--init normal --steps 0 --activation tanh --scheme complex-step");
}

#[test]
fn all_zeros_test_nothing_and_the_report_says_so() {
    let run = run("mlp --init zeros").expect(3);
    run.says(&["Inconclusive:", "inconclusive:", "nothing was tested"]);
    let report = mlp_json("--init zeros", 3);
    assert_eq!(report["verdict"], "inconclusive");
    let check = &checks(&report)[0];
    let undecided: Vec<&str> = blocks(check)
        .iter()
        .filter(|block| block["verdict"] == "inconclusive")
        .map(|block| text(&block["name"]))
        .collect();
    assert_eq!(undecided, ["W1", "b1", "W2", "b2", "W3"]);
    assert_eq!(blocks(check)[1]["inconclusive_reasons"]["vacuous"], 16);
}

#[test]
fn every_scheme() {
    for name in ["central", "five-point", "complex-step", "course", "forward"] {
        agrees(&format!("--scheme {name} --activation tanh"));
    }
    agrees("--scheme central --epsilon 1e-5 --activation tanh");
}

#[test]
fn single_precision_agrees() {
    agrees("--precision f32");
    agrees("--precision f32 --activation gelu --scheme complex-step");
}

#[test]
fn single_precision_is_never_called_wrong() {
    for line in [
        "",
        "--activation gelu --scheme complex-step",
        "--data digits --sample 60",
    ] {
        let run = run(&format!("mlp --format json --precision f32 {line}"));
        for check in checks(&run.json()) {
            assert_eq!(check["counts"]["disagree"], 0, "{line}");
        }
    }
    // What it is blunter for is the gradient's own rounding, not the cost, which is in double precision.
    run("mlp --precision f32")
        .expect(0)
        .says(&["the gradient itself has rounding errors of about this size"]);
    // Nor does it hide what is wrong.
    let report = mlp_json("--precision f32 --fault dw2-doubled --steps 0", 1);
    assert_eq!(checks(&report)[0]["first_wrong_layer"], 2);
}

#[test]
fn a_sample_takes_some_of_every_block_and_says_what_it_left_out() {
    let report = mlp_json("--sample 50", 0);
    for check in checks(&report) {
        assert_eq!(check["judged"], 50);
        for block in blocks(check) {
            let judged = block["counts"]["agree"].as_u64().unwrap();
            assert!(judged > 0, "{block}");
        }
    }
    run("mlp --sample 50")
        .expect(0)
        .says(&["sample: 50 of 641 coordinates"]);
    // More than there are is all of them.
    let report = mlp_json("--sample 99999999 --steps 0", 0);
    assert_eq!(checks(&report)[0]["judged"], 641);
}

#[test]
fn no_training() {
    let run = run("mlp --steps 0").expect(0);
    run.says(&[
        "Not checked after training (--steps 0)",
        "The gradient is right at initialization,",
    ]);
    assert_eq!(checks(&mlp_json("--steps 0", 0)).len(), 1);
}

#[test]
fn no_regularization() {
    agrees("--l2 0");
    agrees("--l2 7.5 --learning-rate 0.01");
}

#[test]
fn dropout_with_frozen_masks() {
    agrees("--keep-prob 0.8 --frozen-masks");
    run("mlp --keep-prob 0.8 --frozen-masks --steps 0")
        .expect(0)
        .says(&["dropout with frozen masks, keep_prob 0.8"]);
}

#[test]
fn digits() {
    agrees("--data digits");
    agrees("--data digits --activation tanh --scheme complex-step --steps 5");
}

#[test]
fn synthetic_data() {
    agrees("--data synthetic");
    agrees("--data synthetic --layers 7,4,3 --loss softmax --rows 1000 --steps 3");
    agrees("--data synthetic --layers 3,4,1 --loss mse --learning-rate 0.01");
}

#[test]
fn a_training_that_diverges_leaves_the_first_check_standing() {
    let line = "mlp --loss mse --learning-rate 1e6 --steps 500";
    let said = run(line);
    assert_eq!(said.code, 2, "{}", said.stdout);
    said.says(&[
        "At initialization\n  agree: all 641 coordinates",
        "The training failed:",
        "lower the learning rate",
    ]);
    let json = run(&format!("{line} --format json"));
    assert_eq!(json.code, 2);
    assert!(
        json.stderr
            .starts_with("error: the training failed: the cost is "),
        "{}",
        json.stderr
    );
    let report = json.json();
    assert_eq!(checks(&report).len(), 1);
    assert!(text(&report["training"]["failed"]).contains("lower the learning rate"));
    // The check that was made stands; of the two that were meant it is one.
    assert_eq!(checks(&report)[0]["verdict"], "agree");
    assert_eq!(report["verdict"], "inconclusive");
    // A gradient that was seen to be wrong is the news, whatever else happened.
    let wrong = run(&format!("{line} --fault dw2-doubled"));
    assert_eq!(wrong.code, 1);
    wrong.says(&[
        "The training failed:",
        "The gradient is wrong at initialization.",
    ]);
}
