//! One block as a hypothesis sees it: g, d and θ side by side, and how far apart noise may set them.

use finite_diff::Block;

use super::cause::{Alternative, Context, Diagnosis};
use super::fit;
use crate::verdict::{Comparison, Verdict};

/// One block as a hypothesis sees it: g, d and θ side by side.
pub(crate) struct Exhibit<'a> {
    pub(crate) block: &'a Block,
    /// Every coordinate of the block was judged and has a derivative.
    pub(crate) complete: bool,
    pub(crate) comparisons: &'a [Comparison],
    /// The flat index of each known entry.
    pub(crate) coordinates: Vec<usize>,
    pub(crate) g: Vec<f64>,
    pub(crate) d: Vec<f64>,
    /// How far g and d may be apart by noise alone: K·B + r.
    pub(crate) tolerance: Vec<f64>,
    pub(crate) theta: Vec<f64>,
    pub(crate) scale: f64,
    /// ε of the type that g was computed in.
    pub(crate) epsilon: f64,
}

impl<'a> Exhibit<'a> {
    pub(crate) fn new(
        block: &'a Block,
        scale: f64,
        comparisons: &'a [Comparison],
        theta: &[f64],
        epsilon: f64,
    ) -> Self {
        let known: Vec<&Comparison> = comparisons.iter().filter(|c| c.numeric.is_some()).collect();
        Self {
            block,
            complete: known.len() == block.len(),
            comparisons,
            coordinates: known.iter().map(|c| c.coordinate).collect(),
            g: known.iter().map(|c| c.analytic).collect(),
            d: known.iter().filter_map(|c| c.numeric).collect(),
            tolerance: known.iter().map(|c| c.tolerance).collect(),
            theta: known.iter().map(|c| theta[c.coordinate]).collect(),
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

    /// The same with the decay term, which is right, taken off both sides: an error in the rest shows
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

    pub(super) fn wrong_entries(&self) -> usize {
        let entries = self.comparisons.iter();
        entries.filter(|c| c.verdict == Verdict::Disagree).count()
    }

    pub(crate) fn is_wrong(&self) -> bool {
        self.wrong_entries() > 0
    }
}
