//! Models with several outputs, of sizes from 1e6 down to 1e-6.

use serde_json::json;

use super::mock::{Fault, Mock};
use super::{model, report};
use crate::tool::checks;

#[test]
fn right_ones_agree() {
    for outputs in [2, 3, 16, 17, 40] {
        let report = report(&Mock::start(Fault::Several(outputs)), "", 0);
        let stages: Vec<_> = checks(&report)
            .iter()
            .map(|check| &check["stage"])
            .collect();
        let each = if outputs <= 16 { outputs } else { 0 };
        assert_eq!(stages.len(), each + 1);
        assert!(stages[..each].iter().all(|stage| *stage == "gradient"));
        for (number, check) in checks(&report)[..each].iter().enumerate() {
            assert_eq!(check["output"], format!("output[{number}]"));
        }
    }
}

#[test]
fn a_wrong_one_is_named_whatever_its_size() {
    for (outputs, wrong) in [
        (2, 1),
        (2, 0),
        (3, 1),
        (16, 15),
        (17, 16),
        (40, 0),
        (40, 23),
        (40, 39),
    ] {
        let report = report(&Mock::start(Fault::OneOfSeveral(outputs, wrong)), "", 1);
        let named = json!([format!("output[{wrong}]")]);
        assert_eq!(report["wrong_outputs"], named, "{outputs}, {wrong}");
    }
}

#[test]
fn a_gradient_of_the_first_output_alone_is_wrong() {
    let report = report(&Mock::start(Fault::FirstOfSeveral(3)), "", 1);
    assert_eq!(report["wrong_outputs"], json!(["output[1]", "output[2]"]));
    model(&Mock::start(Fault::FirstOfSeveral(40)), "").expect(1);
}

#[test]
fn each_output_is_said_in_its_own_unit() {
    let mock = Mock::start(Fault::OneOfSeveral(2, 1));
    model(&mock, "--block x:3 --block y:2").expect(1).says(&[
        "Gradient of each output: disagree\n  the gradient of output[1] is wrong\n",
        "output[1]: disagree",
        "why: doutput[1]/dx is 2× the numeric gradient",
    ]);
    let report = report(&mock, "", 1);
    let [first, second, _] = checks(&report) else {
        panic!("{report}")
    };
    assert_eq!(
        (&first["verdict"], &second["verdict"]),
        (&json!("agree"), &json!("disagree"))
    );
    let worst = &second["blocks"][0]["worst"];
    let [analytic, numeric] = ["analytic", "numeric"].map(|side| worst[side].as_f64().unwrap());
    assert!((analytic / numeric - 2.0).abs() < 1e-6, "{worst}");
    assert!((1e-8..1e-5).contains(&numeric.abs()), "{worst}");
}

#[test]
fn outputs_that_are_alike_are_said_in_one_table() {
    let right = report(&Mock::start(Fault::Alike), "", 0);
    assert_eq!(checks(&right).len(), 2);
    let shape = &checks(&right)[0]["blocks"][0]["shape"];
    assert_eq!(shape, &json!([2, 3]));
    // The second output depends on nothing of y: that is right, and nothing is left open.
    report(&Mock::start(Fault::Alike), "--strict", 0);
}

#[test]
fn a_model_is_evaluated_once_for_all_outputs() {
    let evaluations = |outputs: usize| {
        let mock = Mock::start(Fault::Several(outputs));
        model(&mock, "").expect(0);
        mock.evaluations.load(std::sync::atomic::Ordering::Relaxed)
    };
    let (few, many) = (evaluations(2), evaluations(16));
    assert!(
        many < 4 * few,
        "{many} evaluations for 16 outputs, {few} for 2"
    );
}
