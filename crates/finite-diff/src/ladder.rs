//! The second, finer estimate of a suspect: Richardson extrapolation over a ladder of steps, the
//! one-sided derivatives beside it, and bars that are widened until the rungs are consistent.
//!
//! A real error of a gradient does not depend on h; a kink in reach, or rounding, does.

use crate::estimate::{Line, Noise, ProbeFailure};
use crate::{Estimate, Outcome, Real};

/// The quotients a rung and its bar take: D(h), D(2h), D(4h).
const ENOUGH_RUNGS: i32 = 3;

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
}

impl Refined {
    /// Whether the one-sided derivatives differ by more than their bars: a kink at x, or nearer to
    /// it than the smallest step.
    pub fn has_kink_at_point(&self) -> bool {
        let gap = (self.right.derivative - self.left.derivative).abs();
        gap > 2.0 * (self.left.error_bar() + self.right.error_bar())
    }
}

/// Estimates on the steps s·2⁻ᵏ, s = max(1, |x|) to the next power of two, from about ε^0.15 down to
/// ε^0.4 (4e-3 to 5e-7 in `f64`, 0.1 to 2e-3 in `f32`), sharing evaluations: 28 of them in `f64`.
///
/// With D(h) the central quotient, a rung is R(h) = (4D(h) − D(2h))/3 with the bar
/// max(|R(h) − R(2h)|, |R(2h) − R(4h)|/16) + 1.5·ε_f/h (Richardson 1911; the truncation of R(h) is
/// about a fifteenth of the first difference, which is not trusted). One-sided rungs are
/// 2D(h) − D(2h) with a quarter for the sixteenth and 5·ε_f/h for the noise.
///
/// A rung is then held against every narrower one, and its bar widened until none contradicts it;
/// narrower ones, because a step can only be spoilt by what lies within its reach. The rung with the
/// smallest widened bar wins.
pub(crate) fn refine<T: Real>(
    line: &mut Line<'_, T>,
    x: T,
    noise: Noise,
) -> Result<Outcome<Refined>, ProbeFailure> {
    let bits = f64::from(T::MANTISSA_BITS);
    let widest = (0.15 * bits).round() as i32;
    let narrowest = (0.4 * bits).round() as i32;
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
            _ if rung >= ENOUGH_RUNGS => break,
            failed => {
                if let Some(obstacle) = failed.into_iter().find_map(Result::err) {
                    return obstacle.into_outcome(h);
                }
            }
        }
    }

    let epsilon_f = noise.at::<T>(line.magnitude());
    let (two_sided, contradicted) = sharpest(&central, h, 4.0 / 3.0, 16.0, 1.5 * epsilon_f);
    let (left, _) = sharpest(&below, h, 2.0, 4.0, 5.0 * epsilon_f);
    let (right, _) = sharpest(&above, h, 2.0, 4.0, 5.0 * epsilon_f);
    Ok(Outcome::Estimated(Refined {
        two_sided,
        left,
        right,
        contradicted,
    }))
}

/// The rung with the smallest bar after widening; `quotients[k]` is D(2ᵏh), a rung is
/// w·D(h) − (w−1)·D(2h), and on smooth ground the gap to the next rung grows by `gap_ratio` from one
/// rung to the next. At least three quotients.
fn sharpest(
    quotients: &[f64],
    h: f64,
    w: f64,
    gap_ratio: f64,
    noise_at_1: f64,
) -> (Estimate, bool) {
    let extrapolated: Vec<f64> = quotients
        .windows(2)
        .map(|d| w * d[0] - (w - 1.0) * d[1])
        .collect();
    let gaps: Vec<f64> = extrapolated
        .windows(2)
        .map(|r| (r[1] - r[0]).abs())
        .collect();
    let rungs: Vec<Estimate> = gaps
        .iter()
        .enumerate()
        .map(|(k, gap)| {
            let step = h * 2f64.powi(k as i32);
            // Two rungs can agree by accident; the gap above them, brought down by the order of the
            // rung, guards against that.
            let above = gaps.get(k + 1).map_or(0.0, |wider| wider / gap_ratio);
            Estimate {
                derivative: extrapolated[k],
                truncation: gap.max(above),
                noise: noise_at_1 / step,
                step,
            }
        })
        .collect();

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
    let none = Estimate {
        derivative: f64::NAN,
        truncation: f64::INFINITY,
        noise: 0.0,
        step: h,
    };
    (best.unwrap_or(none), contradicted)
}
