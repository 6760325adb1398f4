//! Kinks at the point, near it and on both sides of it.

use super::control::net;
use super::{Family, family};
use crate::black_boxes::draw::Draw;
use crate::black_boxes::models::Activation;
use crate::black_boxes::problem::{
    Expected::{Agree, NotAgree, NotWrong},
    Problem,
};

pub(super) fn families() -> Vec<Family> {
    vec![
        family("kink at the point: |x|", Agree, |draw| {
            let share = draw.within(-1.0, 1.0);
            absolute(draw, share)
        }),
        family("kink at the point: |x|, no subgradient", NotAgree, |draw| {
            let share = draw.sign() * draw.within(1.2, 2.0);
            absolute(draw, share)
        }),
        family("kink at the point: relu", Agree, |draw| {
            let share = [0.0, 1.0, draw.within(0.0, 1.0)][draw.index % 3];
            let weight = draw.within(0.3, 2.0);
            Problem::new(
                vec![0.0, draw.within(0.3, 1.3), draw.within(0.3, 1.3)],
                move |x| weight * x[0].max(0.0) * x[1] + (x[0] - x[2]).powi(2) + x[1].sin(),
                move |x| {
                    let off = 2.0 * (x[0] - x[2]);
                    vec![weight * share * x[1] + off, x[1].cos(), -off]
                },
            )
            .untold([0])
        }),
        family("kink 1e-9 to 1e-2 away", NotWrong, |draw| {
            let away = draw.sign() * 10f64.powf(draw.within(-9.0, -2.0));
            near(draw, vec![away])
        }),
        family("kinks on both sides, 1e-8 to 1e-3", NotWrong, |draw| {
            let mut away = || 10f64.powf(draw.within(-8.0, -3.0));
            let both = vec![away(), -away()];
            near(draw, both)
        }),
        family("relu network of 201", Agree, |draw| {
            net(draw, Activation::Relu)
        }),
        family("tie of max: (1,0), (0,1), (½,½)", Agree, |draw| {
            let gradient = [[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]][draw.index % 3];
            tie(draw, gradient)
        }),
        family("tie of max: (1,1), (0,0)", NotAgree, |draw| {
            let gradient = [[1.0, 1.0], [0.0, 0.0]][draw.index % 2];
            tie(draw, gradient)
        }),
    ]
}

/// ½(w₀ − 0.1)² + 0.3|w₀| + sin w₁ at w₀ = 0, with this slope of |w₀|.
fn absolute(draw: &mut Draw, share: f64) -> Problem {
    let gradient = move |w: &[f64]| vec![w[0] - 0.1 + 0.3 * share, w[1].cos()];
    Problem::new(
        vec![0.0, draw.within(0.2, 1.2)],
        |w| 0.5 * (w[0] - 0.1).powi(2) + 0.3 * w[0].abs() + w[1].sin(),
        gradient,
    )
    .untold([0])
}

/// (x₀ − 2)² + ½ Σ |x₀ − c| + cos(x₁)x₀, with c so far away from x₀.
fn near(draw: &mut Draw, away: Vec<f64>) -> Problem {
    let point = draw.many(2, 0.3, 1.3);
    let kinks: Vec<f64> = away.iter().map(|away| point[0] + away).collect();
    let sides: f64 = kinks.iter().map(|c| 0.5 * (point[0] - c).signum()).sum();
    let smooth = |x: &[f64]| (x[0] - 2.0).powi(2) + x[1].cos() * x[0];
    let cost =
        move |x: &[f64]| smooth(x) + kinks.iter().map(|c| 0.5 * (x[0] - c).abs()).sum::<f64>();
    let gradient =
        move |x: &[f64]| vec![2.0 * (x[0] - 2.0) + sides + x[1].cos(), -x[1].sin() * x[0]];
    Problem::new(point, cost, gradient)
        .reference(move |x| smooth(x) + sides * x[0])
        .untold([0])
}

/// max(x₀, x₁) + ½x₂² at a point with x₀ = x₁, with this gradient of max.
fn tie(draw: &mut Draw, gradient: [f64; 2]) -> Problem {
    let both = draw.within(0.3, 1.3);
    Problem::new(
        vec![both, both, draw.within(0.3, 1.3)],
        |x| x[0].max(x[1]) + 0.5 * x[2] * x[2],
        move |x| vec![gradient[0], gradient[1], x[2]],
    )
    .untold([0, 1])
}
