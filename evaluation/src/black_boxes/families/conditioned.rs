//! Badly conditioned costs: curvatures, or sizes of entries, many powers of ten apart.

use super::{Family, family};
use crate::black_boxes::problem::{Expected::Agree, Problem};

pub(super) fn families() -> Vec<Family> {
    vec![
        family("xᵀHx, H Hilbert's of 8", Agree, |draw| {
            let cost = |x: &[f64]| x.iter().zip(hilbert(x)).map(|(x, y)| x * y).sum();
            let gradient = |x: &[f64]| hilbert(x).into_iter().map(|y| 2.0 * y).collect();
            Problem::new(draw.many(8, -1.0, 1.0), cost, gradient).units(vec![1.0; 8])
        }),
        family("exponentials over e²⁰", Agree, |draw| {
            let spread: Vec<f64> = (0..9).map(|k| 2.5 * f64::from(k) - 10.0).collect();
            let again = spread.clone();
            let cost = move |x: &[f64]| x.iter().zip(&spread).map(|(x, c)| (x + c).exp()).sum();
            let gradient =
                move |x: &[f64]| x.iter().zip(&again).map(|(x, c)| (x + c).exp()).collect();
            Problem::new(draw.many(9, -1.0, 1.0), cost, gradient).units(vec![1.0; 9])
        }),
        family("Σ 10ᵏxₖ², k to 8", Agree, |draw| {
            let powers = |x: &[f64]| (0..x.len()).map(|k| 10f64.powi(k as i32));
            let cost = move |x: &[f64]| powers(x).zip(x).map(|(w, x)| w * x * x).sum();
            let gradient = move |x: &[f64]| powers(x).zip(x).map(|(w, x)| 2.0 * w * x).collect();
            Problem::new(draw.many(9, 0.3, 1.3), cost, gradient).units(vec![10.0; 9])
        }),
    ]
}

/// H·x, Hᵢⱼ = 1/(i + j + 1).
fn hilbert(x: &[f64]) -> Vec<f64> {
    let row = |i: usize| {
        x.iter()
            .enumerate()
            .map(move |(j, x)| x / (i + j + 1) as f64)
            .sum()
    };
    (0..x.len()).map(row).collect()
}
