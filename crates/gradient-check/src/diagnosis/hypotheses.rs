//! The hypotheses, in the order in which they are tried: the more specific first.

use finite_diff::Coordinate;

use super::fit::{factor, residual};
use super::scatter::scattered;
use super::{Context, Diagnosis, Exhibit, NamedFactor};
use crate::verdict::{Comparison, Verdict};

pub(super) type Hypothesis = fn(&Exhibit<'_>, &[Exhibit<'_>], &Context) -> Option<Diagnosis>;

/// Those that mean one thing where they fit.
pub(super) const SPECIFIC: &[Hypothesis] = &[
    not_a_number,
    wrong_axis,
    not_connected,
    single_entries,
    named_factor,
    decay,
    flattened,
    another_block,
    permuted,
];

/// Those that describe more than they explain.
pub(super) const VAGUE: &[Hypothesis] = &[scattered, some_factor, factor_of_another];

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
        "as entries of the numeric gradient are"
    } else {
        "though the cost and its differences are finite: the backward pass made them"
    };
    found(
        NON_FINITE,
        f64::NAN,
        format!(
            "{} of {} entries are NaN or infinite, {whose}",
            bad().count(),
            e.g.len()
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
        "is 0 throughout, though the cost depends on it: it is not computed, not connected, or \
         overwritten"
            .to_owned(),
    )
}

/// A few wrong entries among many right ones.
fn single_entries(e: &Exhibit<'_>, _: &[Exhibit<'_>], _: &Context) -> Option<Diagnosis> {
    let wrong: Vec<_> = e
        .comparisons
        .iter()
        .filter(|c| c.verdict == Verdict::Disagree)
        .collect();
    let right = e
        .comparisons
        .iter()
        .filter(|c| c.verdict == Verdict::Agree && !c.flat)
        .count();
    if wrong.len() > 3 || right < 4 * wrong.len() {
        return None;
    }
    let names: Vec<String> = wrong
        .iter()
        .map(|c| {
            let off = c.numeric.map_or(f64::NAN, |d| c.analytic - d);
            format!("{} (off by {off:.3e})", name(e, c))
        })
        .collect();
    found(
        "single-entry",
        0.0,
        format!(
            "only {} of {} entries: {}; all others agree",
            wrong.len(),
            e.g.len(),
            names.join(", ")
        ),
    )
}

/// The entry as reports name it.
fn name(e: &Exhibit<'_>, c: &Comparison) -> Coordinate {
    Coordinate {
        block: e.block.name().to_owned(),
        index: e.block.index_of(c.coordinate - e.block.range().start),
        flat: c.coordinate,
    }
}

/// An error so small beside the derivative that a factor says nothing.
const LITTLE: f64 = 1e-4;

/// A few wrong entries in a block so small that they are not few among many: no cause, but where it is and how far
/// off, each by a factor of its own.
pub(super) fn some_entries(e: &Exhibit<'_>) -> Option<String> {
    const FEW: usize = 3;
    let wrong = || {
        let all = e.comparisons.iter();
        all.filter(|c| c.verdict == Verdict::Disagree)
    };
    let (count, judged) = (wrong().count(), e.comparisons.len());
    let right = e.comparisons.iter().filter(|c| c.verdict == Verdict::Agree);
    if count > FEW || right.count() + count < judged {
        return None;
    }
    let entry = |c: &Comparison| {
        let name = name(e, c);
        let d = c.numeric.unwrap_or(f64::NAN);
        match c.analytic / d {
            factor if (factor - 1.0).abs() < LITTLE => {
                format!(
                    "{name} is off by {} of its numeric derivative",
                    short((factor - 1.0).abs())
                )
            }
            factor if factor.is_finite() && c.analytic != 0.0 => {
                format!("{name} is {}× its numeric derivative", short(factor))
            }
            _ if c.analytic == 0.0 => {
                format!("{name} is 0 where the numeric derivative is {d:.3e}")
            }
            _ => format!(
                "{name} is {:.3e} where the numeric derivative is 0",
                c.analytic
            ),
        }
    };
    let entries: Vec<String> = wrong().map(entry).collect();
    let entries = entries.join(", ");
    let are = if count == 1 { "is" } else { "are" };
    let off = |c: &Comparison| (c.analytic / c.numeric.unwrap_or(f64::NAN) - 1.0).abs();
    let hint = match wrong().all(|c| off(c) < LITTLE) {
        true => "; so little may be a tolerance to which one side is iterated, or single precision",
        false => "",
    };
    let entries = entries + hint;
    Some(match judged - count {
        0 if !hint.is_empty() => entries,
        0 => format!("{entries}; of so few entries any factor may be had"),
        1 => format!("only {count} of {judged} entries {are} wrong: {entries}; the other agrees"),
        _ => format!("only {count} of {judged} entries {are} wrong: {entries}; the others agree"),
    })
}

