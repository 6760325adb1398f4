//! A cost of any number of parameters, and its gradient by hand.
//!
//! ```text
//! J(θ) = (1/n)·Σ (−1/(1 + θ_i²) + ¼·θ_i·θ_{i+1}),
//! n·∂J/∂θ_i = 2θ_i/(1 + θ_i²)² + ¼·(θ_{i−1} + θ_{i+1}),
//! ```
//!
//! with θ in [½, 1½), where no entry of the gradient is near zero. Invariant: knows nothing of what is planted.

use std::ops::Range;

use finite_diff::{EvaluationError, Objective};
use rayon::prelude::*;

/// The number of terms that are added up at a time. The partial sums are added in order, so that the number of
/// threads changes no bit.
const CHUNK: usize = 1 << 14;

/// The cost of a chain of parameters.
pub(super) struct Chain {
    pub(super) len: usize,
}

impl Objective<f64> for Chain {
    fn dim(&self) -> usize {
        self.len
    }

    fn value(&self, theta: &[f64]) -> Result<f64, EvaluationError> {
        let sums: Vec<f64> = (0..theta.len().div_ceil(CHUNK))
            .into_par_iter()
            .map(|number| terms(theta, number * CHUNK..theta.len().min((number + 1) * CHUNK)))
            .collect();
        Ok(finite_diff::sum::compensated_sum(sums) / self.len as f64)
    }
}

/// The sum over `range`, in eight lanes, so that the processor can work on several at once.
fn terms(theta: &[f64], range: Range<usize>) -> f64 {
    const LANES: usize = 8;
    let end = range.end.min(theta.len() - 1);
    let (here, next) = (&theta[range.start..end], &theta[range.start + 1..end + 1]);
    let mut lanes = [0.0; LANES];
    let term = |x: f64, y: f64| 0.25 * x * y - 1.0 / (1.0 + x * x);
    let (xs, ys) = (here.chunks_exact(LANES), next.chunks_exact(LANES));
    let mut sum = 0.0;
    for (x, y) in xs.remainder().iter().zip(ys.remainder()) {
        sum += term(*x, *y);
    }
    for (xs, ys) in xs.zip(ys) {
        for ((lane, x), y) in lanes.iter_mut().zip(xs).zip(ys) {
            *lane += term(*x, *y);
        }
    }
    if end < range.end {
        // The last one has no neighbor.
        sum += term(theta[end], 0.0);
    }
    sum + lanes.iter().sum::<f64>()
}

impl Chain {
    /// ∇J.
    pub(super) fn gradient(&self, theta: &[f64]) -> Vec<f64> {
        let mut gradient = vec![0.0; theta.len()];
        gradient
            .par_chunks_mut(CHUNK)
            .enumerate()
            .for_each(|(number, part)| {
                let start = number * CHUNK;
                self.gradient_of(theta, start..start + part.len(), part);
            });
        gradient
    }

    /// ∇J over `range`, into `gradient`.
    pub(super) fn gradient_of(&self, theta: &[f64], range: Range<usize>, gradient: &mut [f64]) {
        for (i, g) in range.zip(gradient) {
            let x = theta[i];
            let before = i.checked_sub(1).map_or(0.0, |before| theta[before]);
            let after = theta.get(i + 1).copied().unwrap_or(0.0);
            let slope = 2.0 * x / (1.0 + x * x).powi(2);
            *g = (slope + 0.25 * (before + after)) / self.len as f64;
        }
    }
}

/// θ, uniform in [½, 1½): one step of SplitMix64 (Steele, Lea & Flood 2014) for each index, so that it can be
/// filled in parallel.
pub(super) fn parameters(len: usize, seed: u64) -> Vec<f64> {
    let mut theta = vec![0.0; len];
    theta
        .par_chunks_mut(CHUNK)
        .enumerate()
        .for_each(|(number, part)| {
            for (i, x) in part.iter_mut().enumerate() {
                let index = (number * CHUNK + i) as u64 + 1;
                let mut z = seed.wrapping_add(index.wrapping_mul(0x9E37_79B9_7F4A_7C15));
                z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
                z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
                *x = 0.5 + ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64;
            }
        });
    theta
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gradient_is_that_of_the_cost() {
        let n = CHUNK + 13;
        let (chain, theta) = (Chain { len: n }, parameters(n, 1));
        let gradient = chain.gradient(&theta);
        for i in [0, 1, 7, CHUNK - 1, CHUNK, n - 2, n - 1] {
            let at = |h: f64| {
                let mut moved = theta.clone();
                moved[i] += h;
                chain.value(&moved).unwrap()
            };
            let d = (at(1e-3) - at(-1e-3)) / 2e-3 * n as f64;
            assert!((d - gradient[i] * n as f64).abs() < 1e-5, "{i}: {d}");
        }
    }
}
