//! Tables of values in a row, and the noise that their differences tell.
//!
//! Invariant: knows nothing of where the noise comes from.

use std::borrow::Cow;
use std::sync::atomic::{AtomicUsize, Ordering};

use num_traits::Float;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

use crate::estimate::Unit;
use crate::parallel::evaluate_each;
use crate::{DifferenceError, Domain, EvaluationError, Execution, Real};

/// The values in one difference table; Moré & Wild use 7 to 9.
pub(super) const VALUES: usize = 9;

/// A random direction scaled by the unit at each x_i, each entry at least half of that.
pub(super) fn draw_direction<T: Real>(point: &[T], unit: Unit, rng: &mut ChaCha8Rng) -> Vec<f64> {
    point
        .iter()
        .map(|x| unit.at(*x) * rng.random_range(0.5..1.0) * sign(rng))
        .collect()
}

fn sign(rng: &mut ChaCha8Rng) -> f64 {
    if rng.random::<bool>() { 1.0 } else { -1.0 }
}

/// Nine points, equally spaced from next to `from` on: at the point itself a gradient may jump, where that lies on a
/// kink, and no ray from it crosses that kink again.
pub(super) struct Row<T> {
    from: Vec<T>,
    direction: Vec<f64>,
    spacing: f64,
}

impl<T: Real> Row<T> {
    pub(super) fn new(
        from: Vec<T>,
        direction: &[f64],
        domain: Option<&Domain>,
        spacing: f64,
    ) -> Self {
        let t = VALUES as f64 * spacing;
        let direction = kept_inside(domain, &from, direction, |domain, i, x, u| {
            domain.shortened(i, x, u, t)
        });
        Self {
            direction: direction.into_owned(),
            from,
            spacing,
        }
    }

    fn point(&self, i: usize) -> Vec<T> {
        let distance = (i + 1) as f64 * self.spacing;
        let moved = |(x, u): (&T, &f64)| T::narrow(x.widen() + distance * u);
        self.from.iter().zip(&self.direction).map(moved).collect()
    }
}

/// The rows from the point along its first direction, one a spacing.
pub(super) fn spaced<T: Real>(
    point: &[T],
    unit: Unit,
    domain: Option<&Domain>,
    seed: u64,
    fractions: &[f64],
) -> Vec<Row<T>> {
    let direction = draw_direction(point, unit, &mut ChaCha8Rng::seed_from_u64(seed));
    let row = |fraction: &f64| {
        let spacing = T::EPSILON.powf(*fraction);
        Row::new(point.to_vec(), &direction, domain, spacing)
    };
    fractions.iter().map(row).collect()
}

/// The tables of one row: nine values of each entry of a field.
pub(super) type Tables = Vec<[f64; VALUES]>;

/// The tables of each row; `None` where the run was stopped first.
///
/// # Errors
/// The first failure of the field, where there is no slot for it.
pub(super) fn strictly<T: Real>(
    field: impl Fn(&[T]) -> Result<Vec<f64>, EvaluationError> + Sync,
    rows: &[Row<T>],
    execution: &Execution<'_>,
) -> Result<Option<Vec<Tables>>, DifferenceError> {
    let tables: Option<Result<Vec<Tables>, EvaluationError>> =
        tables_of(field, rows, true, execution)?
            .into_iter()
            .collect();
    match tables {
        None => Ok(None),
        Some(Ok(tables)) => Ok(Some(tables)),
        Some(Err(source)) => {
            execution.keep(DifferenceError::Near { source })?;
            Ok(None)
        }
    }
}

/// The tables of each row, or with what the field failed first in it; `None` where the run was stopped before,
/// or, where no row may fail, where another one had.
pub(super) fn tables_of<T: Real>(
    field: impl Fn(&[T]) -> Result<Vec<f64>, EvaluationError> + Sync,
    rows: &[Row<T>],
    none_may_fail: bool,
    execution: &Execution<'_>,
) -> Result<Vec<Option<Result<Tables, EvaluationError>>>, DifferenceError> {
    let unfailed = |_: &Row<T>| AtomicUsize::new(usize::MAX);
    let failed: Vec<AtomicUsize> = rows.iter().map(unfailed).collect();
    let had_failed = |row: usize, i: usize| failed[row].load(Ordering::Relaxed) < i;
    let values = evaluate_each(execution, rows.len() * VALUES, |number| {
        let (row, i) = (number / VALUES, number % VALUES);
        if had_failed(row, i) || none_may_fail && (0..row).any(|row| had_failed(row, VALUES)) {
            return None;
        }
        let value = field(&rows[row].point(i));
        if value.is_err() {
            failed[row].fetch_min(i, Ordering::Relaxed);
        }
        Some(value)
    })?;
    let mut values = values.into_iter();
    let mut of_row = || -> Option<Result<Tables, EvaluationError>> {
        // All of them, whatever is found among them.
        let row: Vec<_> = values.by_ref().take(VALUES).collect();
        let mut tables: Tables = Vec::new();
        for (i, values) in row.into_iter().enumerate() {
            match values? {
                Ok(values) => {
                    tables.resize(values.len(), [0.0; VALUES]);
                    for (table, value) in tables.iter_mut().zip(values) {
                        table[i] = value;
                    }
                }
                Err(failure) => return Some(Err(failure)),
            }
        }
        Some(Ok(tables))
    };
    Ok(rows.iter().map(|_| of_row()).collect())
}

