//! The losses of candle-nn.

use candle_core::{Result, Tensor};
use candle_nn::loss;

use super::ids;
use crate::book::Book;
use crate::input::{Values, input};

type Loss = fn(&Tensor, &Tensor) -> Result<Tensor>;

pub(super) fn write(book: &mut Book) {
    let labelled: [(&'static str, Loss); 2] =
        [("nll", loss::nll), ("cross_entropy", loss::cross_entropy)];
    for (name, op) in labelled {
        let x = || input("x", &[4, 3]);
        book.op(name, "", [x()], move |t| {
            op(&t[0], &ids(&[2, 0, 2, 1], &[4])?)
        });
        book.once(name, "", [x().of(Values::Wide)], move |t| {
            op(&t[0], &ids(&[1, 1, 1, 1], &[4])?)
        });
        book.once(name, "one example", [input("x", &[1, 3])], move |t| {
            op(&t[0], &ids(&[2], &[1])?)
        });
    }
    let inputs = || [input("x", &[3, 4]), input("y", &[3, 4])];
    let tied = || {
        [
            input("x", &[3, 4]).of(Values::Ties),
            input("y", &[3, 4]).of(Values::Ties),
        ]
    };
    book.op("mse", "", inputs(), |t| loss::mse(&t[0], &t[1]));
    book.once("mse", "", tied(), |t| loss::mse(&t[0], &t[1]));
    let logits = || {
        [
            input("x", &[3, 4]),
            input("y", &[3, 4]).of(Values::Positive),
        ]
    };
    let op: Loss = loss::binary_cross_entropy_with_logit;
    book.op("binary_cross_entropy_with_logit", "", logits(), move |t| {
        op(&t[0], &t[1])
    });
    let wide = [
        input("x", &[3, 4]).of(Values::Wide),
        input("y", &[3, 4]).of(Values::These(vec![0.0, 1.0])),
    ];
    book.once("binary_cross_entropy_with_logit", "", wide, move |t| {
        op(&t[0], &t[1])
    });
    for delta in [1.0, 0.3] {
        let label = format!("delta {delta}");
        book.op("huber", &label, inputs(), move |t| {
            loss::huber(&t[0], &t[1], delta)
        });
        book.once("huber", &label, tied(), move |t| {
            loss::huber(&t[0], &t[1], delta)
        });
    }
}
