//! Whether a predicted gradient is the one that was found, and the one factor that fits best.

/// The residual of a prediction p of g, relative to g, if it is at the noise everywhere
/// (docs/theory/causes.md, equation 32).
///
/// `tolerance` is the noise of g − p.
pub(crate) fn residual(g: &[f64], p: &[f64], tolerance: impl Fn(usize) -> f64) -> Option<f64> {
    let mut sum = 0.0;
    let mut size = 0.0;
    for (i, (g, p)) in g.iter().zip(p).enumerate() {
        let apart = (g - p).abs();
        if apart.is_nan() || apart > tolerance(i) {
            return None;
        }
        sum += apart * apart;
        size += g * g;
    }
    let left = (sum / size).sqrt();
    (size > 0.0 && left <= MOST_LEFT).then_some(left)
}

/// The largest residual that explains anything: where noise is as large as g itself, whatever is within it fits.
const MOST_LEFT: f64 = 0.1;

/// A factor c with g = c·x + noise.
pub(crate) struct Factor {
    pub(crate) value: f64,
    /// How far c may be off by noise.
    pub(crate) bar: f64,
}

/// The weighted least-squares factor Σ g·x/t² / Σ x²/t², t the noise, and its uncertainty
/// (Σ x²/t²)^(−½) (docs/theory/causes.md, equation 34).
pub(crate) fn factor(g: &[f64], x: &[f64], tolerance: &[f64]) -> Option<Factor> {
    let (mut cross, mut square) = (0.0, 0.0);
    for ((g, x), t) in g.iter().zip(x).zip(tolerance) {
        if *t > 0.0 && t.is_finite() {
            cross += (g / t) * (x / t);
            square += (x / t) * (x / t);
        }
    }
    let value = cross / square;
    value.is_finite().then(|| Factor {
        value,
        bar: square.sqrt().recip(),
    })
}
