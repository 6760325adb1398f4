//! Standardization of every feature to mean 0 and standard deviation 1.
//!
//! Invariant: knows nothing of what the numbers measure.

/// The number of constant rows of `x`, each of `length` finite numbers.
pub(super) fn constant_rows(x: &[f64], length: usize) -> usize {
    x.chunks_exact(length.max(1))
        .filter(|row| is_constant(row))
        .count()
}

/// Brings every row of `x`, each of `length` finite numbers, to mean 0 and deviation 1 (of the
/// population); a constant row becomes 0.
pub(super) fn rows(x: &mut [f64], length: usize) {
    x.chunks_exact_mut(length.max(1)).for_each(row);
}

fn row(values: &mut [f64]) {
    // Compared, not computed: the mean of equal values may be off by a rounding error, and dividing
    // by a deviation of 1e-17 would turn that into noise of size 1.
    if is_constant(values) {
        values.fill(0.0);
        return;
    }
    let scale = scale(values);
    let count = values.len() as f64;
    values.iter_mut().for_each(|value| *value /= scale);
    let mean = values.iter().sum::<f64>() / count;
    values.iter_mut().for_each(|value| *value -= mean);
    let deviation = (values.iter().map(|value| value * value).sum::<f64>() / count).sqrt();
    if deviation > 0.0 {
        values.iter_mut().for_each(|value| *value /= deviation);
    } else {
        values.fill(0.0);
    }
}

/// A divisor with which the squares of values near the ends of the range neither overflow nor underflow:
/// the power of two below the largest magnitude, by which division is exact.
fn scale(values: &[f64]) -> f64 {
    const EXPONENT: u64 = 0x7ff0_0000_0000_0000;
    let greatest = values
        .iter()
        .fold(0.0_f64, |greatest, value| greatest.max(value.abs()));
    if greatest.is_normal() {
        f64::from_bits(greatest.to_bits() & EXPONENT)
    } else {
        greatest
    }
}

fn is_constant(values: &[f64]) -> bool {
    values.windows(2).all(|pair| pair[0] == pair[1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mean_and_deviation_become_zero_and_one() {
        let mut x = vec![
            1.0, 2.0, 3.0, 4.0, 1e300, -1e300, 1e299, 0.0, 1e-310, 2e-310, 0.0, 5e-311,
        ];
        rows(&mut x, 4);
        for row in x.chunks_exact(4) {
            let mean = row.iter().sum::<f64>() / 4.0;
            let variance = row.iter().map(|v| v * v).sum::<f64>() / 4.0;
            assert!(mean.abs() < 1e-14, "{row:?}");
            assert!((variance - 1.0).abs() < 1e-13, "{row:?}");
        }
        let expected = [-1.5, -0.5, 0.5, 1.5].map(|v: f64| v / 1.25_f64.sqrt());
        for (found, expected) in x.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-15);
        }
    }

    #[test]
    fn constant_rows_become_zero_and_are_counted() {
        let mut x = vec![0.1, 0.1, 0.1, 5.0, 5.0, 6.0, 0.0, -0.0, 0.0];
        assert_eq!(constant_rows(&x, 3), 2);
        rows(&mut x, 3);
        assert_eq!(x[..3], [0.0; 3]);
        assert_eq!(x[6..], [0.0; 3]);
    }
}
