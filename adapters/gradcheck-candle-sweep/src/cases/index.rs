//! Operations by indices.

use candle_core::Tensor;

use super::ids;
use crate::book::Book;
use crate::input::input;

pub(super) fn write(book: &mut Book) {
    let x = || input("x", &[3, 4, 2]);
    for (label, rows) in [
        ("each once", vec![2, 0, 1]),
        ("repeated", vec![1, 1, 0, 1]),
        ("some never", vec![2]),
    ] {
        for axis in 0..3 {
            let rows: Vec<u32> = rows
                .iter()
                .map(|i| i % if axis == 2 { 2 } else { 3 })
                .collect();
            let label = format!("{label}, axis {axis}");
            let selected = move |t: &[Tensor]| t[0].index_select(&ids(&rows, &[rows.len()])?, axis);
            book.op("index_select", &label, [x()], selected);
        }
    }
    let strided =
        |t: &[Tensor]| t[0].index_select(&ids(&[0, 9, 2, 9, 0, 9], &[3, 2])?.get_on_dim(1, 0)?, 0);
    book.once("index_select", "strided indices", [x()], strided);

    let table = || input("x", &[4, 3]);
    book.op("embedding", "repeated", [table()], |t| {
        t[0].embedding(&ids(&[2, 0, 2, 2, 3], &[5])?)
    });
    let gathered = |axis: usize, shape: [usize; 3]| {
        move |t: &[Tensor]| t[0].gather(&picks(axis, &shape)?, axis)
    };
    book.op("gather", "repeated, axis 0", [x()], gathered(0, [5, 4, 2]));
    book.op("gather", "repeated, axis 1", [x()], gathered(1, [3, 6, 2]));
    book.op("gather", "fewer, axis 1", [x()], gathered(1, [2, 3, 1]));
    book.op("gather", "axis 2", [x()], gathered(2, [3, 4, 3]));

    for (label, axis, shape) in [
        ("of the same shape, axis 0", 0, [3, 4, 2]),
        ("of the same shape, axis 1", 1, [3, 4, 2]),
        ("repeated, axis 0", 0, [5, 4, 2]),
        ("repeated, axis 1", 1, [3, 6, 2]),
        ("some never, axis 1", 1, [3, 2, 2]),
        ("fewer, axis 1", 1, [2, 3, 2]),
        ("axis 2", 2, [3, 4, 1]),
    ] {
        let source = input("src", &shape);
        let scattered = move |t: &[Tensor]| t[0].scatter(&picks(axis, &shape)?, &t[1], axis);
        book.op("scatter", label, [x(), source.clone()], scattered);
        let added = move |t: &[Tensor]| t[0].scatter_add(&picks(axis, &shape)?, &t[1], axis);
        book.op("scatter_add", label, [x(), source], added);
    }
    let distinct = |t: &[Tensor]| t[0].scatter(&ids(&[3, 1, 0, 2, 2, 0], &[3, 2])?, &t[1], 1);
    book.op(
        "scatter",
        "each once, axis 1",
        [input("x", &[3, 4]), input("src", &[3, 2])],
        distinct,
    );

    for (label, rows) in [
        ("each once", vec![2u32, 0, 1]),
        ("repeated", vec![1, 1, 0, 1]),
        ("some never", vec![2]),
    ] {
        for axis in 0..3 {
            let rows: Vec<u32> = rows
                .iter()
                .map(|i| i % if axis == 2 { 2 } else { 3 })
                .collect();
            let mut shape = vec![3, 4, 2];
            shape[axis] = rows.len();
            let label = format!("{label}, axis {axis}");
            let added =
                move |t: &[Tensor]| t[0].index_add(&ids(&rows, &[rows.len()])?, &t[1], axis);
            book.op("index_add", &label, [x(), input("src", &shape)], added);
        }
    }
}

/// Indices into (3, 4, 2) along an axis, some of them the same.
fn picks(axis: usize, shape: &[usize; 3]) -> candle_core::Result<Tensor> {
    let most = [3, 4, 2][axis];
    let count: usize = shape.iter().product();
    let picks: Vec<u32> = (0..count as u32).map(|i| (i * i + i / 3) % most).collect();
    ids(&picks, shape)
}
