//! The right numbers in the wrong places: transposed, of another block, in another order, mirrored at the diagonal.
//!
//! Invariant: knows nothing of what the numbers mean.

use super::factors::scaled;
use super::hypotheses::found;
use super::{Context, Diagnosis, Exhibit};

/// g is d transposed, or written down column by column.
pub(super) fn flattened(e: &Exhibit<'_>, _: &[Exhibit<'_>], _: &Context) -> Option<Diagnosis> {
    let (rows, columns) = e.matrix()?;
    if rows < 2 || columns < 2 {
        return None;
    }
    let by_columns = |i: usize| (i % rows) * columns + i / rows;
    let by_rows = |i: usize| (i % columns) * rows + i / columns;
    for order in [&by_columns as &dyn Fn(usize) -> usize, &by_rows] {
        let p: Vec<f64> = (0..e.d.len()).map(|i| e.d[order(i)]).collect();
        if let Some(residual) = e.explains(&p, |i| e.tolerance[i] + e.tolerance[order(i)]) {
            return found(
                "transposed",
                residual,
                "is the numeric gradient transposed, or in column-major order".to_owned(),
            );
        }
    }
    None
}

/// g of this block is d of another.
pub(super) fn another_block(
    e: &Exhibit<'_>,
    all: &[Exhibit<'_>],
    _: &Context,
) -> Option<Diagnosis> {
    all.iter()
        .filter(|other| other.block.name() != e.block.name() && other.g.len() == e.g.len())
        .filter(|other| other.complete && e.complete && e.g.len() > 1)
        .find_map(|other| {
            let residual = e.explains(&other.d, |i| e.tolerance[i] + other.tolerance[i])?;
            let other = other.block.name();
            found(
                "swapped-blocks",
                residual,
                format!("is the gradient of {other}"),
            )
        })
}

/// The rows of g are those of d in another order, or the columns are.
pub(super) fn permuted(e: &Exhibit<'_>, _: &[Exhibit<'_>], _: &Context) -> Option<Diagnosis> {
    let (rows, columns) = match e.block.shape() {
        [entries] if e.complete => (*entries, 1),
        _ => e.matrix()?,
    };
    // One number says more than an order of many.
    if scaled(e).is_some() {
        return None;
    }
    let by_rows = |row: usize, k: usize| row * columns + k;
    let by_columns = |column: usize, k: usize| k * columns + column;
    let (what, residual) = match in_another_order(e, rows, columns, &by_rows) {
        Some(residual) if columns == 1 => ("entries", residual),
        Some(residual) => ("rows", residual),
        None => ("columns", in_another_order(e, columns, rows, &by_columns)?),
    };
    found(
        "permuted",
        residual,
        format!(
            "the {what} of the analytic gradient are those of the numeric gradient in a different order"
        ),
    )
}

/// The residual, if the lines of g are those of d in another order; `at(line, k)` is the flat index of the k-th entry of a
/// line. What moves must move by several times what the numbers may be off by: under wide bars any number is that of
/// another entry.
fn in_another_order(
    e: &Exhibit<'_>,
    lines: usize,
    length: usize,
    at: &dyn Fn(usize, usize) -> usize,
) -> Option<f64> {
    /// The largest number of comparisons that the search may take.
    const LARGEST: usize = 1 << 20;
    /// How many times its noise the sharpest entry must move.
    const MARGIN: f64 = 4.0;
    if lines < 2 || lines * lines * length > LARGEST {
        return None;
    }
    let mut taken = vec![false; lines];
    let mut from: Vec<usize> = (0..e.d.len()).collect();
    for line in 0..lines {
        let same = |other: usize| {
            (0..length).all(|k| {
                let (i, j) = (at(line, k), at(other, k));
                (e.g[i] - e.d[j]).abs() <= e.tolerance[i] + e.tolerance[j]
            })
        };
        // Those that are in their own place stay there.
        let place = std::iter::once(line)
            .chain(0..lines)
            .find(|&other| !taken[other] && same(other))?;
        taken[place] = true;
        for k in 0..length {
            from[at(line, k)] = at(place, k);
        }
    }
    let p: Vec<f64> = from.iter().map(|&j| e.d[j]).collect();
    let noise = |i: usize| e.tolerance[i] + e.tolerance[from[i]];
    e.explains(&p, noise)
        .filter(|_| e.shows_beyond(|i| MARGIN * noise(i)))
}

/// How a gradient by a symmetric matrix is written down that is not the gradient by its entries: `own(i, j)` and
/// `mirrored(i, j)` are what d_ij and d_ji contribute to g_ij.
struct Convention {
    own: fn(usize, usize) -> f64,
    mirrored: fn(usize, usize) -> f64,
    meaning: &'static str,
}

const CONVENTIONS: [Convention; 5] = [
    Convention {
        own: |i, j| if i == j { 1.0 } else { 0.5 },
        mirrored: |i, j| if i == j { 0.0 } else { 0.5 },
        meaning: "is the symmetric part of the numeric gradient",
    },
    Convention {
        own: |_, _| 1.0,
        mirrored: |i, j| if i == j { 0.0 } else { 1.0 },
        meaning: "has the sum of each pair of mirrored entries in both places, as if a pair were one parameter",
    },
    Convention {
        own: |_, _| 1.0,
        mirrored: |_, _| 1.0,
        meaning: "is the numeric gradient plus its transpose",
    },
    Convention {
        own: |i, j| if i >= j { 1.0 } else { 0.0 },
        mirrored: |i, j| if i > j { 1.0 } else { 0.0 },
        meaning: "has the sum of each pair of mirrored entries in the lower triangle",
    },
    Convention {
        own: |i, j| if i <= j { 1.0 } else { 0.0 },
        mirrored: |i, j| if i < j { 1.0 } else { 0.0 },
        meaning: "has the sum of each pair of mirrored entries in the upper triangle",
    },
];

/// g and d of a square matrix agree along symmetric directions only: the cost reads one triangle, or the gradient is one by
/// symmetric matrices (docs/theory/causes.md, equation 42).
pub(super) fn symmetric_only(e: &Exhibit<'_>, _: &[Exhibit<'_>], _: &Context) -> Option<Diagnosis> {
    let size = match e.block.shape() {
        // A matrix written down as a vector.
        [entries] if e.complete && entries.isqrt().pow(2) == *entries => entries.isqrt(),
        _ => e
            .matrix()
            .filter(|(rows, columns)| rows == columns)
            .map(|(rows, _)| rows)?,
    };
    if size < 2 {
        return None;
    }
    let place = |at: usize| (at / size, at % size);
    let mirrored = |at: usize| (at % size) * size + at / size;
    CONVENTIONS.iter().find_map(|convention| {
        let weights = |at: usize| {
            let (i, j) = place(at);
            ((convention.own)(i, j), (convention.mirrored)(i, j))
        };
        let p: Vec<f64> = (0..e.d.len())
            .map(|at| {
                let (own, other) = weights(at);
                own * e.d[at] + other * e.d[mirrored(at)]
            })
            .collect();
        let noise = |at: usize| {
            let (own, other) = weights(at);
            (1.0 + own) * e.tolerance[at] + other * e.tolerance[mirrored(at)]
        };
        let residual = e.explains(&p, noise)?;
        found(
            "symmetric-only",
            residual,
            format!(
                "{}: it is right for symmetric perturbations only, in which mirrored entries change together",
                convention.meaning
            ),
        )
    })
}
