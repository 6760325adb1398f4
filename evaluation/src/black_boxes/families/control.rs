//! Smooth and simple costs, which every checker should handle.

use super::{Family, family};
use crate::black_boxes::draw::Draw;
use crate::black_boxes::models::{Activation, Logistic, Net, double};
use crate::black_boxes::problem::{Expected::Agree, Problem};

pub(super) fn families() -> Vec<Family> {
    vec![
        family("plain: logistic", Agree, |draw| {
            double(Logistic::draw(draw, 50, 8), draw.many(8, -1.0, 1.0))
        }),
        family("plain: Himmelblau", Agree, |draw| {
            Problem::new(draw.many(2, -4.0, 4.0), himmelblau, himmelblau_gradient)
        }),
        family("plain: product of sines", Agree, |draw| {
            Problem::new(draw.many(4, 0.3, 1.3), product, product_gradient)
        }),
        family("plain: tanh network of 201", Agree, |draw| {
            net(draw, Activation::Tanh)
        }),
    ]
}

/// A network of 201 parameters in four blocks.
pub(super) fn net(draw: &mut Draw, activation: Activation) -> Problem {
    let net = Net::draw(draw, [8, 20, 30], activation);
    let point = net.point(draw);
    double(net, point).blocks(&[
        ("W1", &[20, 8]),
        ("b1", &[20]),
        ("W2", &[1, 20]),
        ("b2", &[1]),
    ])
}

fn himmelblau(x: &[f64]) -> f64 {
    (x[0] * x[0] + x[1] - 11.0).powi(2) + (x[0] + x[1] * x[1] - 7.0).powi(2)
}

fn himmelblau_gradient(x: &[f64]) -> Vec<f64> {
    let (a, b) = (x[0] * x[0] + x[1] - 11.0, x[0] + x[1] * x[1] - 7.0);
    vec![4.0 * x[0] * a + 2.0 * b, 2.0 * a + 4.0 * x[1] * b]
}

fn product(x: &[f64]) -> f64 {
    x.iter().map(|x| x.sin()).product()
}

fn product_gradient(x: &[f64]) -> Vec<f64> {
    x.iter().map(|own| product(x) / own.tan()).collect()
}
