//! The data of one block for a hypothesis: g, d and θ side by side, and how far noise may separate them.

use finite_diff::Block;

use super::cause::{Alternative, Context, Diagnosis};
use super::fit;
use crate::verdict::{Comparison, Comparisons, Reason, Verdict};

/// Whether an entry needs a cause: it is wrong, or definitely off by less than what counts as wrong. A subgradient that
/// others contradict has one: the tie.
pub(crate) fn is_off(comparison: &Comparison) -> bool {
    let off = matches!(
        comparison.verdict,
        Verdict::Disagree | Verdict::Inconclusive(Reason::Inexact)
    );
    off && !comparison.subgradient
}

/// The data of one block for a hypothesis: g, d and θ side by side.
pub(crate) struct Exhibit<'a> {
    pub(crate) block: &'a Block,
    /// Every coordinate of the block was judged and has a derivative.
    pub(crate) complete: bool,
    pub(crate) comparisons: &'a dyn Comparisons,
    /// The flat index of each known entry.
    pub(crate) coordinates: Vec<usize>,
    pub(crate) g: Vec<f64>,
    pub(crate) d: Vec<f64>,
    /// How far g and d may be apart by noise alone: K·B + r.
    pub(crate) tolerance: Vec<f64>,
    pub(crate) theta: Vec<f64>,
    pub(crate) scale: f64,
    /// The machine epsilon ε of the type that g was computed in.
    pub(crate) epsilon: f64,
}

impl<'a> Exhibit<'a> {
    pub(crate) fn new(
        block: &'a Block,
        scale: f64,
        comparisons: &'a dyn Comparisons,
        theta: &[f64],
        epsilon: f64,
    ) -> Self {
        let known = || comparisons.iter().filter(|c| c.numeric.is_some());
        let of = |value: fn(Comparison) -> f64| known().map(value).collect();
        let coordinates: Vec<usize> = known().map(|c| c.coordinate).collect();
        // Of two given gradients the parameters are not known.
        let theta = |at: &usize| theta.get(*at).copied().unwrap_or(0.0);
        Self {
            block,
            complete: coordinates.len() == block.len(),
            comparisons,
            g: of(|c| c.analytic),
            d: known().filter_map(|c| c.numeric).collect(),
            tolerance: of(|c| c.tolerance),
            theta: coordinates.iter().map(theta).collect(),
            coordinates,
            scale,
            epsilon,
        }
    }

    /// Rows and columns, where the block is a matrix and every entry is known.
    pub(crate) fn matrix(&self) -> Option<(usize, usize)> {
        match self.block.shape() {
            [rows, columns] if self.complete => Some((*rows, *columns)),
            _ => None,
        }
    }

    /// The exhibit with the decay term, which is right, subtracted from both sides: an error in the rest shows
    /// its shape only then. `None` where there is no such term: vectors are biases and have none.
    pub(super) fn without_decay(&self, context: &Context) -> Option<Self> {
        let kappa = context.decay.filter(|_| self.block.shape().len() > 1)?;
        let stripped = |values: &[f64]| {
            values
                .iter()
                .zip(&self.theta)
                .map(|(v, theta)| v - kappa * theta)
                .collect::<Vec<_>>()
        };
        // What was taken off is itself known to a rounding only.
        let rounding = |theta: &f64| 4.0 * f64::EPSILON * (kappa * theta).abs();
        Some(Self {
            block: self.block,
            complete: self.complete,
            comparisons: self.comparisons,
            coordinates: self.coordinates.clone(),
            g: stripped(&self.g),
            d: stripped(&self.d),
            tolerance: self
                .tolerance
                .iter()
                .zip(&self.theta)
                .map(|(t, theta)| t + rounding(theta))
                .collect(),
            theta: self.theta.clone(),
            scale: self.scale,
            epsilon: self.epsilon,
        })
    }

    /// How far each entry of g may be from `p`, if that is what g really is: what a mistake makes larger, it
    /// makes larger rounding and all, and where the right derivative is 0 the wrong one has the rounding
    /// of the others (docs/theory/causes.md, equation 33).
    pub(crate) fn noise_under(&self, p: &[f64]) -> impl Fn(usize) -> f64 {
        let size = |values: &[f64]| values.iter().map(|v| v * v).sum::<f64>().sqrt();
        let larger = size(p) / size(&self.d);
        let larger = if larger.is_finite() {
            larger.max(1.0)
        } else {
            1.0
        };
        let mut sorted = self.tolerance.clone();
        sorted.sort_by(f64::total_cmp);
        let typical = sorted.get(sorted.len() / 2).copied().unwrap_or(0.0);
        move |i| {
            let own = 4.0 * self.epsilon * self.g[i].abs();
            larger * self.tolerance[i].max(typical) + own
        }
    }

    /// The diagnosis that this block's gradient is that of `alternative`, if it is.
    pub(super) fn explained_by(&self, alternative: &Alternative) -> Option<Diagnosis> {
        let p: Vec<f64> = self
            .coordinates
            .iter()
            .filter_map(|&at| alternative.gradient.get(at).copied())
            .collect();
        let noise = self.noise_under(&p);
        let residual = fit::residual(&self.g, &p, &noise)?;
        // Under so wide a tolerance nothing would have been wrong in the first place.
        if fit::residual(&self.g, &self.d, &noise).is_some() {
            return None;
        }
        Some(Diagnosis {
            cause: alternative.cause,
            message: alternative.message.clone(),
            factor: None,
            residual,
        })
    }

    /// The residual of `p` as a prediction of g, if it explains the error: no entry is further from it than its
    /// noise, and the entry at which the error shows most sharply shows it beyond that noise too (docs/theory/causes.md,
    /// equation 32).
    pub(super) fn explains(&self, p: &[f64], noise: impl Fn(usize) -> f64) -> Option<f64> {
        let left = fit::residual(&self.g, p, &noise)?;
        self.shows_beyond(noise).then_some(left)
    }

    /// Whether the entry whose error is the most of its tolerances is off by more than this noise: a prediction with more
    /// noise than that could as well be right of a right gradient.
    pub(super) fn shows_beyond(&self, noise: impl Fn(usize) -> f64) -> bool {
        let apart = |i: usize| (self.g[i] - self.d[i]).abs();
        let sharpness = |i: usize| match apart(i) {
            0.0 => 0.0,
            apart => apart / self.tolerance[i],
        };
        let sharpest = (0..self.g.len())
            .filter(|&i| !sharpness(i).is_nan())
            .max_by(|&i, &j| sharpness(i).total_cmp(&sharpness(j)));
        sharpest.is_some_and(|i| apart(i) > noise(i))
    }

    /// How many entries would be off beyond their tolerance if `p` is what g really is.
    pub(super) fn shown_by(&self, p: &[f64]) -> usize {
        let entries = p.iter().zip(&self.d).zip(&self.tolerance);
        entries.filter(|((p, d), t)| (*p - *d).abs() > **t).count()
    }

    pub(super) fn off_entries(&self) -> usize {
        self.comparisons.iter().filter(is_off).count()
    }

    /// Whether the block has an entry that needs a cause.
    pub(crate) fn is_off(&self) -> bool {
        self.comparisons.iter().any(|c| is_off(&c))
    }
}
