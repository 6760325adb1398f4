//! Cost and gradient against NumPy's; see `tests/golden/README.md`.

use mlp::{Activation, Architecture, Batch, Loss, Parameters, backward, cost, forward};
use serde_json::Value;
use tensor_core::Matrix;

use crate::{apart, complex_step};

fn numbers(value: &Value) -> Vec<f64> {
    value
        .as_array()
        .unwrap()
        .iter()
        .map(|x| x.as_f64().unwrap())
        .collect()
}

fn check(json: &str) {
    let golden: Value = serde_json::from_str(json).unwrap();
    let widths: Vec<usize> = numbers(&golden["layers"])
        .iter()
        .map(|&n| n as usize)
        .collect();
    let net = Architecture::new(&widths, Activation::Relu, Loss::BinaryCrossEntropy)
        .and_then(|net| net.with_l2(golden["l2_lambda"].as_f64().unwrap()))
        .unwrap();
    let parameters = Parameters::from_flat(&net, numbers(&golden["theta"])).unwrap();
    let y = numbers(&golden["y"]);
    let x = Matrix::from_vec(widths[0], y.len(), numbers(&golden["x_row_major"])).unwrap();
    let batch = Batch::new(x, Matrix::from_vec(1, y.len(), y).unwrap()).unwrap();

    let pass = forward(&net, &parameters, &batch, None).unwrap();
    let expected = golden["cost"].as_f64().unwrap();
    assert!(
        (pass.cost / expected - 1.0).abs() < 1e-13,
        "{} is not {expected}",
        pass.cost
    );
    assert_eq!(
        pass.cost.to_bits(),
        cost(&net, &parameters, &batch, None).unwrap().to_bits()
    );

    let gradient = backward(&net, &pass, &batch).unwrap();
    let expected = numbers(&golden["gradient"]);
    let from_numpy = apart(gradient.as_flat(), &expected);
    assert!(
        from_numpy < 1e-12,
        "backward is {from_numpy:e} from NumPy's gradient"
    );
    let stepped = complex_step(&net, &parameters, &batch, None);
    let from_step = apart(gradient.as_flat(), &stepped);
    assert!(
        from_step < 1e-13,
        "backward is {from_step:e} from the complex step"
    );
}

#[test]
fn logistic() {
    check(include_str!("../golden/logistic.json"));
}

#[test]
fn course() {
    check(include_str!("../golden/course.json"));
}

#[test]
fn course_with_l2() {
    check(include_str!("../golden/course-l2.json"));
}

#[test]
fn course_exercise() {
    check(include_str!("../golden/course-exercise.json"));
}

#[test]
fn deep() {
    check(include_str!("../golden/deep.json"));
}

#[test]
fn breast_cancer() {
    check(include_str!("../golden/breast-cancer.json"));
}
