//! Blocks whose derivative is zero.

use super::{Family, family};
use crate::black_boxes::draw::Draw;
use crate::black_boxes::problem::{
    Expected::{Agree, NotWrong},
    Problem,
};

pub(super) fn families() -> Vec<Family> {
    vec![
        family("zero block: bias before normalization", Agree, normalized),
        family("zero block: shift of all logits", Agree, |draw| {
            let point = [draw.normal(5), vec![draw.within(-1.0, 1.0)]].concat();
            Problem::new(point, shifted, shifted_gradient)
                .blocks(&[("z", &[5]), ("shift", &[1])])
                .units(vec![1.0; 6])
                .untold([5])
        }),
        family("zero block: ±1e-17 where nothing moves", NotWrong, |draw| {
            let zeros = [1e-17 * draw.sign(), 1e-17 * draw.sign()];
            let gradient = move |x: &[f64]| vec![x[1], x[0], zeros[0], zeros[1]];
            Problem::new(draw.many(4, 0.5, 1.5), |x| x[0] * x[1], gradient)
                .blocks(&[("w", &[2]), ("unused", &[2])])
                .untold([2, 3])
        }),
    ]
}

const EXAMPLES: usize = 20;
const FEATURES: usize = 4;

/// J = ½ mean (tanh nᵢ − yᵢ)², n the normalized u = Xw + b: b has no effect.
fn normalized(draw: &mut Draw) -> Problem {
    let rows: Vec<Vec<f64>> = (0..EXAMPLES).map(|_| draw.normal(FEATURES)).collect();
    let targets = draw.many(EXAMPLES, -1.0, 1.0);
    let (rows_again, targets_again) = (rows.clone(), targets.clone());
    let gradient = move |p: &[f64]| -> Vec<f64> {
        let (units, deviation) = units(&rows, p);
        let slope = |(n, y): (&f64, &f64)| (n.tanh() - y) * (1.0 - n.tanh().powi(2));
        let above: Vec<f64> = units.iter().zip(&targets).map(slope).collect();
        let along = mean(above.iter().zip(&units).map(|(a, n)| a * n));
        let center = mean(above.iter().copied());
        let through = above
            .iter()
            .zip(&units)
            .map(|(a, n)| (a - center - n * along) / deviation);
        let deltas: Vec<f64> = through.collect();
        let entry = |k: usize| mean(rows.iter().zip(&deltas).map(move |(row, d)| row[k] * d));
        let weights = (0..FEATURES).map(entry);
        weights.chain([mean(deltas.iter().copied())]).collect()
    };
    let cost = move |p: &[f64]| {
        let errors = units(&rows_again, p).0.into_iter().zip(&targets_again);
        mean(errors.map(|(n, y)| 0.5 * (n.tanh() - y).powi(2)))
    };
    Problem::new(
        [draw.normal(FEATURES), draw.normal(1)].concat(),
        cost,
        gradient,
    )
    .blocks(&[("w", &[FEATURES]), ("b", &[1])])
    .units(vec![0.5; FEATURES + 1])
    .untold([FEATURES])
}

/// The normalized units of all examples, and their divisors.
fn units(rows: &[Vec<f64>], p: &[f64]) -> (Vec<f64>, f64) {
    let unit = |row: &Vec<f64>| row.iter().zip(p).map(|(x, w)| x * w).sum::<f64>() + p[FEATURES];
    let units: Vec<f64> = rows.iter().map(unit).collect();
    let center = mean(units.iter().copied());
    let deviation = (mean(units.iter().map(|u| (u - center).powi(2))) + 1e-5).sqrt();
    (
        units.iter().map(|u| (u - center) / deviation).collect(),
        deviation,
    )
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = values.len() as f64;
    values.sum::<f64>() / count
}

/// Cross-entropy of class 2 at logits that share a shift: the shift has no effect.
fn shifted(p: &[f64]) -> f64 {
    p[..5].iter().map(|z| (z + p[5]).exp()).sum::<f64>().ln() - (p[2] + p[5])
}

fn shifted_gradient(p: &[f64]) -> Vec<f64> {
    let all: f64 = p[..5].iter().map(|z| (z + p[5]).exp()).sum();
    let mut gradient: Vec<f64> = p[..5].iter().map(|z| (z + p[5]).exp() / all).collect();
    gradient[2] -= 1.0;
    gradient.push(gradient.iter().sum());
    gradient
}
