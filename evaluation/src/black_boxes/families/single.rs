//! Costs in single precision: behind functions in double precision, and in closures over `&[f32]`.

use super::{Family, family};
use crate::black_boxes::models::{
    Activation, Logistic, Net, Softplus, Squares, behind, both_behind, single,
};
use crate::black_boxes::problem::Expected::Agree;

pub(super) fn families() -> Vec<Family> {
    vec![
        family("f32 behind f64: logistic", Agree, |draw| {
            behind(Logistic::draw(draw, 50, 8), draw.many(8, -1.0, 1.0))
        }),
        family("f32 behind f64: 40 softplus", Agree, |draw| {
            behind(Softplus, draw.many(40, -2.0, 2.0))
        }),
        family("f32 behind f64: tanh net, both", Agree, |draw| {
            let net = Net::draw(draw, [4, 4, 30], Activation::Tanh);
            let point = net.point(draw);
            both_behind(net, point).blocks(&[
                ("W1", &[4, 4]),
                ("b1", &[4]),
                ("W2", &[1, 4]),
                ("b2", &[1]),
            ])
        }),
        family("&[f32]: sum of squares", Agree, |draw| {
            single(Squares, draw.many(10, -2.0, 2.0))
        }),
        family("&[f32]: logistic", Agree, |draw| {
            single(Logistic::draw(draw, 50, 8), draw.many(8, -1.0, 1.0))
        }),
    ]
}
