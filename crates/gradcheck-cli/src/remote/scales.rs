//! The scale of each output of a model, so that no output's unit drowns out another's.
//!
//! Invariant: knows nothing of gradients; the gradient under test must not influence how it is checked.

use finite_diff::{DifferenceError, EvaluationError};
use gradient_check::CheckError;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

use super::bounds::Limits;
use super::products::Products;

/// The number of perturbed points that are evaluated.
const MOVES: usize = 3;
/// The largest relative perturbation of a coordinate.
const REACH: f64 = 1.0 / 64.0;
/// The least size of an output relative to its value, so that its rounding error is not amplified.
const LEAST: f64 = 1.0 / (1 << 26) as f64;
/// Outputs whose sizes differ by less than this factor are not scaled.
const ALIKE: f64 = 8.0;

/// One power of two for each output, by which all become about equally large; ones if they already are.
///
/// The size of an output is its largest change when every coordinate moves by up to 1/64 of itself, since errors of
/// its derivatives are measured against that; if it does not change, it is the size of its value.
pub(super) fn scales(
    products: &Products<'_>,
    point: &[f64],
    limits: &Limits,
    seed: u64,
) -> Result<Vec<f64>, CheckError> {
    let center =
        |source: EvaluationError| CheckError::Difference(DifferenceError::Center { source });
    let outputs: usize = products.model.output_sizes().iter().sum();
    let bounds = limits.lower.iter().zip(&limits.upper);
    let is_inside = |(x, (lower, upper)): (&f64, (&f64, &f64))| lower <= x && x <= upper;
    // A point outside its bounds is left for the check to reject.
    if outputs == 1 || !point.iter().zip(bounds).all(is_inside) {
        return Ok(vec![1.0; outputs]);
    }
    let values = products.outputs(point).map_err(center)?;
    let mut changes = vec![0.0_f64; values.len()];
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    for _ in 0..MOVES {
        let moved = |(i, x): (usize, &f64)| {
            let size = if *x == 0.0 { 1.0 } else { x.abs() };
            let to = x + REACH * size * rng.random_range(-1.0..1.0);
            to.clamp(limits.lower[i], limits.upper[i])
        };
        let moved: Vec<f64> = point.iter().enumerate().map(moved).collect();
        // Outside its domain a model may fail; then the other points decide.
        let Ok(there) = products.outputs(&moved) else {
            continue;
        };
        for ((change, from), to) in changes.iter_mut().zip(&values).zip(there) {
            // `max` ignores NaN.
            *change = change.max((to - from).abs());
        }
    }
    let sizes: Vec<f64> = changes
        .iter()
        .zip(&values)
        .map(|(change, value)| size(*change, value.abs()))
        .collect();
    Ok(powers(&sizes))
}

/// The size of an output with this change and this value; 0 if neither is known.
fn size(change: f64, value: f64) -> f64 {
    let value = if value.is_finite() { value } else { 0.0 };
    match change {
        change if !change.is_finite() || change == 0.0 => value,
        change => change.max(LEAST * value),
    }
}

/// The powers of two nearest below 1/size.
fn powers(sizes: &[f64]) -> Vec<f64> {
    let known = || sizes.iter().copied().filter(|size| *size > 0.0);
    let (least, most) = known().fold((f64::INFINITY, 0.0), |(least, most): (f64, f64), size| {
        (least.min(size), most.max(size))
    });
    if most <= ALIKE * least || most == 0.0 {
        return vec![1.0; sizes.len()];
    }
    let power = |size: f64| 2f64.powi(-size.log2().floor().clamp(-1000.0, 1000.0) as i32);
    let scale = |size: &f64| power(if *size > 0.0 { *size } else { most });
    sizes.iter().map(scale).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_of_one_size_stay_as_they_are() {
        assert_eq!(powers(&[1.0, 7.9, 3.0]), [1.0; 3]);
        assert_eq!(powers(&[0.0, 0.0]), [1.0; 2]);
        assert_eq!(powers(&[5e8, 0.0]), [1.0; 2]);
    }

    #[test]
    fn outputs_of_different_sizes_become_alike() {
        for (size, scale) in [1e6, 1e-6].iter().zip(powers(&[1e6, 1e-6, 1.0])) {
            assert!((1.0..2.0).contains(&(size * scale)), "{size} by {scale}");
            assert_eq!(scale.log2().fract(), 0.0, "{scale} is not a power of two");
        }
        assert!(powers(&[1e-320, 1.0])[0].is_finite());
    }

    #[test]
    fn rounding_is_no_size() {
        assert_eq!(size(0.0, 3.0), 3.0);
        assert_eq!(size(1e-9, 1e6), LEAST * 1e6);
        assert_eq!(size(f64::INFINITY, f64::NAN), 0.0);
    }
}
