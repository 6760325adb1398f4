//! Models that offer /ApplyHessian.

use super::mock::{Fault, Mock};
use super::{model, report};
use crate::tool::checks;

#[test]
fn a_right_one_agrees() {
    let report = report(&Mock::start(Fault::Hessian(1.0)), "", 0);
    let stages: Vec<_> = checks(&report)
        .iter()
        .map(|check| &check["stage"])
        .collect();
    assert_eq!(stages, ["gradient", "apply hessian"]);
}

#[test]
fn a_wrong_one_is_wrong_though_the_gradient_is_right() {
    for times in [1.5, -1.0, 1.01, 0.0] {
        let mock = Mock::start(Fault::Hessian(times));
        let run = model(&mock, "").expect(1);
        run.says(&["ApplyHessian is wrong at this point; the gradient is right."]);
        let report = report(&mock, "", 1);
        let words: Vec<_> = checks(&report)
            .iter()
            .map(|check| &check["verdict"])
            .collect();
        assert_eq!(words, ["agree", "disagree"], "{times}");
    }
}

#[test]
fn beside_a_wrong_gradient_it_is_said_not_to_be_checked() {
    let mock = Mock::start(Fault::GradientAndHessian);
    model(&mock, "")
        .expect(1)
        .says(&["ApplyHessian: not checked"]);
    assert_eq!(report(&mock, "", 1)["not_checked"][0], "apply hessian");
}

#[test]
fn one_that_fails_takes_nothing_from_the_gradient() {
    let run = model(&Mock::start(Fault::NoHessian), "");
    assert_eq!(run.code, 2, "{}", run.stdout);
    run.says(&["Gradient: agree", "not written yet", "Inconclusive:"]);
    assert!(run.stderr.contains("not written yet"), "{}", run.stderr);
}
