//! Some of the examples: which, and their entries of a row, packed.
//!
//! So that all loops run over whole vectors, the last one that is picked is picked again and again: what is not asked
//! about does no harm. Refuses to know why they were picked.

use tensor_core::MatrixView;

use super::kernels::LANES;

/// The columns of which `wanted` is true, out of so many, and how many they are before they are filled up to whole
/// vectors. Without a branch: nobody can predict which of them are.
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

/// The entries of a row at `columns`; none of a row that is empty because there is none.
pub(crate) fn pick<T: Copy>(row: &[T], columns: &[usize], out: &mut Vec<T>) {
    out.clear();
    append(row, columns, out);
}

/// The same of some rows of a matrix, row by row.
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

/// [`pick`], after what is there.
pub(crate) fn append<T: Copy>(row: &[T], columns: &[usize], out: &mut Vec<T>) {
    if !row.is_empty() {
        out.extend(columns.iter().map(|&column| row[column]));
    }
}
