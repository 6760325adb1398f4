//! Parameters in units of their own, and entries of very different size in one vector.

use super::{Family, family};
use crate::black_boxes::draw::Draw;
use crate::black_boxes::problem::{
    Expected::{Agree, NotAgree},
    Problem,
};

pub(super) fn families() -> Vec<Family> {
    let mut families = Vec::new();
    for unit in [1e-6, 1e-9, 1e-12, 1e-15, 1e-23, 1e12] {
        let name = format!("units of {unit:e}: tanh + square");
        families.push(family(name, Agree, move |draw| {
            apart(draw, [unit, unit], 1.0)
        }));
    }
    for unit in [1e-9, 1e-15, 1e-23] {
        families.push(family(
            format!("units of {unit:e}: sine"),
            Agree,
            move |draw| {
                let x = draw.phase() * unit;
                Problem::new(vec![x], move |x| (x[0] / unit).sin(), {
                    move |x| vec![(x[0] / unit).cos() / unit]
                })
                .units(vec![unit])
            },
        ));
    }
    families.push(family("Planck's law in k", Agree, |draw| {
        // hν/T
        let energy = 6.626e-34 * 5e13 / draw.within(200.0, 600.0);
        Problem::new(
            vec![1.380_649e-23],
            move |k| 1.0 / ((energy / k[0]).exp() - 1.0),
            move |k| {
                let u = energy / k[0];
                vec![u / k[0] * u.exp() / (u.exp() - 1.0).powi(2)]
            },
        )
        .units(vec![1e-24])
    }));
    families.push(family("units of 1e-8 and 1e6", Agree, |draw| {
        apart(draw, [1e-8, 1e6], 1.0)
    }));
    families.push(family("units of 1e-8 and 1e6, coupled", Agree, |draw| {
        let point = vec![draw.within(0.3, 1.2) * 1e-8, draw.within(0.3, 1.2) * 1e6];
        Problem::new(
            point,
            |p| (p[0] * 1e8).sin() * (p[1] * 1e-6).exp(),
            |p| {
                let ((sin, cos), exp) = ((p[0] * 1e8).sin_cos(), (p[1] * 1e-6).exp());
                vec![1e8 * cos * exp, 1e-6 * sin * exp]
            },
        )
    }));
    families.push(family(
        "small entry 1 % off, units 1e-8, 1e6",
        NotAgree,
        |draw| apart(draw, [1e-8, 1e6], 1.01),
    ));
    families.push(family("tiny entry beside its block", Agree, |draw| {
        tiny(draw, 1.0)
    }));
    families.push(family("tiny entry's sign wrong", NotAgree, |draw| {
        tiny(draw, -1.0)
    }));
    families
}

/// tanh(p₀/s₀) + 0.3(p₁/s₁)², the second entry with a factor.
fn apart(draw: &mut Draw, [a, b]: [f64; 2], factor: f64) -> Problem {
    let point = vec![draw.within(0.3, 1.4) * a, draw.within(0.3, 1.4) * b];
    Problem::new(
        point,
        move |p| (p[0] / a).tanh() + 0.3 * (p[1] / b).powi(2),
        move |p| {
            vec![
                (1.0 - (p[0] / a).tanh().powi(2)) / a,
                factor * 0.6 * p[1] / (b * b),
            ]
        },
    )
}

/// sin(x₀/s) + x₁x₂ with s = 1e-10, so that the second and third entry are 1e10 below the first; the third with a
/// factor.
fn tiny(draw: &mut Draw, factor: f64) -> Problem {
    let point = vec![
        draw.phase() * 1e-10,
        draw.within(0.5, 1.5),
        draw.within(0.5, 1.5),
    ];
    let gradient = move |x: &[f64]| vec![1e10 * (1e10 * x[0]).cos(), x[2], factor * x[1]];
    Problem::new(point, |x| (1e10 * x[0]).sin() + x[1] * x[2], gradient)
        .units(vec![1e-10, 1.0, 1.0])
}
