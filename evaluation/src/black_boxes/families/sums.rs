//! Sums of thousands of terms, of which each parameter affects one or two.

use super::{Family, family};
use crate::black_boxes::models::softplus;
use crate::black_boxes::problem::{Expected::Agree, Problem};

pub(super) fn families() -> Vec<Family> {
    vec![
        family("sum of 2,000 squares", Agree, |draw| {
            Problem::new(draw.many(2000, -1.0, 1.0), squares, |x| {
                x.iter()
                    .enumerate()
                    .map(|(i, x)| 2.0 * (x - aim(i)))
                    .collect()
            })
            .units(vec![1000.0; 2000])
        }),
        family("Rosenbrock of 10,000", Agree, |draw| {
            let mut point = draw.many(10_000, 0.8, 1.2);
            point.iter_mut().step_by(2).for_each(|x| *x *= -1.2);
            Problem::new(point, rosenbrock, rosenbrock_gradient)
        })
        .at_most(4),
        family("sum of 10,000 ln cosh", Agree, |draw| {
            Problem::new(draw.many(10_000, -2.0, 2.0), ln_cosh, |x| {
                x.iter().map(|x| x.tanh()).collect()
            })
            .units(vec![1.0; 10_000])
        })
        .at_most(4),
    ]
}

fn aim(i: usize) -> f64 {
    2.0 * i as f64 + 1.0
}

fn squares(x: &[f64]) -> f64 {
    x.iter()
        .enumerate()
        .map(|(i, x)| (x - aim(i)).powi(2))
        .sum()
}

fn rosenbrock(x: &[f64]) -> f64 {
    let pair = |p: &[f64]| 100.0 * (p[1] - p[0] * p[0]).powi(2) + (1.0 - p[0]).powi(2);
    x.chunks_exact(2).map(pair).sum()
}

fn rosenbrock_gradient(x: &[f64]) -> Vec<f64> {
    let pair = |p: &[f64]| {
        let off = 200.0 * (p[1] - p[0] * p[0]);
        [-2.0 * p[0] * off - 2.0 * (1.0 - p[0]), off]
    };
    x.chunks_exact(2).flat_map(pair).collect()
}

fn ln_cosh(x: &[f64]) -> f64 {
    let term = |x: &f64| softplus(-2.0 * x.abs()) + x.abs() - std::f64::consts::LN_2;
    x.iter().map(term).sum()
}
