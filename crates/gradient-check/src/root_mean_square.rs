//! The root mean square, without overflow: one function for the judge, the course and the structure.

/// √(Σv²/n), 0 of nothing and of zeros. Scaled by the largest first, so that neither tiny nor huge numbers under- or
/// overflow.
pub(crate) fn root_mean_square(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let largest = values
        .clone()
        .fold(0.0f64, |largest, v| largest.max(v.abs()));
    if largest == 0.0 {
        return 0.0;
    }
    let count = values.clone().count() as f64;
    let mean = values.map(|v| (v / largest).powi(2)).sum::<f64>() / count;
    largest * mean.sqrt()
}
