//! Mistakes with an unknown number in them: a slope, a limit, a rate. The number is fitted, and the mistake
//! then stands or falls as any other.
//!
//! Fits one number. Invariant: knows nothing of what it means.

use super::{Alternative, Exhibit};

/// A family of mistakes with one unknown number c in them, and the whole gradient under each.
pub struct Family<'a> {
    /// The cause in kebab-case.
    pub cause: &'static str,
    /// Values of c to try; from the one that fits best it is improved, where the gradient follows c.
    pub candidates: Vec<f64>,
    /// Whether the gradient changes smoothly with c, so that there is something to improve.
    pub smooth: bool,
    /// The gradient for c, flat; `None` where there is none.
    pub gradient: Box<dyn Fn(f64) -> Option<Vec<f64>> + 'a>,
    /// The mistake for c, as a sentence without its full stop.
    pub message: Box<dyn Fn(f64) -> String + 'a>,
}

/// Steps of the fit: it converges from afar in a handful, and goes on as long as it gains.
const MOST_STEPS: usize = 30;

impl Family<'_> {
    /// The member that comes nearest to the wrong blocks (docs/theory/causes.md, equation 37).
    pub(super) fn nearest(&self, exhibits: &[Exhibit<'_>]) -> Option<Alternative> {
        let wrong: Vec<&Exhibit<'_>> = exhibits.iter().filter(|e| e.is_off()).collect();
        let misfit = |c: f64| {
            let gradient = (self.gradient)(c)?;
            let misfit: f64 = wrong.iter().map(|e| e.misfit(&gradient)).sum();
            misfit.is_finite().then_some((misfit, gradient))
        };
        let mut best: Option<(f64, f64, Vec<f64>)> = None;
        for &c in &self.candidates {
            if let Some((size, gradient)) = misfit(c)
                && best.as_ref().is_none_or(|(_, least, _)| size < *least)
            {
                best = Some((c, size, gradient));
            }
        }
        let (mut c, mut least, mut gradient) = best?;
        for _ in 0..if self.smooth { MOST_STEPS } else { 0 } {
            // Gauss–Newton in one unknown, the derivative by a difference that is small beside c.
            let delta = 1e-5 * c.abs().max(1e-3);
            let Some(beside) = (self.gradient)(c + delta) else {
                break;
            };
            let slope: Vec<f64> = beside
                .iter()
                .zip(&gradient)
                .map(|(beside, here)| (beside - here) / delta)
                .collect();
            let (cross, square) = wrong.iter().fold((0.0, 0.0), |(cross, square), e| {
                let (more_cross, more_square) = e.project(&gradient, &slope);
                (cross + more_cross, square + more_square)
            });
            let step = cross / square;
            if !step.is_finite() || step.abs() <= 1e-15 * c.abs() {
                break;
            }
            // Half as far, where the whole way leads up.
            let better = (0..6).find_map(|halvings| {
                let next = c + step * 0.5f64.powi(halvings);
                let (size, gradient) = misfit(next)?;
                (size < least).then_some((next, size, gradient))
            });
            let Some((next, size, found)) = better else {
                break;
            };
            (c, least, gradient) = (next, size, found);
        }
        Some(Alternative {
            cause: self.cause,
            message: (self.message)(c),
            gradient,
        })
    }
}

impl Exhibit<'_> {
    /// Σ ((g − p)/τ)² over the entries of this block, p the whole gradient predicted (docs/theory/causes.md,
    /// equation 36).
    fn misfit(&self, predicted: &[f64]) -> f64 {
        let entries = self.g.iter().zip(&self.tolerance).zip(&self.coordinates);
        entries
            .filter(|((_, tolerance), _)| **tolerance > 0.0)
            .map(|((g, tolerance), &at)| {
                let predicted = predicted.get(at).copied().unwrap_or(f64::NAN);
                ((g - predicted) / tolerance).powi(2)
            })
            .sum()
    }

    /// Σ (g − p)·s/τ² and Σ s²/τ², s the derivative of p by the unknown.
    fn project(&self, predicted: &[f64], slope: &[f64]) -> (f64, f64) {
        let entries = self.g.iter().zip(&self.tolerance).zip(&self.coordinates);
        entries
            .filter(|((_, tolerance), _)| **tolerance > 0.0)
            .fold((0.0, 0.0), |(cross, square), ((g, tolerance), &at)| {
                let (Some(p), Some(s)) = (predicted.get(at), slope.get(at)) else {
                    return (cross, square);
                };
                let (apart, slope) = ((g - p) / tolerance, s / tolerance);
                (cross + apart * slope, square + slope * slope)
            })
    }
}
