//! A few wrong entries: which, and how far off or by what factor each.
//!
//! Invariant: knows nothing of what the entries of a block have in common.

use finite_diff::Coordinate;

use super::exhibit::is_off;
use super::factors::{PLAIN_FACTORS, some_factor};
use super::hypotheses::found;
use super::numbers::factor;
use super::tolerance::{LITTLE, advice};
use super::{Context, Diagnosis, Exhibit};
use crate::verdict::{Comparison, Verdict};

/// The largest number of wrong entries that are named one by one.
const FEW: usize = 3;

/// The relative accuracy to which the factor of one entry must be known to get a name.
const KNOWN: f64 = 0.01;

/// A few wrong entries among many right ones.
pub(super) fn single_entries(
    e: &Exhibit<'_>,
    all: &[Exhibit<'_>],
    context: &Context,
) -> Option<Diagnosis> {
    // One more tells that there are too many.
    let off: Vec<Comparison> = e.comparisons.iter().filter(is_off).take(FEW + 1).collect();
    let right = e
        .comparisons
        .iter()
        .filter(|c| c.verdict == Verdict::Agree && !c.flat)
        .count();
    if off.len() > FEW || right < 4 * off.len() {
        return None;
    }
    // One factor that the others may have as well, for all that their bars tell, is simpler than each by itself.
    if off.len() > 1 && some_factor(e, all, context).is_some() {
        return None;
    }
    let entry = |c: &Comparison| {
        let name = name(e, c);
        by_a_named_factor(c).map_or_else(
            || {
                let off = c.numeric.map_or(f64::NAN, |d| c.analytic - d);
                format!("{name} is off by {off:.3e}")
            },
            |said| format!("{name} is {said}"),
        )
    };
    let entries: Vec<String> = off.iter().map(entry).collect();
    found(
        "single-entry",
        0.0,
        format!(
            "only {} of {} entries {} wrong: {}; all others agree{}",
            off.len(),
            e.g.len(),
            if off.len() == 1 { "is" } else { "are" },
            entries.join(", "),
            hint(&off, e)
        ),
    )
}

/// A few wrong entries in a block so small, or so little known, that they are not few among many right ones: no cause, but
/// where it is and how far off, each by a factor of its own.
pub(super) fn some_entries(e: &Exhibit<'_>) -> Option<String> {
    let off: Vec<Comparison> = e.comparisons.iter().filter(is_off).take(FEW + 1).collect();
    let (count, judged) = (off.len(), e.comparisons.count());
    if count > FEW {
        return None;
    }
    let entry = |c: &Comparison| {
        let name = name(e, c);
        let d = c.numeric.unwrap_or(f64::NAN);
        let times = c.analytic / d;
        match by_a_named_factor(c) {
            Some(said) => format!("{name} is {said}"),
            None if (times - 1.0).abs() < LITTLE => format!(
                "{name} has a relative error of {}",
                factor((times - 1.0).abs(), 0.0)
            ),
            None if times.is_finite() => format!(
                "{name} is {}× its numeric derivative",
                factor(times, (c.tolerance / d).abs())
            ),
            None => format!(
                "{name} is {:.3e} where the numeric derivative is 0",
                c.analytic
            ),
        }
    };
    let entries: Vec<String> = off.iter().map(entry).collect();
    let hint = hint(&off, e);
    let entries = entries.join(", ") + &hint;
    let are = if count == 1 { "is" } else { "are" };
    let wrong = match off.iter().any(|c| c.verdict == Verdict::Disagree) {
        true => "wrong",
        false => "off",
    };
    let only = format!("only {count} of {judged} entries {are} {wrong}: {entries}");
    let right = e.comparisons.iter().filter(|c| c.verdict == Verdict::Agree);
    Some(match (judged - count, right.count()) {
        (0, _) if !hint.is_empty() => entries,
        (0, _) => format!("{entries}; these are too few entries to infer a common factor"),
        (1, 1) => format!("{only}; the other agrees"),
        (others, right) if right == others => format!("{only}; the others agree"),
        (1, _) => format!("{only}; the other is inconclusive"),
        (_, 0) => format!("{only}; the others are inconclusive"),
        (others, right) => format!("{only}; {right} of the other {others} agree"),
    })
}

/// What an entry is that is 0, or a multiple of its derivative that has a name.
fn by_a_named_factor(c: &Comparison) -> Option<String> {
    let d = c.numeric.filter(|d| *d != 0.0)?;
    if c.analytic == 0.0 {
        return Some(format!("0 where the numeric derivative is {d:.3e}"));
    }
    let (times, bar) = (c.analytic / d, (c.tolerance / d).abs());
    let (named, ..) = PLAIN_FACTORS
        .into_iter()
        .find(|(named, ..)| (times - named).abs() <= bar + 1e-12 && bar <= KNOWN * named.abs())?;
    Some(if named == -1.0 {
        "minus its numeric derivative (-1×)".to_owned()
    } else {
        format!("{}× its numeric derivative", factor(named, 0.0))
    })
}

/// What may be behind errors as small as these, and what would accept them.
fn hint(off: &[Comparison], e: &Exhibit<'_>) -> String {
    let little = |c: &Comparison| (c.analytic / c.numeric.unwrap_or(f64::NAN) - 1.0).abs() < LITTLE;
    match off.iter().all(little) {
        true => format!(
            "; an error this small may come from the tolerance of an iterative method, or from single precision{}",
            advice(e)
        ),
        false => String::new(),
    }
}

/// The entry as reports name it.
fn name(e: &Exhibit<'_>, c: &Comparison) -> Coordinate {
    Coordinate {
        block: e.block.name().to_owned(),
        index: e.block.index_of(c.coordinate - e.block.range().start),
        flat: c.coordinate,
    }
}
