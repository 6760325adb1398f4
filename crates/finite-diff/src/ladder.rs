//! The second, finer estimate of a suspect: Richardson extrapolation over a ladder of steps, the
//! one-sided derivatives beside it, and bars that are widened until the rungs are consistent.
//!
//! A real error of a gradient does not depend on h; a kink in reach, or rounding, does.

use crate::estimate::{Line, Noise, ProbeFailure};
use crate::{Estimate, Outcome, Real};

/// The quotients that a rung and its bar take: D(h), D(2h), D(4h).
const ENOUGH_QUOTIENTS: i32 = 3;

/// A derivative estimated on a whole ladder of steps.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Refined {
    /// From central differences on both sides.
    pub two_sided: Estimate,
    /// From x and below only: D⁻.
    pub left: Estimate,
    /// From x and above only: D⁺.
    pub right: Estimate,
    /// Whether a wider step gave another value than a narrower one, beyond both bars: something
    /// within reach of the wider one is not smooth.
    pub contradicted: bool,
    /// Whether the one-sided derivatives still differ at the smallest step, beyond its bars: only
    /// then is the kink known to be at x, and not a cluster of small ones around it.
    pub kink_is_resolved: bool,
}

impl Refined {
    /// Whether the one-sided derivatives differ by more than their bars: a kink at x, or nearer to
    /// it than the smallest step.
    pub fn has_kink_at_point(&self) -> bool {
        Self::differ(&self.left, &self.right)
    }

    /// The same of any two one-sided estimates.
    fn differ(left: &Estimate, right: &Estimate) -> bool {
        (right.derivative - left.derivative).abs() > 2.0 * (left.error_bar() + right.error_bar())
    }
}

/// Estimates on the steps s·2⁻ᵏ, s = max(1, |x|) to the next power of two, from about ε^0.15 down to
/// ε^0.5 (4e-3 to 1.5e-8 in `f64`, 0.1 to 2e-4 in `f32`), sharing evaluations: 38 of them in `f64`.
///
/// With D(h) the central quotient, a rung is R(h) = (4D(h) − D(2h))/3 with the bar
/// max(|R(h) − R(2h)|, |R(2h) − R(4h)|/16) + 1.5·ε_f/h (Richardson 1911; the truncation of R(h) is
/// about a fifteenth of the first difference, which is not trusted). One-sided rungs extrapolate
/// once, with the ratio 2, or three times, with 2, 4 and 8, whichever is sharper: the one has the
/// shorter reach, the other the higher order.
///
/// Two things then widen the bar of a rung:
/// - **What its two sides say.** A kink much nearer than h looks like smooth ground from both sides
///   together: R(h) settles on the mean of the two slopes, whatever h. So half of what the one-sided
///   rungs of the same reach differ by, their own bars included, is added.
/// - **What narrower rungs say**: until none of them contradicts it; narrower ones, because a step
///   can only be spoilt by what lies within its reach.
///
/// The rung with the smallest widened bar wins.
pub(crate) fn refine<T: Real>(
    line: &mut Line<'_, T>,
    x: T,
    noise: Noise,
) -> Result<Outcome<Refined>, ProbeFailure> {
    let bits = f64::from(T::MANTISSA_BITS);
    let widest = (0.15 * bits).round() as i32;
    let narrowest = (0.5 * bits).round() as i32;
    let scale = x.widen().abs().max(1.0).log2().ceil().exp2();
    let h = scale * 2f64.powi(-narrowest);
    let rungs = narrowest - widest + 1;

    let mut central = Vec::new();
    let mut below = Vec::new();
    let mut above = Vec::new();
    for rung in 0..rungs {
        let reach = 1 << rung;
        let quotients =
            [(-reach, reach), (-reach, 0), (0, reach)].map(|(from, to)| line.quotient(from, to, h));
        match quotients {
            [Ok(both), Ok(left), Ok(right)] => {
                central.push(both);
                below.push(left);
                above.push(right);
            }
            // A wide step may leave the domain of J; the narrower ones stand all the same.
            _ if rung >= ENOUGH_QUOTIENTS => break,
            failed => {
                if let Some(obstacle) = failed.into_iter().find_map(Result::err) {
                    return obstacle.into_outcome(h);
                }
            }
        }
    }

    let epsilon_f = noise.at::<T>(line.magnitude());
    let below = one_sided(&below, h, epsilon_f);
    let above = one_sided(&above, h, epsilon_f);
    let central = extrapolate(&central, h, &[4.0], 16.0, epsilon_f);
    let with_sides: Vec<Estimate> = central
        .into_iter()
        .zip(below.iter().zip(&above))
        .map(|(rung, (left, right))| {
            let apart = (right.derivative - left.derivative).abs();
            let kink = (apart + left.error_bar() + right.error_bar()) / 2.0;
            Estimate {
                truncation: rung.truncation + kink,
                ..rung
            }
        })
        .collect();
    let innermost = below.first().zip(above.first());
    let kink_is_resolved = innermost.is_some_and(|(left, right)| Refined::differ(left, right));
    let sharpest = [with_sides, below, above].map(|rungs| sharpest(&rungs));
    let [
        Some((two_sided, contradicted)),
        Some((left, _)),
        Some((right, _)),
    ] = sharpest
    else {
        return Ok(Outcome::StepNotRepresentable { step: h });
    };
    Ok(Outcome::Estimated(Refined {
        two_sided,
        left,
        right,
        contradicted,
        kink_is_resolved,
    }))
}

