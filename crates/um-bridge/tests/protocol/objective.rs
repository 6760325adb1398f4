//! A model as an objective: its numbers, its gradient, and the judge's word on both.

use finite_diff::{Execution, Objective, ParameterLayout};
use gradient_check::{Settings, Verdict, check};
use insta::assert_snapshot;
use std::num::NonZeroUsize;
use um_bridge::ModelObjective;

use crate::http::respond;
use crate::mock::{Mock, open};
use crate::model::{Wrong, answer};

const THETA: [f64; 5] = [0.5, -1.5, 2.0, 0.25, 1.0];

fn cotangents() -> Vec<Vec<f64>> {
    vec![vec![0.5, -2.0, 1.5], vec![3.0]]
}

#[test]
fn outputs_are_contracted() {
    let mock = Mock::good();
    let model = mock.open().unwrap();
    let objective = ModelObjective::new(&model, cotangents()).unwrap();
    let [x0, x1, x2, y0, y1] = THETA;
    let expected = 0.5 * x0 * y0 - 2.0 * x1 * y1
        + 1.5 * x2.sin()
        + 3.0 * (x0 * x0 + x1 * x1 + x2 * x2 + y0.exp() + y1.exp());
    let value = objective.value(&THETA).unwrap();
    assert!(
        (value - expected).abs() <= 1e-14 * expected.abs(),
        "{value} {expected}"
    );
    assert_eq!(objective.layout().to_string(), "input0[3] input1[2]");
}

#[test]
fn the_adjoint_identity_holds() {
    let mock = Mock::good();
    let model = mock.open().unwrap();
    let objective = ModelObjective::new(&model, cotangents()).unwrap();
    let direction = [1.0, -0.5, 0.25, 2.0, -1.0];
    let along = objective.derivative_along(&THETA, &direction).unwrap();
    let gradient = objective.gradient(&THETA).unwrap();
    let product: f64 = gradient.iter().zip(&direction).map(|(g, v)| g * v).sum();
    assert!(
        (along - product).abs() < 1e-13 * along.abs(),
        "{along} {product}"
    );
}

fn verdict(wrong: Wrong, threads: usize) -> gradient_check::Report {
    let serve = move || {
        Mock::start(move |request, stream| {
            let (status, body) = answer(&request.path, &request.body, wrong);
            respond(stream, status, &body)
        })
    };
    let (a, b) = (serve(), serve());
    let model = open(&[&a.url, &b.url]).unwrap();
    let layout = ParameterLayout::new()
        .with("x", &[3])
        .and_then(|layout| layout.with("y", &[2]))
        .unwrap();
    let objective = ModelObjective::new(&model, cotangents())
        .and_then(|objective| objective.with_layout(layout))
        .unwrap();
    let gradient = objective.gradient(&THETA).unwrap();
    let execution = Execution {
        threads: NonZeroUsize::new(threads),
        ..Execution::default()
    };
    let settings = Settings {
        execution,
        ..Settings::default()
    };
    check(&objective, &gradient, &THETA, objective.layout(), &settings).unwrap()
}

#[test]
fn the_judge_accepts_the_right_one_and_rejects_the_wrong_one() {
    let right = verdict(Wrong::default(), 4);
    assert_eq!(right.verdict, Verdict::Agree);
    let wrong = verdict(
        Wrong {
            sign: true,
            ..Wrong::default()
        },
        4,
    );
    assert_eq!(wrong.verdict, Verdict::Disagree);
}

#[test]
fn what_does_not_fit_is_said() {
    let mock = Mock::good();
    let model = mock.open().unwrap();
    assert_snapshot!(ModelObjective::new(&model, vec![vec![1.0; 3]]).unwrap_err(), @"the cotangents have lengths [3], but the outputs of `forward` have [3, 1]");
    let layout = ParameterLayout::flat("theta", 5);
    let objective = ModelObjective::new(&model, cotangents()).unwrap();
    assert_snapshot!(objective.gradient(&[1.0]).unwrap_err(), @"Gradient of the model `forward`: the flat vector has 1 entries, but the layout input0[3] input1[2] has 5");
    assert_snapshot!(objective.with_layout(layout).unwrap_err(), @"the blocks theta[5] have lengths [5], but the inputs of `forward` have [3, 2]");
}

#[test]
fn a_value_that_is_no_number_reaches_the_engine() {
    let mock = Mock::answering("/Evaluate", "{\"output\": [[nan, 1.0, 2.0], [0.1]] }");
    let model = mock.open().unwrap();
    let objective = ModelObjective::new(&model, cotangents()).unwrap();
    assert!(objective.value(&THETA).unwrap().is_nan());
}
