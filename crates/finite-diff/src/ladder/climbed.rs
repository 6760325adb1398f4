//! The result of one step sequence, whether other steps can improve it, and the combined result of two sequences.
//!
//! A pure function of estimates; evaluates nothing.

use super::span::Span;
use super::{Ground, MADE_BY_NOISE, Motion, RUNG_NOISE, Refined, SWINGING, Support};
use crate::{Estimate, Outcome, Real};

/// What one climb says.
pub(super) struct Climbed {
    pub(super) outcome: Outcome<Refined>,
    /// The steps that it was said by.
    pub(super) span: Span,
    /// The central rung of the narrowest steps, where both sides have it.
    pub(super) innermost: Option<Estimate>,
    /// The widest step that was looked at.
    pub(super) widest: f64,
    /// Whether J scatters on these steps by more than the noise that it is said to have, and by more than noise can.
    pub(super) loud: bool,
    /// Whether what J is said to have of noise is more than noise can be of all that J is on the line.
    pub(super) drowned: bool,
    /// Whether J was the same at all points.
    pub(super) flat: bool,
    pub(super) motion: Motion,
}

impl Climbed {
    pub(super) fn without(outcome: Outcome<Refined>, span: &Span) -> Self {
        Self {
            outcome,
            span: *span,
            innermost: None,
            widest: 0.0,
            loud: false,
            drowned: false,
            flat: false,
            motion: Motion::Noise,
        }
    }

    fn derivative(&self) -> Option<&Estimate> {
        self.outcome.estimated().map(|found| &found.derivative)
    }

    pub(super) fn bar(&self) -> f64 {
        self.derivative().map_or(f64::INFINITY, Estimate::error_bar)
    }

    pub(super) fn is_flat(&self) -> bool {
        self.flat
    }

    /// Whether the step sequence reached its full span, instead of ending early at the end of J's domain.
    pub(super) fn reaches(&self, span: &Span) -> bool {
        self.widest >= span.step(span.to)
    }

    pub(super) fn is_blunt(&self) -> bool {
        self.derivative().is_some_and(|d| d.truncation > d.noise)
    }

    /// Whether noise makes the larger part of the bar, on ground that is smooth for all that is known, or J has not moved.
    pub(super) fn wants_wider_steps(&self) -> bool {
        self.outcome.estimated().is_some_and(|found| {
            let d = &found.derivative;
            is_smooth(found) && (FROM_NOISE * d.noise > d.truncation || self.flat)
        })
    }

    /// Whether narrower steps can tell more. J varies by more than noise within these, as `swings` has it; or on smooth
    /// ground the narrowest of these are the sharpest, and what they differ by, not noise, makes the bar; or J is loud on
    /// them, which may be what it does on a shorter length.
    pub(super) fn wants_narrower_steps<T: Real>(&self) -> bool {
        let smooth = self.outcome.estimated().filter(|found| is_smooth(found));
        let told = smooth.is_some_and(|found| {
            let d = &found.derivative;
            let innermost = d.step <= self.span.step(self.span.from);
            let blunt = !is_sharp::<T>(d) && d.truncation > FROM_NOISE * d.noise;
            innermost && blunt || self.loud
        });
        told || self.swings()
    }

    /// Whether J varies by more than noise within the narrowest step.
    pub(super) fn swings(&self) -> bool {
        self.derivative()
            .zip(self.innermost)
            .is_some_and(|(d, innermost)| {
                innermost.truncation > d.derivative.abs() / 8.0
                    && innermost.truncation > SWINGING * innermost.noise
            })
    }

    /// Whether the rungs agree with one another, and the bar is a small part of the derivative, or as wide as it is
    /// from nothing but the noise `epsilon_f` of J at x. Further away J may be huge, and its noise with it.
    pub(super) fn has_converged<T: Real>(&self, epsilon_f: f64) -> bool {
        self.outcome.estimated().is_some_and(|found| {
            let d = &found.derivative;
            let agree = matches!(
                found.ground,
                Ground::Smooth {
                    kink_in_reach: false,
                    ..
                }
            );
            let noise = RUNG_NOISE * epsilon_f / d.step;
            agree && (is_sharp::<T>(d) || d.error_bar() <= (1.0 + MADE_BY_NOISE) * noise)
        })
    }