/// A direction that stays in the domain, as `keep` has each component; that given, where it does by itself.
pub(super) fn kept_inside<'u, T: Real>(
    domain: Option<&Domain>,
    from: &[T],
    direction: &'u [f64],
    keep: impl Fn(&Domain, usize, T, f64) -> f64,
) -> Cow<'u, [f64]> {
    let Some(domain) = domain else {
        return Cow::Borrowed(direction);
    };
    let components = from.iter().zip(direction).enumerate();
    let kept: Vec<f64> = components
        .map(|(i, (x, u))| keep(domain, i, *x, *u))
        .collect();
    if kept == direction {
        Cow::Borrowed(direction)
    } else {
        Cow::Owned(kept)
    }
}

/// σ of one table, or `None` where the orders don't agree (docs/theory/derivatives.md, equation 6).
pub(super) fn noise_of(values: &[f64; VALUES]) -> Option<f64> {
    if values.iter().any(|value| !Float::is_finite(*value)) {
        return None;
    }
    let mut table = values.to_vec();
    let mut gamma = 1.0;
    let mut sigmas = Vec::new();
    let mut changes_sign = Vec::new();
    for k in 1..VALUES {
        table = table.windows(2).map(|pair| pair[1] - pair[0]).collect();
        // (k!)²/(2k)! from its predecessor.
        gamma *= 0.5 * k as f64 / (2.0 * k as f64 - 1.0);
        let mean = table.iter().map(|t| t * t).sum::<f64>() / table.len() as f64;
        sigmas.push((gamma * mean).sqrt());
        changes_sign.push(table.iter().any(|t| *t > 0.0) && table.iter().any(|t| *t < 0.0));
    }
    if sigmas.iter().all(|sigma| *sigma == 0.0) {
        return Some(0.0);
    }
    sigmas
        .windows(3)
        .zip(&changes_sign)
        .find_map(|(three, changes)| {
            let largest = three.iter().fold(0.0, |a: f64, b| a.max(*b));
            let smallest = three.iter().fold(f64::INFINITY, |a, b| a.min(*b));
            (*changes && largest <= 4.0 * smallest).then_some(three[0])
        })
}

/// Whether most of the values equal their neighbors: the spacing is narrower than the grain of J, and its differences tell
/// less than its noise (Moré & Wild, ECNoise: "h is too small").
pub(super) fn is_too_narrow(values: &[f64; VALUES]) -> bool {
    let equal = values.windows(2).filter(|pair| pair[0] == pair[1]);
    values.iter().all(|value| Float::is_finite(*value)) && 2 * equal.count() >= VALUES
}

/// Whether two neighbors differ by no more than `rounding`.
pub(super) fn moves_within(values: &[f64; VALUES], rounding: f64) -> bool {
    let steps = values.windows(2).map(|pair| (pair[1] - pair[0]).abs());
    steps.into_iter().any(|step| 0.0 < step && step <= rounding)
}

/// The smallest first or second difference that is more than `rounding`: each is a multiple of what J is rounded to. First
/// ones are what J moves by as well, where that is more; infinite where there is none.
pub(super) fn smallest_step(values: &[f64; VALUES], rounding: f64) -> f64 {
    let first = values.windows(2).map(|v| v[1] - v[0]);
    let second = values.windows(3).map(|v| v[2] - 2.0 * v[1] + v[0]);
    first
        .chain(second)
        .map(f64::abs)
        .filter(|step| *step > rounding)
        .fold(f64::INFINITY, f64::min)
}

/// The largest of nine values less the smallest.
pub(super) fn range(values: &[f64; VALUES]) -> f64 {
    let largest = values.iter().fold(f64::NEG_INFINITY, |a, b| a.max(*b));
    largest - values.iter().fold(f64::INFINITY, |a, b| a.min(*b))
}
