//! Points near the edge of the domain; beyond it the cost is NaN.

use super::{Family, family};
use crate::black_boxes::draw::Draw;
use crate::black_boxes::problem::{Expected::Agree, Problem};

pub(super) fn families() -> Vec<Family> {
    vec![
        family("ln x at 1e-3, bounded", Agree, |draw| {
            bounded(logarithm(draw))
        }),
        family("ln x at 1e-3, no bounds given", Agree, logarithm),
        family("√x at 1e-6, bounded", Agree, |draw| bounded(root(draw))),
        family("√x at 1e-6, no bounds given", Agree, root),
    ]
}

fn bounded(problem: Problem) -> Problem {
    problem.lower(vec![0.0, f64::NEG_INFINITY])
}

fn logarithm(draw: &mut Draw) -> Problem {
    let point = vec![draw.within(0.5e-3, 2e-3), draw.within(0.5, 1.5)];
    let gradient = |x: &[f64]| vec![x[1] / x[0], x[0].ln() + 2.0 * x[1]];
    Problem::new(point, |x| x[1] * x[0].ln() + x[1] * x[1], gradient)
}

fn root(draw: &mut Draw) -> Problem {
    let point = vec![draw.within(0.5e-6, 2e-6), draw.within(0.5, 1.5)];
    let gradient = |x: &[f64]| vec![0.5 * x[1] / x[0].sqrt(), x[0].sqrt() + 2.0 * x[1]];
    Problem::new(point, |x| x[1] * x[0].sqrt() + x[1] * x[1], gradient)
}
