//! Naming the cause: simple hypotheses, fitted to each block that is wrong or surely off, and the first that leaves
//! nothing but noise.
//!
//! A pure function of what was measured: nothing is evaluated here. A cause is named only when its
//! residual is at the level of the noise; otherwise the diagnosis is that no simple cause fits. Knows blocks and stages;
//! the caller says what a factor or a decay term means.

mod arrangement;
mod cause;
mod entries;
mod exhibit;
mod factors;
mod family;
mod fit;
mod hypotheses;
mod numbers;
mod projected;
mod scatter;
mod tolerance;
mod uniform;

pub use cause::{Alternative, Context, Diagnosis, NamedFactor};
pub(crate) use exhibit::{Exhibit, is_off};
pub use family::Family;
#[cfg(feature = "text")]
pub(crate) use hypotheses::NON_FINITE;

use hypotheses::{Hypothesis, SPECIFIC, VAGUE};
use scatter::scattered_everywhere;

/// The mistakes that a caller can try out on its own backward pass. They are asked for only when a
/// gradient is wrong.
pub trait Mistakes: Sync {
    /// The gradients under each mistake, the more common first.
    fn alternatives(&self) -> Vec<Alternative>;

    /// The gradients under mistakes with an unknown number in them, as families to fit.
    fn families(&self) -> Vec<Family<'_>> {
        Vec::new()
    }
}

/// The diagnosis of each block, `None` for those that are neither wrong nor surely off by less. `first_wrong_stage` is that
/// of the wrong block nearest to the output.
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
    let wrong = exhibits.iter().filter(|exhibit| exhibit.is_off()).count();
    let among = |hypotheses: &[Hypothesis], exhibit: &Exhibit<'_>| {
        hypotheses
            .iter()
            .find_map(|hypothesis| hypothesis(exhibit, exhibits, context))
    };
    let without_decay = |hypotheses, exhibit: &Exhibit<'_>| {
        let mut found = among(hypotheses, &exhibit.without_decay(context)?)?;
        found.message.push_str(" (after subtracting the L2 term)");
        Some(found)
    };
    let by_itself: Vec<Option<Diagnosis>> = exhibits
        .iter()
        .map(|exhibit| exhibit.is_off().then(|| among(SPECIFIC, exhibit))?)
        .collect();
    let but_for_decay: Vec<Option<Diagnosis>> = exhibits
        .iter()
        .zip(&by_itself)
        .map(|(exhibit, found)| match found {
            None if exhibit.is_off() => without_decay(SPECIFIC, exhibit),
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
            if !exhibit.is_off() {
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
        let wrong = exhibits.iter().filter(|exhibit| exhibit.is_off());
        wrong
            .filter(|exhibit| exhibit.explained_by(alternative).is_some())
            .count()
    };
    let wrong_entries: usize = exhibits.iter().map(Exhibit::off_entries).sum();
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

/// The diagnosis where no simple cause fits: an error that comes from nearer the output, or one in this block.
fn unexplained(
    exhibit: &Exhibit<'_>,
    first_wrong_stage: Option<usize>,
    mistakes_tried: bool,
) -> Diagnosis {
    let mistakes = match mistakes_tried {
        true => ", and every mistake that the model can simulate",
        false => "",
    };
    let tried = match exhibit.complete {
        true => format!(
            "a constant factor, the sign, a transposition, a permutation of rows or columns, another block's gradient, weight decay, a wrong \
             axis, a constant, a projection, a few wrong entries, single precision{mistakes}"
        ),
        // Rows, columns and other blocks can't be compared where entries are missing.
        false => format!(
            "a constant factor, the sign, weight decay, single precision{mistakes}; a transposition, a permutation and \
             another block's gradient show only if the whole block is checked"
        ),
    };
    let (cause, message) = match (exhibit.block.stage(), first_wrong_stage) {
        (Some(stage), Some(first)) if stage < first => (
            "upstream",
            format!(
                "no simple cause fits; layer {first}, nearer to the output, is wrong too: fix it first, because its error \
                 may propagate to this block. Tried: {tried}"
            ),
        ),
        _ => match entries::some_entries(exhibit) {
            Some(message) => ("some-entries", message),
            None => (
                "unknown",
                match tolerance::advice(exhibit) {
                    advice if advice.is_empty() => {
                        format!("no simple cause fits. Tried: {tried}")
                    }
                    advice => format!(
                        "no simple cause fits; an error this small may come from the tolerance of an iterative method, or \
                         from single precision{advice}. Tried: {tried}"
                    ),
                },
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
