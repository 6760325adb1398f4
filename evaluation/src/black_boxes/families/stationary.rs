//! Minima, where the gradient is zero and relative errors can't be determined.

use super::{Family, family};
use crate::black_boxes::problem::{Expected::Undecided, Problem};

pub(super) fn families() -> Vec<Family> {
    vec![
        family("stationary: Σx² at 0", Undecided, |draw| {
            let size = 2 + draw.below(5);
            let gradient = |x: &[f64]| x.iter().map(|x| 2.0 * x).collect();
            Problem::new(vec![0.0; size], |x| x.iter().map(|x| x * x).sum(), gradient)
        }),
        family("stationary: Σ(x − c)⁴ at c", Undecided, |draw| {
            let center = draw.many(4, -2.0, 2.0);
            let (c, again) = (center.clone(), center.clone());
            let cost = move |x: &[f64]| x.iter().zip(&c).map(|(x, c)| (x - c).powi(4)).sum();
            let gradient = move |x: &[f64]| {
                x.iter()
                    .zip(&again)
                    .map(|(x, c)| 4.0 * (x - c).powi(3))
                    .collect()
            };
            Problem::new(center, cost, gradient).units(vec![0.1; 4])
        }),
        family("stationary: least squares, solved", Undecided, |draw| {
            let (a, b) = (draw.many(6, 0.5, 2.0), draw.many(6, -2.0, 2.0));
            // Σ (aᵢxᵢ − bᵢ)² + 1: its gradient at b/a is a rounding or two.
            let point = a.iter().zip(&b).map(|(a, b)| b / a).collect();
            let (a_again, b_again) = (a.clone(), b.clone());
            let off = |a: &[f64], b: &[f64], x: &[f64], i: usize| a[i] * x[i] - b[i];
            let cost =
                move |x: &[f64]| 1.0 + (0..6).map(|i| off(&a, &b, x, i).powi(2)).sum::<f64>();
            let gradient = move |x: &[f64]| {
                (0..6)
                    .map(|i| 2.0 * a_again[i] * off(&a_again, &b_again, x, i))
                    .collect()
            };
            Problem::new(point, cost, gradient)
        }),
    ]
}
