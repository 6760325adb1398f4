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
        match outputs <= 16 {
            true => assert_eq!(stages, ["gradient", "gradient of all outputs together"]),
            false => assert_eq!(stages, ["gradient"]),
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
        "Gradient of each output F[i]: disagree\n  the gradient of output[1] is wrong\n",
        "the outputs differ in size: each was judged by its own",
    ]);
    let report = report(&mock, "", 1);
    let worst = &checks(&report)[0]["blocks"][0]["worst"];
    assert_eq!(worst["index"][0], 1);
    let [analytic, numeric] = ["analytic", "numeric"].map(|side| worst[side].as_f64().unwrap());
    assert!((analytic / numeric - 2.0).abs() < 1e-6, "{worst}");
    assert!((1e-8..1e-5).contains(&numeric.abs()), "{worst}");
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
