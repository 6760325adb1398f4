//! Convolutions.

use candle_core::Tensor;

use crate::book::Book;
use crate::input::input;

/// Size of the input, of the kernel, padding, stride, dilation, groups.
struct Setup {
    label: &'static str,
    size: usize,
    kernel: usize,
    padding: usize,
    stride: usize,
    dilation: usize,
    groups: usize,
}

const fn setup(label: &'static str, numbers: [usize; 6]) -> Setup {
    let [size, kernel, padding, stride, dilation, groups] = numbers;
    Setup {
        label,
        size,
        kernel,
        padding,
        stride,
        dilation,
        groups,
    }
}

/// For the direct ones.
const DIRECT: [Setup; 15] = [
    setup("plain", [5, 3, 0, 1, 1, 1]),
    setup("padding 1", [5, 3, 1, 1, 1, 1]),
    setup("padding 2", [4, 3, 2, 1, 1, 1]),
    setup("stride 2", [5, 3, 0, 2, 1, 1]),
    setup("stride 2, does not divide", [6, 3, 0, 2, 1, 1]),
    setup("stride 3, does not divide", [7, 2, 0, 3, 1, 1]),
    setup("stride 2, padding 1", [5, 3, 1, 2, 1, 1]),
    setup("stride 2, padding 1, does not divide", [6, 3, 1, 2, 1, 1]),
    setup("dilation 2", [6, 3, 0, 1, 2, 1]),
    setup("dilation 2, stride 2, padding 1", [7, 3, 1, 2, 2, 1]),
    setup("groups 2", [4, 3, 0, 1, 1, 2]),
    setup("groups 2, stride 2, padding 1", [5, 3, 1, 2, 1, 2]),
    setup("kernel 1", [4, 1, 0, 1, 1, 1]),
    setup("even kernel, padding 1", [4, 2, 1, 1, 1, 1]),
    setup("more padding than kernel", [2, 2, 2, 3, 1, 1]),
];

/// For the transposed ones; output padding apart.
const TRANSPOSED: [(Setup, usize); 12] = [
    (setup("plain", [3, 3, 0, 1, 1, 1]), 0),
    (setup("padding 1", [4, 3, 1, 1, 1, 1]), 0),
    (setup("stride 2", [3, 3, 0, 2, 1, 1]), 0),
    (setup("stride 2, kernel 2", [3, 2, 0, 2, 1, 1]), 0),
    (setup("stride 3, kernel 2", [3, 2, 0, 3, 1, 1]), 0),
    (setup("stride 2, output padding 1", [3, 3, 0, 2, 1, 1]), 1),
    (
        setup("stride 2, padding 1, output padding 1", [3, 3, 1, 2, 1, 1]),
        1,
    ),
    (setup("stride 3, output padding 2", [2, 3, 0, 3, 1, 1]), 2),
    (setup("dilation 2", [3, 3, 0, 1, 2, 1]), 0),
    (
        setup("dilation 2, stride 2, padding 1", [3, 3, 1, 2, 2, 1]),
        0,
    ),
    (setup("kernel 1, stride 2", [3, 1, 0, 2, 1, 1]), 0),
    (setup("one entry", [1, 3, 0, 2, 1, 1]), 0),
];

pub(super) fn write(book: &mut Book) {
    for Setup {
        label,
        size,
        kernel,
        padding,
        stride,
        dilation,
        groups,
    } in DIRECT
    {
        let inputs = [
            input("x", &[2, 4, size]),
            input("k", &[4, 4 / groups, kernel]),
        ];
        book.op("conv1d", label, inputs, move |t| {
            t[0].conv1d(&t[1], padding, stride, dilation, groups)
        });
        // Square, and with one axis longer by one.
        for (wider, word) in [(0, "square"), (1, "oblong")] {
            let label = format!("{label}, {word}");
            let inputs = [
                input("x", &[2, 2, size, size + wider]),
                input("k", &[2, 2 / groups, kernel, kernel]),
            ];
            let function =
                move |t: &[Tensor]| t[0].conv2d(&t[1], padding, stride, dilation, groups);
            match wider {
                0 => book.op("conv2d", &label, inputs, function),
                _ => book.once("conv2d", &label, inputs, function),
            }
        }
    }
    let oblong = [input("x", &[2, 2, 4, 5]), input("k", &[3, 2, 2, 3])];
    book.op("conv2d", "oblong kernel", oblong, |t| {
        t[0].conv2d(&t[1], 1, 1, 1, 1)
    });
    let oblong = [input("x", &[1, 2, 5, 6]), input("k", &[3, 2, 1, 3])];
    book.op("conv2d", "oblong kernel, stride 2", oblong, |t| {
        t[0].conv2d(&t[1], 0, 2, 1, 1)
    });
    let itself = |t: &[Tensor]| t[0].conv1d(&t[0].narrow(2, 0, 2)?, 0, 1, 1, 1);
    book.once(
        "conv1d",
        "x with a part of itself",
        [input("x", &[2, 2, 4])],
        itself,
    );

    for (
        Setup {
            label,
            size,
            kernel,
            padding,
            stride,
            dilation,
            ..
        },
        more,
    ) in TRANSPOSED
    {
        let inputs = [input("x", &[2, 2, size]), input("k", &[2, 3, kernel])];
        book.op("conv_transpose1d", label, inputs, move |t| {
            t[0].conv_transpose1d(&t[1], padding, more, stride, dilation, 1)
        });
        let inputs = [
            input("x", &[2, 2, size, size + 1]),
            input("k", &[2, 2, kernel, kernel]),
        ];
        book.op("conv_transpose2d", label, inputs, move |t| {
            t[0].conv_transpose2d(&t[1], padding, more, stride, dilation)
        });
    }
    let grouped = [input("x", &[2, 4, 3]), input("k", &[4, 1, 2])];
    book.op("conv_transpose1d", "groups 2", grouped, |t| {
        t[0].conv_transpose1d(&t[1], 0, 0, 1, 1, 2)
    });
    let oblong = [input("x", &[2, 2, 3, 4]), input("k", &[2, 3, 2, 3])];
    book.op(
        "conv_transpose2d",
        "oblong kernel, other channels",
        oblong,
        |t| t[0].conv_transpose2d(&t[1], 0, 0, 1, 1),
    );
}
