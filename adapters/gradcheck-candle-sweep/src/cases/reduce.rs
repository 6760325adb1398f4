//! Operations that make fewer numbers of many.

use candle_core::{D, Result, Tensor};
use candle_nn::ops;

use crate::book::Book;
use crate::input::{Values, input};

type Along = fn(&Tensor, usize) -> Result<Tensor>;
type Of = fn(&Tensor) -> Result<Tensor>;

pub(super) fn write(book: &mut Book) {
    let x = || input("x", &[2, 3, 4]);
    let along: [(&'static str, Along); 13] = [
        ("sum", Tensor::sum),
        ("sum_keepdim", Tensor::sum_keepdim),
        ("mean", Tensor::mean),
        ("mean_keepdim", Tensor::mean_keepdim),
        ("var", Tensor::var),
        ("var_keepdim", Tensor::var_keepdim),
        ("max", Tensor::max),
        ("max_keepdim", Tensor::max_keepdim),
        ("min", Tensor::min),
        ("min_keepdim", Tensor::min_keepdim),
        ("log_sum_exp", Tensor::log_sum_exp),
        ("cumsum", Tensor::cumsum),
        ("softmax", ops::softmax),
    ];
    for (name, op) in along {
        for axis in 0..3 {
            let label = format!("axis {axis}");
            book.op(name, &label, [x()], move |t| op(&t[0], axis));
        }
        book.once(name, "one axis", [input("x", &[5])], move |t| op(&t[0], 0));
        book.once(name, "ties, axis 1", [x().of(Values::Ties)], move |t| {
            op(&t[0], 1)
        });
        book.once(name, "wide, axis 2", [x().of(Values::Wide)], move |t| {
            op(&t[0], 2)
        });
        if !name.starts_with("var") {
            book.once(name, "an axis of one", [input("x", &[3, 1])], move |t| {
                op(&t[0], 1)
            });
        }
    }
    for (label, axes) in [
        ("axes 0, 2", vec![0, 2]),
        ("axes 2, 1", vec![2, 1]),
        ("all axes", vec![0, 1, 2]),
    ] {
        let of = |op: fn(&Tensor, Vec<usize>) -> Result<Tensor>| {
            let axes = axes.clone();
            move |t: &[Tensor]| op(&t[0], axes.clone())
        };
        book.op("sum", label, [x()], of(Tensor::sum));
        book.op("sum_keepdim", label, [x()], of(Tensor::sum_keepdim));
        book.op("mean", label, [x()], of(Tensor::mean));
        book.op("mean_keepdim", label, [x()], of(Tensor::mean_keepdim));
        book.op("log_sum_exp", label, [x()], of(Tensor::log_sum_exp));
    }
    let all: [(&'static str, Of); 5] = [
        ("sum_all", Tensor::sum_all),
        ("mean_all", Tensor::mean_all),
        ("max_all", Tensor::max_all),
        ("min_all", Tensor::min_all),
        ("norm", Tensor::norm),
    ];
    for (name, op) in all {
        book.op(name, "", [x()], move |t| op(&t[0]));
        book.once(name, "", [x().of(Values::Ties)], move |t| op(&t[0]));
        book.once(name, "a scalar", [input("x", &[])], move |t| op(&t[0]));
        book.once(name, "", [input("x", &[5]).of(Values::Tiny)], move |t| {
            op(&t[0])
        });
    }
    book.once(
        "norm",
        "zeros only",
        [input("x", &[3]).of(Values::These(vec![0.0]))],
        |t| t[0].norm(),
    );
    let last: [(&'static str, Of); 2] = [
        ("softmax_last_dim", ops::softmax_last_dim),
        ("log_softmax", |x| ops::log_softmax(x, D::Minus1)),
    ];
    for (name, op) in last {
        book.op(name, "", [x()], move |t| op(&t[0]));
        book.once(name, "", [x().of(Values::Wide)], move |t| op(&t[0]));
    }
    book.op("log_softmax", "axis 0", [x()], |t| {
        ops::log_softmax(&t[0], 0)
    });
    for ascending in [true, false] {
        let label = if ascending { "ascending" } else { "descending" };
        let sorted = move |t: &[Tensor]| Ok(t[0].sort_last_dim(ascending)?.0);
        book.op("sort_last_dim", label, [x()], sorted);
        let pairs = Values::These(vec![0.5, -0.25, 0.5, 1.5, -0.25]);
        book.once(
            "sort_last_dim",
            label,
            [input("x", &[2, 5]).of(pairs)],
            sorted,
        );
    }
}