/// g = c·d with a factor that has a name (docs/theory/causes.md, equations 34 and 35).
fn named_factor(e: &Exhibit<'_>, _: &[Exhibit<'_>], context: &Context) -> Option<Diagnosis> {
    let (value, bar, residual) = scaled(e)?;
    let near = |c: f64| (value - c).abs() <= 4.0 * bar + 1e-12 * c.abs();
    let say = |cause, c: f64, meaning: &str| {
        Some(Diagnosis {
            cause,
            message: format!("is {}× the numeric gradient: {meaning}", short(c)),
            factor: Some(value),
            residual,
        })
    };
    let fits = |named: &&NamedFactor| near(named.value);
    if let Some(named) = context.factors.iter().find(|f| fits(f) && !f.unlikely) {
        return say(named.cause, named.value, &named.meaning);
    }
    let unlikely = context.factors.iter().find(fits);
    for (c, cause, meaning) in PLAIN_FACTORS {
        if near(c) {
            let or = unlikely.map_or_else(String::new, |named| {
                format!("; or, as it is that number too, {}", named.meaning)
            });
            return say(cause, c, &format!("{meaning}{or}"));
        }
    }
    unlikely.and_then(|named| say(named.cause, named.value, &named.meaning))
}

/// Factors that need no context to be a mistake.
const PLAIN_FACTORS: [(f64, &str, &str); 7] = [
    (-1.0, "sign", "the sign is flipped"),
    (2.0, "scale", "a factor 2 too many"),
    (0.5, "scale", "a factor 2 is missing"),
    (4.0, "scale", "a factor 4 too many"),
    (0.25, "scale", "a factor 4 is missing"),
    (
        -2.0,
        "scale",
        "the sign is flipped and there is a factor 2 too many",
    ),
    (3.0, "scale", "a factor 3 too many"),
];

/// g = c·d with whatever factor; of one number any factor fits, so that it takes three.
fn some_factor(e: &Exhibit<'_>, _: &[Exhibit<'_>], _: &Context) -> Option<Diagnosis> {
    if e.d
        .iter()
        .zip(&e.tolerance)
        .filter(|(d, t)| d.abs() > **t)
        .count()
        < 3
    {
        return None;
    }
    let (value, _, residual) = scaled(e)?;
    Some(Diagnosis {
        cause: "scale",
        message: format!(
            "is {}× the numeric gradient: a factor too many or missing",
            short(value)
        ),
        factor: Some(value),
        residual,
    })
}

/// The factor that another block has: of so few entries any factor may be had, but not that one.
fn factor_of_another(e: &Exhibit<'_>, all: &[Exhibit<'_>], context: &Context) -> Option<Diagnosis> {
    let others = all.iter().filter(|other| other.block != e.block);
    others.filter(|other| other.is_wrong()).find_map(|other| {
        let found = some_factor(other, all, context)?;
        let (c, bar, _) = scaled(other)?;
        let p: Vec<f64> = e.d.iter().map(|d| c * d).collect();
        let noise = |i: usize| e.tolerance[i] * (1.0 + c.abs()) + 4.0 * bar * e.d[i].abs();
        let residual = residual(&e.g, &p, noise)?;
        Some(Diagnosis { residual, ..found })
    })
}

/// c, its bar and the residual, where g = c·d to the noise.
fn scaled(e: &Exhibit<'_>) -> Option<(f64, f64, f64)> {
    let c = factor(&e.g, &e.d, &e.tolerance)?;
    let p: Vec<f64> = e.d.iter().map(|d| c.value * d).collect();
    let noise = |i: usize| e.tolerance[i] * (1.0 + c.value.abs());
    let residual = residual(&e.g, &p, noise)?;
    Some((c.value, c.bar, residual))
}

/// g − d = κ·θ: a decay term on one side only.
fn decay(e: &Exhibit<'_>, _: &[Exhibit<'_>], context: &Context) -> Option<Diagnosis> {
    let apart: Vec<f64> = e.g.iter().zip(&e.d).map(|(g, d)| g - d).collect();
    let kappa = factor(&apart, &e.theta, &e.tolerance)?;
    if kappa.value.abs() <= 4.0 * kappa.bar {
        return None;
    }
    let p: Vec<f64> = e.theta.iter().map(|theta| kappa.value * theta).collect();
    let shown = p.iter().zip(&e.tolerance).filter(|(p, t)| p.abs() > **t);
    let shown = shown.count();
    let whole: Vec<f64> = p.iter().zip(&e.d).map(|(p, d)| p + d).collect();
    let residual = residual(&apart, &p, e.noise_under(&whole))?;
    let near = |c: f64| (kappa.value - c).abs() <= 4.0 * kappa.bar + 1e-9 * c.abs();
    let matrix = e.block.shape().len() > 1;
    let (cause, meaning) = match context.decay {
        Some(decay) if near(-decay) => (
            "l2-missing",
            "the L2 term is in the cost and not in the gradient".to_owned(),
        ),
        Some(decay) if near(decay) && matrix => (
            "l2-factor",
            "the L2 term is in the gradient twice".to_owned(),
        ),
        Some(decay) if near(decay) => (
            "l2-on-biases",
            "the L2 term is in the gradient of the biases and not in the cost".to_owned(),
        ),
        // Of one number any factor fits, and one that is 0 fits every factor.
        _ if shown < 2 => return None,
        Some(decay) => (
            "l2-factor",
            format!(
                "the gradient's L2 term is {} × the cost's",
                short(1.0 + kappa.value / decay)
            ),
        ),
        None => ("l2-missing", "a decay term is on one side only".to_owned()),
    };
    Some(Diagnosis {
        cause,
        message: format!(
            "analytic minus numeric is {:.4e} × the parameter itself: {meaning}",
            kappa.value
        ),
        factor: Some(kappa.value),
        residual,
    })
}

