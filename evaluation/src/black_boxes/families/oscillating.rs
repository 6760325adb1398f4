//! Costs that oscillate on a scale much smaller than their parameters.

use super::{Family, family};
use crate::black_boxes::problem::{Expected::Agree, Problem};

pub(super) fn families() -> Vec<Family> {
    vec![
        family("sin(1000x)", Agree, |draw| {
            let x = (draw.phase() + std::f64::consts::TAU * draw.below(150) as f64) / 1000.0;
            Problem::new(
                vec![x],
                |x| (1000.0 * x[0]).sin(),
                |x| vec![1000.0 * (1000.0 * x[0]).cos()],
            )
            .units(vec![1e-3])
        }),
        family("sin(1e5x) + x²", Agree, |draw| {
            let x = (draw.phase() + std::f64::consts::TAU * draw.below(15_000) as f64) / 1e5;
            Problem::new(
                vec![x],
                |x| (1e5 * x[0]).sin() + x[0] * x[0],
                |x| vec![1e5 * (1e5 * x[0]).cos() + 2.0 * x[0]],
            )
            .units(vec![1e-5])
        }),
    ]
}
