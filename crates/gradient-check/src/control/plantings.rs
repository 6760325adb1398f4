//! The planted errors: which entries are changed, and to what. Invariant: judges nothing.

use finite_diff::ParameterLayout;

use super::report::PlantedError;
use super::unplanted::Unplanted;
use crate::report::Power;
use crate::subject::NamedArray;

/// How many times the stated power the small errors are: by 2 it is certain to show, since neither the
/// gradient nor what is planted is further from d than one tolerance then; the third leaves room for the
/// second look, whose d is another.
const TIMES: f64 = 3.0;

/// An error to plant.
pub(super) struct Draft {
    pub(super) error: PlantedError,
    /// The block by position; `None` for the whole gradient.
    pub(super) block: Option<usize>,
    /// The flat index and the planted value, where it is another one.
    pub(super) changes: Vec<(usize, f64)>,
}

/// All errors, block by block, each only at coordinates that agree.
pub(super) fn draft(unplanted: &Unplanted<'_>, analytic: &[f64], power: Power) -> Vec<Draft> {
    let mut drafts = Vec::new();
    let blocks = unplanted.layout().blocks();
    for (position, block) in blocks.iter().enumerate() {
        if block.is_empty() {
            continue;
        }
        let range = block.range();
        let mut plant = |error, places: std::ops::Range<usize>, value: &dyn Fn(usize) -> f64| {
            drafts.push(Draft {
                error,
                block: Some(position),
                changes: changes(unplanted, analytic, places, value),
            });
        };
        let g = |i: usize| analytic[i];
        plant(PlantedError::Doubled, range.clone(), &|i| 2.0 * g(i));
        plant(PlantedError::Sign, range.clone(), &|i| -g(i));
        plant(PlantedError::Zeroed, range.clone(), &|_| 0.0);
        let usable = || range.clone().filter(|&i| unplanted.usable(i));
        let bluntest = usable().reduce(|a, b| {
            if unplanted.reach(b) > unplanted.reach(a) {
                b
            } else {
                a
            }
        });
        let at = bluntest.unwrap_or(range.start);
        let off = TIMES * power.single_coordinate * unplanted.scale(position);
        plant(PlantedError::OneCoordinate, at..at + 1, &|i| g(i) + off);
        let relative = 1.0 + TIMES * power.block;
        plant(PlantedError::WholeBlock, range.clone(), &|i| {
            relative * g(i)
        });

        let start = range.start;
        let rows = block.shape().first().copied().unwrap_or(1);
        let width = block.len() / rows.max(1);
        if rows > 1 {
            // The neighbors that differ most.
            let apart = |row: usize| {
                let at = start + row * width;
                (at..at + width)
                    .filter(|&i| unplanted.usable(i) || unplanted.usable(i + width))
                    .map(|i| (g(i) - g(i + width)).abs())
                    .fold(0.0, f64::max)
            };
            let row = (0..rows - 1).reduce(|a, b| if apart(b) > apart(a) { b } else { a });
            let upper = start + row.unwrap_or(0) * width;
            plant(PlantedError::RowsSwapped, range.clone(), &|i| match i {
                i if (upper..upper + width).contains(&i) => g(i + width),
                i if (upper + width..upper + 2 * width).contains(&i) => g(i - width),
                i => g(i),
            });
        }
        if let [rows, columns] = block.shape()
            && rows == columns
            && *rows > 1
        {
            plant(PlantedError::Transposed, range.clone(), &|i| {
                let (row, column) = ((i - start) / rows, (i - start) % rows);
                g(start + column * rows + row)
            });
        }
        let at = usable().nth(usable().count() / 2).unwrap_or(range.start);
        plant(PlantedError::NotANumber, at..at + 1, &|_| f64::NAN);
    }
    let everywhere = 0..analytic.len();
    drafts.push(Draft {
        error: PlantedError::HalfMissing,
        block: None,
        changes: changes(unplanted, analytic, everywhere, &|i| 2.0 * analytic[i]),
    });
    drafts
}

fn changes(
    unplanted: &Unplanted<'_>,
    analytic: &[f64],
    range: std::ops::Range<usize>,
    value: &dyn Fn(usize) -> f64,
) -> Vec<(usize, f64)> {
    range
        .filter(|&i| unplanted.usable(i))
        .map(|i| (i, value(i)))
        // −0 is no other gradient than 0.
        .filter(|&(i, value)| value != analytic[i])
        .collect()
}

/// The flat gradient by blocks.
pub(super) fn arrays(analytic: &[f64], layout: &ParameterLayout) -> Vec<NamedArray> {
    let array = |block: &finite_diff::Block| {
        let values = analytic.get(block.range()).unwrap_or_default();
        NamedArray::new(block.name(), block.shape(), values.to_vec())
    };
    layout.blocks().iter().map(array).collect()
}