/// The sharper of a short and a long extrapolation for each rung.
fn one_sided(quotients: &[f64], h: f64, epsilon_f: f64) -> Vec<Estimate> {
    // Both ends of a one-sided quotient are h apart, so that its noise is 2ε_f/h.
    let mut rungs = extrapolate(quotients, h, &[2.0], 4.0, 2.0 * epsilon_f);
    let long = extrapolate(quotients, h, &[2.0, 4.0, 8.0], 16.0, 2.0 * epsilon_f);
    for (rung, long) in rungs.iter_mut().zip(long) {
        if long.error_bar() < rung.error_bar() {
            *rung = long;
        }
    }
    rungs
}

/// Rungs from the quotients D(h), D(2h), D(4h), …: repeated extrapolation, each time by a ratio ρ,
/// (ρ·v(h) − v(2h))/(ρ − 1), and as the bar of each what the next wider one differs by. On smooth
/// ground each such gap is `gap_ratio` times the one before. `noise` is that of D(h) times h.
fn extrapolate(
    quotients: &[f64],
    h: f64,
    ratios: &[f64],
    gap_ratio: f64,
    noise: f64,
) -> Vec<Estimate> {
    let mut values = quotients.to_vec();
    let mut noise = noise;
    for ratio in ratios {
        values = values
            .windows(2)
            .map(|v| (ratio * v[0] - v[1]) / (ratio - 1.0))
            .collect();
        // v(2h) has half the noise of v(h).
        noise *= (ratio + 0.5) / (ratio - 1.0);
    }
    let gaps: Vec<f64> = values.windows(2).map(|v| (v[1] - v[0]).abs()).collect();
    (0..gaps.len())
        .map(|k| {
            let step = h * 2f64.powi(k as i32);
            // Two rungs can agree by accident; the gap above them guards against that.
            let above = gaps.get(k + 1).map_or(0.0, |wider| wider / gap_ratio);
            let truncation = gaps[k].max(above);
            Estimate {
                derivative: values[k],
                truncation,
                noise: noise / step,
                step,
            }
        })
        .collect()
}

/// The rung with the smallest bar after it was widened until no narrower one contradicts it, and
/// whether any was contradicted. The narrowest comes first.
fn sharpest(rungs: &[Estimate]) -> Option<(Estimate, bool)> {
    let mut contradicted = false;
    let mut best: Option<Estimate> = None;
    for (k, rung) in rungs.iter().enumerate() {
        let mut widened = *rung;
        for narrower in &rungs[..k] {
            let excess =
                (rung.derivative - narrower.derivative).abs() - narrower.error_bar() - rung.noise;
            if excess > widened.truncation {
                contradicted |= excess > 2.0 * rung.truncation;
                widened.truncation = excess;
            }
        }
        if best.is_none_or(|b| widened.error_bar() < b.error_bar()) {
            best = Some(widened);
        }
    }
    best.map(|best| (best, contradicted))
}
