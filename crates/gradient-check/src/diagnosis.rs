//! Naming the cause: simple hypotheses, fitted to each wrong block, and the first that leaves nothing
//! but noise.
//!
//! A pure function of what was measured: nothing is evaluated here. A cause is named only when its
//! residual is at the noise; otherwise it is said that no simple cause fits. Knows blocks and stages;
//! what a factor or a decay term means is told to it by the caller.

mod family;
mod fit;
mod hypotheses;
mod scatter;

use finite_diff::Block;

pub use family::Family;
pub(crate) use hypotheses::NON_FINITE;

use crate::verdict::{Comparison, Verdict};
use hypotheses::{Hypothesis, SPECIFIC, VAGUE};
use scatter::scattered_everywhere;

/// What the caller knows of the function, to give numbers their names.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Context {
    /// Factors that have a meaning, such as the number of examples or keep_prob, the likelier first. 2, ½,
    /// 4, ¼ and −1 need not be said.
    pub factors: Vec<NamedFactor>,
    /// κ of a decay term κ·θ in the gradient, λ/m for L2; `None` without one.
    pub decay: Option<f64>,
    /// What a row and a column of a block stand for, such as `unit` and `input`.
    pub axes: Option<[String; 2]>,
}

/// The mistakes that a caller can try out on its own backward pass. They are asked for only when a
/// gradient is wrong.
pub trait Mistakes: Sync {
    /// What the gradient would be under each, the more common first.
    fn alternatives(&self) -> Vec<Alternative>;

    /// The same for mistakes with a number in them that is not known.
    fn families(&self) -> Vec<Family<'_>> {
        Vec::new()
    }
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
    /// Whether a plain 2 or ½, where it is that too, is the likelier reading.
    pub unlikely: bool,
}

/// What is believed to be wrong with a block.
#[derive(Debug, Clone, PartialEq)]
pub struct Diagnosis {
    /// The cause in kebab-case: `scale`, `sign`, `transposed`, …; `unknown` where no simple one fits.
    pub cause: &'static str,
    /// What is wrong with the block, as a sentence a person can act on, without a full stop: either whole,
    /// or what follows the name of the gradient, beginning with `is`.
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
    fn explained_by(&self, alternative: &Alternative) -> Option<Diagnosis> {
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

    fn wrong_entries(&self) -> usize {
        let entries = self.comparisons.iter();
        entries.filter(|c| c.verdict == Verdict::Disagree).count()
    }

    pub(crate) fn is_wrong(&self) -> bool {
        self.wrong_entries() > 0
    }
}

/// The diagnosis of each block, `None` for those that are not wrong. `first_wrong_stage` is that of the
/// wrong block nearest to the output.
///
/// In this order (docs/theory/causes.md, "In which order"): one mistake of the caller's that is the whole
/// gradient found, in several blocks at once, unless one exact cause is found in each of them; small errors
/// of either sign all over; for each block by itself what fits exactly and means one thing; the caller's
/// mistake that explains the most blocks; the same exact ones in the part without the decay term; what is
/// vague.
pub(crate) fn diagnose(
    exhibits: &[Exhibit<'_>],
    context: &Context,
    mistakes: Option<&dyn Mistakes>,
    first_wrong_stage: Option<usize>,
) -> Vec<Option<Diagnosis>> {
    let wrong = exhibits.iter().filter(|exhibit| exhibit.is_wrong()).count();
    let among = |hypotheses: &[Hypothesis], exhibit: &Exhibit<'_>| {
        hypotheses
            .iter()
            .find_map(|hypothesis| hypothesis(exhibit, exhibits, context))
    };
    let without_decay = |hypotheses, exhibit: &Exhibit<'_>| {
        let mut found = among(hypotheses, &exhibit.without_decay(context)?)?;
        found.message.push_str(" (in the part without the L2 term)");
        Some(found)
    };
    let by_itself: Vec<Option<Diagnosis>> = exhibits
        .iter()
        .map(|exhibit| exhibit.is_wrong().then(|| among(SPECIFIC, exhibit))?)
        .collect();
    let but_for_decay: Vec<Option<Diagnosis>> = exhibits
        .iter()
        .zip(&by_itself)
        .map(|(exhibit, found)| match found {
            None if exhibit.is_wrong() => without_decay(SPECIFIC, exhibit),
            _ => None,
        })
        .collect();
    let own: Vec<&Diagnosis> = by_itself.iter().chain(&but_for_decay).flatten().collect();
    // One exact cause in every wrong block is the simplest there is; a few entries are none.
    let unanimous = own.len() == wrong
        && own
            .iter()
            .all(|d| d.cause == own[0].cause && d.cause != "single-entry");
    // Trying mistakes out costs a backward pass each.
    let supposed = mistakes
        .filter(|_| wrong > 0 && !unanimous)
        .and_then(|mistakes| best_mistake(exhibits, mistakes));
    let everywhere = supposed
        .as_ref()
        .filter(|(_, explained)| wrong > 1 && *explained == wrong);
    let scattered = scattered_everywhere(exhibits);
    exhibits
        .iter()
        .zip(by_itself)
        .zip(but_for_decay)
        .map(|((exhibit, by_itself), but_for_decay)| {
            if !exhibit.is_wrong() {
                return None;
            }
            everywhere
                .and_then(|(alternative, _)| exhibit.explained_by(alternative))
                .or_else(|| scattered.as_ref()?(exhibit))
                .or(by_itself)
                .or_else(|| exhibit.explained_by(&supposed.as_ref()?.0))
                .or(but_for_decay)
                .or_else(|| among(VAGUE, exhibit))
                .or_else(|| without_decay(VAGUE, exhibit))
                .or_else(|| Some(unexplained(exhibit, first_wrong_stage, mistakes.is_some())))
        })
        .collect()
}

