//! Naming the cause: simple hypotheses, fitted to each wrong block, and the first that leaves nothing
//! but noise.
//!
//! A pure function of what was measured: nothing is evaluated here. A cause is named only when its
//! residual is at the noise; otherwise it is said that no simple cause fits. Knows blocks and stages;
//! what a factor or a decay term means is told to it by the caller.

mod fit;
mod hypotheses;

use finite_diff::Block;

use crate::verdict::{Comparison, Verdict};
use hypotheses::HYPOTHESES;

/// What the caller knows of the function, to give numbers their names.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Context {
    /// Factors that have a meaning, such as the number of examples or keep_prob. 2, ½, 4, ¼ and −1
    /// need not be said.
    pub factors: Vec<NamedFactor>,
    /// κ of a decay term κ·θ in the gradient, λ/m for L2; `None` without one.
    pub decay: Option<f64>,
}

/// What the whole gradient would be under some mistake, as the caller knows how to compute.
#[derive(Debug, Clone, PartialEq)]
pub struct Alternative {
    /// The cause in kebab-case.
    pub cause: &'static str,
    /// The mistake, as a sentence without its full stop.
    pub message: String,
    /// The gradient, flat.
    pub gradient: Vec<f64>,
}

/// A factor and what it means when a block is that many times too large.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedFactor {
    /// The factor c of g = c·d.
    pub value: f64,
    /// The cause in kebab-case, such as `missing-1-over-m`.
    pub cause: &'static str,
    /// What it is, as the end of a sentence: "the number of examples: 1/m is missing".
    pub meaning: String,
}

/// What is believed to be wrong with a block.
#[derive(Debug, Clone, PartialEq)]
pub struct Diagnosis {
    /// The cause in kebab-case: `scale`, `sign`, `transposed`, …; `unknown` where no simple one fits.
    pub cause: &'static str,
    /// What is wrong with the block, as a sentence a person can act on, without the block's name and
    /// without a full stop.
    pub message: String,
    /// The factor, where the cause is one.
    pub factor: Option<f64>,
    /// The root mean square of what the hypothesis leaves unexplained, relative to that of g; NaN where
    /// no hypothesis fits.
    pub residual: f64,
}

/// One block as a hypothesis sees it: g, d and θ side by side.
pub(crate) struct Exhibit<'a> {
    pub(crate) block: &'a Block,
    /// Every coordinate of the block was judged and has a derivative.
    pub(crate) complete: bool,
    pub(crate) comparisons: &'a [Comparison],
    pub(crate) g: Vec<f64>,
    pub(crate) d: Vec<f64>,
    /// How far g and d may be apart by noise alone: K·B + r.
    pub(crate) tolerance: Vec<f64>,
    pub(crate) theta: Vec<f64>,
    pub(crate) scale: f64,
}

impl<'a> Exhibit<'a> {
    pub(crate) fn new(
        block: &'a Block,
        scale: f64,
        comparisons: &'a [Comparison],
        theta: &[f64],
    ) -> Self {
        let known: Vec<&Comparison> = comparisons.iter().filter(|c| c.numeric.is_some()).collect();
        Self {
            block,
            complete: known.len() == block.len(),
            comparisons,
            g: known.iter().map(|c| c.analytic).collect(),
            d: known.iter().filter_map(|c| c.numeric).collect(),
            tolerance: known.iter().map(|c| c.tolerance).collect(),
            theta: known.iter().map(|c| theta[c.coordinate]).collect(),
            scale,
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
    fn without_decay(&self, context: &Context) -> Option<Self> {
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
        })
    }

    /// The diagnosis that this block's gradient is that of `alternative`, if it is.
    fn explained_by(&self, alternative: &Alternative) -> Option<Diagnosis> {
        let known = self.comparisons.iter().filter(|c| c.numeric.is_some());
        let p: Vec<f64> = known
            .filter_map(|c| alternative.gradient.get(c.coordinate).copied())
            .collect();
        let residual = fit::residual(&self.g, &p, |i| self.tolerance[i])?;
        Some(Diagnosis {
            cause: alternative.cause,
            message: alternative.message.clone(),
            factor: None,
            residual,
        })
    }

    fn is_wrong(&self) -> bool {
        self.comparisons
            .iter()
            .any(|c| c.verdict == Verdict::Disagree)
    }
}

/// The diagnosis of each block, `None` for those that are not wrong. `first_wrong_stage` is that of the
/// wrong block nearest to the output.
pub(crate) fn diagnose(
    exhibits: &[Exhibit<'_>],
    context: &Context,
    alternatives: &[Alternative],
    first_wrong_stage: Option<usize>,
) -> Vec<Option<Diagnosis>> {
    let alternative = best_alternative(exhibits, alternatives);
    exhibits
        .iter()
        .map(|exhibit| {
            exhibit.is_wrong().then(|| {
                let explain = |exhibit: &Exhibit<'_>| {
                    HYPOTHESES
                        .iter()
                        .find_map(|hypothesis| hypothesis(exhibit, exhibits, context))
                };
                explain(exhibit)
                    .or_else(|| exhibit.explained_by(alternative?))
                    .or_else(|| {
                        let mut found = explain(&exhibit.without_decay(context)?)?;
                        found.message.push_str(" (in the part without the L2 term)");
                        Some(found)
                    })
                    .unwrap_or_else(|| unexplained(exhibit, first_wrong_stage))
            })
        })
        .collect()
}

/// The alternative that is the gradient found in the most wrong blocks, if it is so in any.
fn best_alternative<'a>(
    exhibits: &[Exhibit<'_>],
    alternatives: &'a [Alternative],
) -> Option<&'a Alternative> {
    let explained = |alternative: &Alternative| {
        let wrong = exhibits.iter().filter(|exhibit| exhibit.is_wrong());
        wrong
            .filter(|exhibit| exhibit.explained_by(alternative).is_some())
            .count()
    };
    let mut best = None;
    let mut most = 0;
    for alternative in alternatives {
        let count = explained(alternative);
        // The first of equals: they are ordered by how common the mistake is.
        if count > most {
            (best, most) = (Some(alternative), count);
        }
    }
    best
}

/// Where nothing simple fits: an error that comes from nearer the output, or one that has to be
/// looked for here.
fn unexplained(exhibit: &Exhibit<'_>, first_wrong_stage: Option<usize>) -> Diagnosis {
    let (cause, message) = match (exhibit.block.stage(), first_wrong_stage) {
        (Some(stage), Some(first)) if stage < first => (
            "upstream",
            format!(
                "no simple cause fits; stage {first}, nearer to the output, is wrong too, and what is \
                 wrong there arrives here: mend that first"
            ),
        ),
        _ => (
            "unknown",
            "no simple cause fits; ruled out are a factor, the sign, a transposition, a permutation, \
             another block's gradient, a decay term, a wrong axis, a few entries among many right ones, single precision, \
             and whatever mistakes the model itself could try"
                .to_owned(),
        ),
    };
    Diagnosis {
        cause,
        message,
        factor: None,
        residual: f64::NAN,
    }
}
