//! Large constants added to a smooth function.

use super::{Family, family};
use crate::black_boxes::problem::{Expected::Agree, Problem};

pub(super) fn families() -> Vec<Family> {
    let mut families = Vec::new();
    for offset in [1e6, 1e8] {
        families.push(family(
            format!("{offset:e} + sin(x0)x1 + x2²"),
            Agree,
            move |draw| {
                beside(offset, draw.many(3, 0.3, 1.3), sine, |x| {
                    vec![x[0].cos() * x[1], x[0].sin(), 2.0 * x[2]]
                })
            },
        ));
        families.push(family(
            format!("{offset:e} + exp(x0)x1 + x2³"),
            Agree,
            move |draw| {
                beside(offset, draw.many(3, 0.3, 1.3), exponential, |x| {
                    vec![x[0].exp() * x[1], x[0].exp(), 3.0 * x[2] * x[2]]
                })
            },
        ));
    }
    families.push(family("x − 1e6 near 1", Agree, |draw| {
        beside(-1e6, draw.many(1, 0.5, 2.0), |x| x[0], |_| vec![1.0])
    }));
    families
}

fn beside(
    offset: f64,
    point: Vec<f64>,
    smooth: fn(&[f64]) -> f64,
    gradient: fn(&[f64]) -> Vec<f64>,
) -> Problem {
    Problem::new(point, move |x| offset + smooth(x), gradient).reference(smooth)
}

fn sine(x: &[f64]) -> f64 {
    x[0].sin() * x[1] + x[2] * x[2]
}

fn exponential(x: &[f64]) -> f64 {
    x[0].exp() * x[1] + x[2].powi(3)
}
