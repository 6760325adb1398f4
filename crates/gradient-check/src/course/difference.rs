//! The course's one number for a whole gradient.
//!
//! Always reported, never the verdict: it says nothing of how well the numeric side is known.

/// difference = ‖grad − gradapprox‖₂ / (‖grad‖₂ + ‖gradapprox‖₂), between 0 and 1 (docs/theory/course.md,
/// equation 17).
///
/// Both zero gives 0. Entries past the shorter one's end are not looked at. A NaN or infinity on
/// either side gives NaN. Scaled by the largest entry's power of two first, so that neither tiny nor huge gradients
/// under- or overflow.
///
/// ```
/// let difference = gradient_check::course::difference(&[2.0, 0.0], &[2.0, 1.0]);
/// assert!((difference - 1.0 / (2.0 + 5f64.sqrt())).abs() < 1e-15);
/// ```
pub fn difference(grad: &[f64], gradapprox: &[f64]) -> f64 {
    let pairs = || grad.iter().zip(gradapprox).map(|(g, d)| (*g, *d));
    difference_of_pairs(pairs, |g, d, shrink| g * shrink - d * shrink)
}

/// The difference over pairs (g, d), of which `apart` says how far they count as apart, once both are multiplied by the
/// number that it is told.
pub(crate) fn difference_of_pairs<I: Iterator<Item = (f64, f64)>>(
    pairs: impl Fn() -> I,
    apart: impl Fn(f64, f64, f64) -> f64,
) -> f64 {
    let mut largest = 0.0_f64;
    for (g, d) in pairs() {
        if !(g.is_finite() && d.is_finite()) {
            return f64::NAN;
        }
        largest = largest.max(g.abs()).max(d.abs());
    }
    if largest == 0.0 {
        return 0.0;
    }
    // By a power of two, so that nothing is rounded: the course's numbers come out to the last bit.
    let shrink = (-largest.log2().floor()).exp2();
    let shrink = if shrink.is_finite() { shrink } else { f64::MAX };
    let size = |values: &mut dyn Iterator<Item = f64>| values.map(|v| v * v).sum::<f64>().sqrt();
    let together =
        size(&mut pairs().map(|(g, _)| g * shrink)) + size(&mut pairs().map(|(_, d)| d * shrink));
    size(&mut pairs().map(|(g, d)| apart(g, d, shrink))) / together
}