    /// The least error of the derivative, if the narrower steps are right.
    fn excess(&self, narrower: &Self) -> f64 {
        let pair = self.derivative().zip(narrower.derivative());
        pair.map_or(0.0, |(d, closer)| {
            (d.derivative - closer.derivative).abs() - closer.error_bar() - d.noise
        })
    }

    pub(super) fn is_contradicted_by(&self, narrower: &Self) -> bool {
        let truncation = self.derivative().map_or(f64::INFINITY, |d| d.truncation);
        self.excess(narrower) > truncation
    }

    /// Beside what steps say that are narrower still, and that were asked for because these can't tell. What is not smooth
    /// within reach of these is in reach of narrower ones as well, unless they are sharp: noise may hide it there.
    pub(super) fn beside_deeper<T: Real>(self, mut narrower: Self) -> Self {
        let sharp = narrower.derivative().is_some_and(is_sharp::<T>);
        let rough = self
            .outcome
            .estimated()
            .is_some_and(|seen| match seen.ground {
                Ground::Smooth { kink_in_reach, .. } => kink_in_reach,
                Ground::Kink { .. } | Ground::Fenced => false,
            });
        if let Outcome::Estimated(closer) = &mut narrower.outcome
            && let Ground::Smooth { kink_in_reach, .. } = &mut closer.ground
        {
            *kink_in_reach |= rough && !sharp;
        }
        self.beside(narrower)
    }

    /// This, beside what narrower steps say: where they contradict it its bar is widened until they do not, as among
    /// rungs, and the sharper of the two is taken; the narrower ones where they see a kink at x.
    pub(super) fn beside(mut self, narrower: Self) -> Self {
        let excess = self.excess(&narrower);
        let innermost = narrower.innermost.or(self.innermost);
        let widest = self.widest.max(narrower.widest);
        let loud = narrower.loud;
        let flat = self.flat && narrower.flat;
        if let Outcome::Estimated(found) = &mut self.outcome {
            found.derivative.truncation = found.derivative.truncation.max(excess);
        }
        let closer = narrower.outcome.estimated();
        let takes_narrower = match (self.outcome.estimated(), closer) {
            (_, None) => false,
            (None, _) => true,
            (Some(_), Some(closer)) => !is_smooth(closer) || narrower.bar() < self.bar(),
        };
        let chosen = if takes_narrower { narrower } else { self };
        Self {
            span: chosen.span,
            outcome: chosen.outcome,
            innermost,
            widest,
            loud,
            drowned: chosen.drowned,
            flat,
            motion: chosen.motion,
        }
    }

    /// The outcome, with how well the derivative is supported.
    pub(super) fn into_outcome(self) -> Outcome<Refined> {
        let swings = self.swings();
        let mut outcome = self.outcome;
        if let Outcome::Estimated(found) = &mut outcome {
            found.motion = self.motion;
            let d = &found.derivative;
            let by_noise = d.truncation <= MADE_BY_NOISE * d.noise;
            // At a kink each side has a derivative of its own, and what both say together is none.
            let unknown = is_smooth(found) && !by_noise && d.truncation >= d.derivative.abs();
            found.support = if swings || unknown || self.drowned {
                Support::Unresolved
            } else if by_noise {
                Support::Noise
            } else {
                Support::Converged
            };
        }
        outcome
    }
}

fn is_smooth(found: &Refined) -> bool {
    matches!(found.ground, Ground::Smooth { .. })
}

/// Whether the bar is a small part of the derivative.
fn is_sharp<T: Real>(d: &Estimate) -> bool {
    d.error_bar() <= T::EPSILON.sqrt() * d.derivative.abs()
}

/// A truncation error of so many times the noise may be noise as well: it is what neighboring rungs differ by, and half of
/// what is seen of a jump.
const FROM_NOISE: f64 = 4.0;