/// g is d transposed, or written down column by column.
fn flattened(e: &Exhibit<'_>, _: &[Exhibit<'_>], _: &Context) -> Option<Diagnosis> {
    let (rows, columns) = e.matrix()?;
    if rows < 2 || columns < 2 {
        return None;
    }
    let by_columns = |i: usize| (i % rows) * columns + i / rows;
    let by_rows = |i: usize| (i % columns) * rows + i / columns;
    for order in [&by_columns as &dyn Fn(usize) -> usize, &by_rows] {
        let p: Vec<f64> = (0..e.d.len()).map(|i| e.d[order(i)]).collect();
        if let Some(residual) = residual(&e.g, &p, |i| e.tolerance[i] + e.tolerance[order(i)]) {
            return found(
                "transposed",
                residual,
                "is the numeric gradient transposed, or written down column by column".to_owned(),
            );
        }
    }
    None
}

/// g of this block is d of another.
fn another_block(e: &Exhibit<'_>, all: &[Exhibit<'_>], _: &Context) -> Option<Diagnosis> {
    all.iter()
        .filter(|other| other.block.name() != e.block.name() && other.g.len() == e.g.len())
        .filter(|other| other.complete && e.complete && e.g.len() > 1)
        .find_map(|other| {
            let residual = residual(&e.g, &other.d, |i| e.tolerance[i] + other.tolerance[i])?;
            let other = other.block.name();
            found(
                "swapped-blocks",
                residual,
                format!("is the gradient of {other}"),
            )
        })
}

/// Every entry of a vector is the same number, though the derivatives are not.
fn wrong_axis(e: &Exhibit<'_>, all: &[Exhibit<'_>], _: &Context) -> Option<Diagnosis> {
    if e.block.shape().len() != 1 || e.g.len() < 2 {
        return None;
    }
    let first = e.g[0];
    if !one_number(e) {
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
        let mut others = vectors.filter(|o| o.block.name() != e.block.name() && o.is_wrong());
        others.any(|o| one_number(o) && o.g[0].abs() > o.tolerance[0])
    };
    if zero && !(sum.abs() <= noise && others()) {
        return None;
    }
    let what = if (first - sum).abs() <= noise {
        ", their sum"
    } else if (first - sum / e.d.len() as f64).abs() <= noise {
        ", their mean"
    } else {
        ""
    };
    found(
        "wrong-axis",
        0.0,
        format!("is the same number in every entry{what}: it was summed over the wrong axis"),
    )
}

/// Whether all entries of g are the same number.
fn one_number(e: &Exhibit<'_>) -> bool {
    let mut entries = e.g.iter().zip(&e.tolerance);
    entries.all(|(g, t)| (g - e.g[0]).abs() <= *t)
}

/// The rows of g are those of d in another order, or the columns are.
fn permuted(e: &Exhibit<'_>, _: &[Exhibit<'_>], _: &Context) -> Option<Diagnosis> {
    /// Beyond it the search would be felt.
    const LARGEST: usize = 1 << 20;
    let (rows, columns) = match e.block.shape() {
        [entries] if e.complete => (*entries, 1),
        _ => e.matrix()?,
    };
    let along = |lines: usize, length: usize, at: &dyn Fn(usize, usize) -> usize| {
        if lines < 2 || lines * lines * length > LARGEST {
            return false;
        }
        let mut taken = vec![false; lines];
        (0..lines).all(|line| {
            let same = |other: usize| {
                (0..length).all(|k| {
                    let (i, j) = (at(line, k), at(other, k));
                    (e.g[i] - e.d[j]).abs() <= e.tolerance[i] + e.tolerance[j]
                })
            };
            let place = (0..lines).find(|&other| !taken[other] && same(other));
            place.is_some_and(|place| {
                taken[place] = true;
                true
            })
        })
    };
    let what = if along(rows, columns, &|row, k| row * columns + k) {
        if columns == 1 { "entries" } else { "rows" }
    } else if along(columns, rows, &|column, k| k * columns + column) {
        "columns"
    } else {
        return None;
    };
    found(
        "permuted",
        0.0,
        format!(
            "the {what} of the analytic gradient are those of the numeric one in another order"
        ),
    )
}

/// `2.000`, `0.01563`: enough digits to tell a factor from its neighbours.
fn short(value: f64) -> String {
    match value.abs() {
        size if (1.0..1e4).contains(&size) => format!("{value:.3}"),
        size if (1e-3..1.0).contains(&size) => format!("{value:.5}"),
        _ => format!("{value:.4e}"),
    }
}