/// Wrong entries it takes before a mistake with a number in it is believed: to fewer, the number can be
/// fitted.
const ENOUGH_ENTRIES: usize = 3;

/// The mistake of the caller's that is the gradient found in the most wrong blocks, if it is so in any, and
/// in how many.
fn best_mistake(exhibits: &[Exhibit<'_>], mistakes: &dyn Mistakes) -> Option<(Alternative, usize)> {
    let explained = |alternative: &Alternative| {
        let wrong = exhibits.iter().filter(|exhibit| exhibit.is_wrong());
        wrong
            .filter(|exhibit| exhibit.explained_by(alternative).is_some())
            .count()
    };
    let wrong_entries: usize = exhibits.iter().map(Exhibit::wrong_entries).sum();
    let fitted = if wrong_entries >= ENOUGH_ENTRIES {
        let families = mistakes.families().into_iter();
        families
            .filter_map(|family| family.nearest(exhibits))
            .collect()
    } else {
        Vec::new()
    };
    let mut best = None;
    // The first of equals: they are ordered by how common the mistake is, and one without a number to fit
    // says more.
    for alternative in mistakes.alternatives().into_iter().chain(fitted) {
        let count = explained(&alternative);
        if count > best.as_ref().map_or(0, |(_, most)| *most) {
            best = Some((alternative, count));
        }
    }
    best
}

/// Where nothing simple fits: an error that comes from nearer the output, or one that has to be
/// looked for here.
fn unexplained(
    exhibit: &Exhibit<'_>,
    first_wrong_stage: Option<usize>,
    mistakes_tried: bool,
) -> Diagnosis {
    let mistakes = match mistakes_tried {
        true => ", and whatever mistakes the model itself could try",
        false => "",
    };
    let ruled_out = match exhibit.complete {
        true => format!(
            "a factor, the sign, a transposition, a permutation, another block's gradient, a decay term, a wrong \
             axis, a few entries among many right ones, single precision{mistakes}"
        ),
        // Rows, columns and other blocks can't be compared where entries are missing.
        false => format!(
            "a factor, the sign, a decay term, single precision{mistakes}; a transposition, a permutation and \
             another block's gradient can only be told from the whole block"
        ),
    };
    let (cause, message) = match (exhibit.block.stage(), first_wrong_stage) {
        (Some(stage), Some(first)) if stage < first => (
            "upstream",
            format!(
                "no simple cause fits; layer {first}, nearer to the output, is wrong too: mend that first, as \
                 its error may be what arrives here. Ruled out are {ruled_out}"
            ),
        ),
        _ => match hypotheses::some_entries(exhibit) {
            Some(message) => ("some-entries", message),
            None => (
                "unknown",
                format!("no simple cause fits; ruled out are {ruled_out}"),
            ),
        },
    };
    Diagnosis {
        cause,
        message,
        factor: None,
        residual: f64::NAN,
    }
}
