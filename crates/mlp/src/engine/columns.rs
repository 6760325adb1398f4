//! Some of the examples: which, and their entries of a row, packed.
//!
//! So that all loops run over whole vectors, the last picked example is repeated: its extra results are ignored.
//! Invariant: knows nothing of why the examples were picked.

use tensor_core::MatrixView;

use super::kernels::LANES;

/// Picks the columns of which `wanted` is true, and returns how many they are before they are filled up to whole
/// vectors. Without a branch, because it is unpredictable which of them are.
pub(crate) fn pick_where(
    count: usize,
    picked: &mut Vec<usize>,
    wanted: impl Fn(usize) -> bool,
) -> usize {
    picked.resize(count.max(picked.len()), 0);
    let mut found = 0;
    for column in 0..count {
        picked[found] = column;
        found += usize::from(wanted(column));
    }
    picked.truncate(found);
    if let Some(&last) = picked.last() {
        picked.resize(found.next_multiple_of(LANES), last);
    }
    found
}

/// Picks the entries of a row at `columns`; none from a missing row, which is empty.
pub(crate) fn pick<T: Copy>(row: &[T], columns: &[usize], out: &mut Vec<T>) {
    out.clear();
    append(row, columns, out);
}

/// Like [`pick`], from some rows of a matrix, row by row.
pub(crate) fn pick_rows<T: Copy>(
    matrix: MatrixView<'_, T>,
    rows: std::ops::Range<usize>,
    columns: &[usize],
    out: &mut Vec<T>,
) {
    out.clear();
    out.reserve(rows.len() * columns.len());
    for row in rows {
        append(matrix.row(row), columns, out);
    }
}

/// Like [`pick`], but appends to `out`.
pub(crate) fn append<T: Copy>(row: &[T], columns: &[usize], out: &mut Vec<T>) {
    if !row.is_empty() {
        out.extend(columns.iter().map(|&column| row[column]));
    }
}
