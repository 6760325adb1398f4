//! Gradients whose entries are all one number.
//!
//! Invariant: knows nothing of how the gradients were computed.

use super::hypotheses::found;
use super::numbers::number;
use super::{Context, Diagnosis, Exhibit};

/// Every entry of a vector is the sum or the mean of the numeric gradient: the axis was not kept.
pub(super) fn wrong_axis(
    e: &Exhibit<'_>,
    all: &[Exhibit<'_>],
    context: &Context,
) -> Option<Diagnosis> {
    if e.block.shape().len() != 1 || e.g.len() < 2 || !one_number(e) {
        return None;
    }
    let sum: f64 = e.d.iter().sum();
    let noise: f64 = e.tolerance.iter().sum();
    // All zero says something else, unless the sum is zero, as over a softmax, and the other vectors say
    // the same.
    let zero = e.g.iter().zip(&e.tolerance).all(|(g, t)| g.abs() <= *t);
    let others = || {
        let vectors = all
            .iter()
            .filter(|o| o.block.shape().len() == 1 && o.g.len() > 1);
        let mut others = vectors.filter(|o| o.block.name() != e.block.name() && o.is_off());
        others.any(|o| one_number(o) && o.g[0].abs() > o.tolerance[0])
    };
    let said = |what: &str| {
        format!("has the same value in every entry{what}: it was summed over the wrong axis")
    };
    if zero {
        let sum_is_zero = sum.abs() <= noise && others();
        return sum_is_zero
            .then(|| found("wrong-axis", 0.0, said(", the sum of the numeric gradient")))?;
    }
    let count = e.d.len() as f64;
    // The sum, the mean, and either with a factor that has a name, such as the number of examples.
    let named = context.factors.iter().map(|named| named.value);
    let factors = std::iter::once(1.0).chain(named);
    let mut multiples = factors.flat_map(|c| {
        [
            (c, c == 1.0, ", the sum of the numeric gradient"),
            (c / count, c == 1.0, ", the mean of the numeric gradient"),
        ]
    });
    multiples.find_map(|(c, plain, what)| {
        let p = vec![c * sum; e.g.len()];
        let residual = e.explains(&p, |i| c.abs() * noise + e.tolerance[i])?;
        let what = if plain { what } else { "" };
        found("wrong-axis", residual, said(if plain { what } else { "" }))
    })
}

/// Every entry is the same number, and no sum of the derivatives, which differ: a derivative was taken as a constant.
pub(super) fn constant(e: &Exhibit<'_>, _: &[Exhibit<'_>], _: &Context) -> Option<Diagnosis> {
    let (first, rest) = e.g.split_first()?;
    let same = |g: &f64| (g - first).abs() <= 4.0 * e.epsilon * first.abs();
    let differ = || {
        let pairs = e.d.iter().zip(&e.tolerance);
        let above = pairs.clone().map(|(d, t)| d - t).fold(f64::MIN, f64::max);
        let below = pairs.map(|(d, t)| d + t).fold(f64::MAX, f64::min);
        above > below
    };
    if rest.is_empty() || *first == 0.0 || !rest.iter().all(same) || !differ() {
        return None;
    }
    found(
        "constant",
        0.0,
        format!(
            "is {} in every entry, where the numeric gradient varies: a derivative was replaced by a constant",
            number(*first)
        ),
    )
}

/// Whether all entries of g are the same number.
fn one_number(e: &Exhibit<'_>) -> bool {
    let mut entries = e.g.iter().zip(&e.tolerance);
    entries.all(|(g, t)| (g - e.g[0]).abs() <= *t)
}
