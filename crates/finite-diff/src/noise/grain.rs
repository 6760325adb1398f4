//! The grain of a cost that is rounded to few digits, on rows of values that are wide enough for it.

use num_traits::Float;

use super::tables::{
    Tables, VALUES, is_too_narrow, moves_within, smallest_step, spaced, tables_of,
};
use super::{NOISY, WIDE, medians};
use crate::estimate::Unit;
use crate::{DifferenceError, Domain, EvaluationError, Execution, Real};

/// Wider spacings, for a J whose values repeat on the widest of [`SPACINGS`].
const WIDE_SPACINGS: [f64; 4] = [0.4, 0.3, 0.2, 0.1];

/// What wider spacings say of a J whose values repeat on narrow ones.
pub(super) struct Grain {
    /// ε_f: 3σ, and no less than the smallest step that J takes; 0 where it takes none.
    pub(super) noise: f64,
    /// The first spacing that is wide enough, as a power of ε.
    pub(super) spacing: Option<f64>,
    pub(super) evaluations: u64,
}

/// The grain of a J that stays the same from one nearby point to the next. A J that was printed with six digits, or computed
/// in a coarser type, looks like a constant to narrow steps, and like a slope of its own to wide ones: the smallest step
/// that it takes, and its noise on three spacings on which fewer than half of its values repeat. A J that moves by no more
/// than its own rounding anywhere, on these or on the `narrow` rows, has no coarser grain, and what it moves by is its slope.
///
/// It ends where J has no value, or none that is a number, that far away.
pub(super) fn grain<T: Real>(
    value: impl Fn(&[T]) -> Result<Vec<f64>, EvaluationError> + Sync,
    point: &[T],
    unit: Unit,
    domain: Option<&Domain>,
    seed: u64,
    narrow: &[Tables],
    execution: &Execution<'_>,
) -> Result<Grain, DifferenceError> {
    let rounding = |row: &[f64; VALUES]| {
        let largest = row.iter().fold(0.0, |most: f64, v| most.max(v.abs()));
        NOISY * T::EPSILON * largest
    };
    let is_fine = |row: &[f64; VALUES]| moves_within(row, rounding(row));
    let mut fine = narrow.iter().flatten().any(is_fine);
    let mut evaluations = 0;
    let mut spacing = None;
    let mut smallest = f64::INFINITY;
    let mut wide_enough: Vec<Tables> = Vec::new();
    for fraction in WIDE_SPACINGS {
        let rows = spaced(point, unit, domain, seed, &[fraction]);
        evaluations += VALUES as u64;
        let tables = match tables_of(&value, &rows, false, execution)?.pop().flatten() {
            Some(Ok(tables)) => tables,
            Some(Err(source)) => {
                if execution.failure.is_some() {
                    evaluations += 1;
                    if value(point).is_err() {
                        // It has none anywhere any more.
                        execution.keep(DifferenceError::Near { source })?;
                    }
                }
                break;
            }
            None => break,
        };
        if tables.iter().flatten().any(|v| !Float::is_finite(*v)) {
            break;
        }
        for row in &tables {
            smallest = smallest.min(smallest_step(row, rounding(row)));
            fine |= is_fine(row);
        }
        if !tables.iter().any(is_too_narrow) {
            spacing = spacing.or(Some(fraction));
            wide_enough.push(tables);
        }
        if wide_enough.len() == WIDE {
            break;
        }
    }
    let step = match fine || !Float::is_finite(smallest) {
        true => 0.0,
        false => smallest,
    };
    // Rounding in a coarser type moves J by more than one of its steps.
    let sigma = medians(&wide_enough).first().copied().flatten();
    Ok(Grain {
        noise: step.max(3.0 * sigma.unwrap_or(0.0)),
        spacing,
        evaluations,
    })
}
