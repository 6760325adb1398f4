//! The hypotheses, in the order in which they are tried: the more specific first.

use super::arrangement::{another_block, flattened, permuted, symmetric_only};
use super::entries::single_entries;
use super::factors::{decay, factor_and_rest, factor_of_another, named_factor, some_factor};
use super::projected::projected;
use super::scatter::scattered;
use super::uniform::{constant, wrong_axis};
use super::{Context, Diagnosis, Exhibit};

pub(super) type Hypothesis = fn(&Exhibit<'_>, &[Exhibit<'_>], &Context) -> Option<Diagnosis>;

/// The hypotheses that have one meaning where they fit.
pub(super) const SPECIFIC: &[Hypothesis] = &[
    not_a_number,
    wrong_axis,
    not_connected,
    single_entries,
    named_factor,
    flattened,
    symmetric_only,
    another_block,
    constant,
    projected,
    decay,
    permuted,
];

/// The hypotheses that describe an error more than they explain it.
pub(super) const VAGUE: &[Hypothesis] =
    &[scattered, some_factor, factor_of_another, factor_and_rest];

/// The cause of NaN and infinity.
pub(crate) const NON_FINITE: &str = "non-finite";

pub(super) fn found(cause: &'static str, residual: f64, message: String) -> Option<Diagnosis> {
    Some(Diagnosis {
        cause,
        message,
        factor: None,
        residual,
    })
}

fn not_a_number(e: &Exhibit<'_>, _: &[Exhibit<'_>], _: &Context) -> Option<Diagnosis> {
    let bad = || (0..e.g.len()).filter(|&i| !e.g[i].is_finite());
    if bad().count() == 0 {
        return None;
    }
    let whose = if bad().any(|i| !e.d[i].is_finite()) {
        "and so are entries of the numeric gradient"
    } else {
        "although the numeric derivatives are finite"
    };
    found(
        NON_FINITE,
        f64::NAN,
        format!(
            "{} of {} entries {} NaN or infinite, {whose}",
            bad().count(),
            e.g.len(),
            if bad().count() == 1 { "is" } else { "are" },
        ),
    )
}

fn not_connected(e: &Exhibit<'_>, _: &[Exhibit<'_>], _: &Context) -> Option<Diagnosis> {
    // Something that is subtracted from itself leaves some ε of its block.
    let noise = |i: usize| e.tolerance[i].max(8.0 * e.epsilon * e.scale);
    if e.g.is_empty() || (0..e.g.len()).any(|i| e.g[i].is_nan() || e.g[i].abs() > noise(i)) {
        return None;
    }
    found(
        "not-connected",
        0.0,
        "is zero everywhere, although the cost depends on the parameters: it is not computed, not connected, or \
         overwritten"
            .to_owned(),
    )
}
