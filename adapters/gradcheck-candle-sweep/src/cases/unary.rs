//! Operations of one tensor, entry by entry.

use candle_core::{Module, Tensor};
use candle_nn::{Activation, ops};

use crate::book::Book;
use crate::input::{Values, input};

type Op = fn(&Tensor) -> candle_core::Result<Tensor>;

pub(super) fn write(book: &mut Book) {
    let smooth: [(&'static str, Op); 9] = [
        ("exp", Tensor::exp),
        ("sin", Tensor::sin),
        ("cos", Tensor::cos),
        ("tanh", Tensor::tanh),
        ("neg", Tensor::neg),
        ("sqr", Tensor::sqr),
        ("gelu", Tensor::gelu),
        ("gelu_erf", Tensor::gelu_erf),
        ("erf", Tensor::erf),
    ];
    for (name, op) in smooth {
        everywhere(book, name, op);
    }
    let kinked: [(&'static str, Op); 8] = [
        ("abs", Tensor::abs),
        ("relu", Tensor::relu),
        ("silu", Tensor::silu),
        ("floor", Tensor::floor),
        ("ceil", Tensor::ceil),
        ("round", Tensor::round),
        ("sign", Tensor::sign),
        ("round_to", |x| x.round_to(1)),
    ];
    for (name, op) in kinked {
        everywhere(book, name, op);
    }
    let positive: [(&'static str, Op); 3] = [
        ("log", Tensor::log),
        ("sqrt", Tensor::sqrt),
        ("recip", Tensor::recip),
    ];
    for (name, op) in positive {
        book.op(
            name,
            "",
            [input("x", &[2, 3, 5]).of(Values::Positive)],
            move |t| op(&t[0]),
        );
    }
    book.once("recip", "", [input("x", &[7]).of(Values::Negative)], |t| {
        t[0].recip()
    });
    book.once("sqrt", "", [input("x", &[7]).of(Values::Tiny)], |t| {
        t[0].abs()?.sqrt()
    });

    for exponent in [2.0, 3.0, 0.5, -1.0, 1.0, 0.0, 2.5, -1.5] {
        let label = format!("exponent {exponent}");
        let x = input("x", &[2, 3, 5]).of(Values::Positive);
        book.op("powf", &label, [x], move |t| t[0].powf(exponent));
    }
    for exponent in [2.0, 3.0, -2.0, 1.0, 0.0] {
        let label = format!("exponent {exponent}");
        let x = input("x", &[7]);
        book.once("powf", &label, [x.clone().of(Values::Negative)], move |t| {
            t[0].powf(exponent)
        });
        book.once("powf", &label, [x.clone().of(Values::Tiny)], move |t| {
            t[0].powf(exponent)
        });
        if exponent >= 0.0 {
            book.once("powf", &label, [x.of(Values::Zeros)], move |t| {
                t[0].powf(exponent)
            });
        }
    }
    for alpha in [1.0, 0.3] {
        let label = format!("alpha {alpha}");
        everywhere_with(book, "elu", &label, move |x| x.elu(alpha));
    }
    for (mul, add) in [(2.5, -1.0), (-1.0, 0.0), (1.0, 3.0), (0.0, 1.0)] {
        let label = format!("{mul}·x + {add}");
        book.op("affine", &label, [input("x", &[2, 3, 5])], move |t| {
            t[0].affine(mul, add)
        });
    }
    book.op("clamp", "", [input("x", &[2, 3, 5])], |t| {
        t[0].clamp(-0.7, 0.9)
    });
    let edges = Values::These(vec![-0.5, -1.0, 0.25, 1.0, 0.5, -0.75]);
    book.op(
        "clamp",
        "at the edges",
        [input("x", &[2, 6]).of(edges)],
        |t| t[0].clamp(-0.5, 0.5),
    );
    book.op(
        "clamp",
        "by tensors",
        [
            input("x", &[2, 5]),
            input("low", &[2, 5]).of(Values::Negative),
            input("high", &[2, 5]).of(Values::Positive),
        ],
        |t| t[0].clamp(&t[1], &t[2]),
    );

    everywhere(book, "sigmoid", ops::sigmoid);
    everywhere(book, "hard_sigmoid", ops::hard_sigmoid);
    everywhere(book, "mish", ops::mish);
    everywhere_with(book, "leaky_relu", "slope 0.1", |x| ops::leaky_relu(x, 0.1));
    everywhere_with(book, "selu", "", |x| ops::selu(x, 1.6733, 1.0507));
    book.op("swiglu", "", [input("x", &[2, 3, 6])], |t| {
        ops::swiglu(&t[0])
    });
    let activations = [
        ("Gelu", Activation::Gelu),
        ("NewGelu", Activation::NewGelu),
        ("Relu", Activation::Relu),
        ("Relu2", Activation::Relu2),
        ("Relu6", Activation::Relu6),
        ("Silu", Activation::Silu),
        ("Sigmoid", Activation::Sigmoid),
        ("HardSigmoid", Activation::HardSigmoid),
        ("Swish", Activation::Swish),
        ("Mish", Activation::Mish),
        ("HardSwish", Activation::HardSwish),
        ("Elu", Activation::Elu(0.7)),
        ("LeakyRelu", Activation::LeakyRelu(0.2)),
        ("GeluPytorchTanh", Activation::GeluPytorchTanh),
    ];
    for (name, activation) in activations {
        let label = format!("Activation::{name}");
        for values in [Values::Wide, Values::Zeros] {
            let x = input("x", &[2, 7]).of(values);
            book.once("Activation", &label, [x], move |t| {
                activation.forward(&t[0])
            });
        }
    }
    let x = input("x", &[2, 6]).of(Values::Wide);
    book.once("Activation", "Activation::Swiglu", [x], |t| {
        Activation::Swiglu.forward(&t[0])
    });
}

/// At numbers of every size and sign, in every layout.
fn everywhere(book: &mut Book, name: &'static str, op: Op) {
    everywhere_with(book, name, "", op);
}

fn everywhere_with(
    book: &mut Book,
    name: &'static str,
    label: &str,
    op: impl Fn(&Tensor) -> candle_core::Result<Tensor> + Clone + Send + Sync + 'static,
) {
    let in_all = op.clone();
    book.op(name, label, [input("x", &[2, 3, 5])], move |t| {
        in_all(&t[0])
    });
    for values in [Values::Wide, Values::Tiny, Values::Zeros] {
        let op = op.clone();
        book.once(name, label, [input("x", &[7]).of(values)], move |t| {
            op(&t[0])
        });
    }
    let op = op.clone();
    book.once(name, label, [input("x", &[])], move |t| op(&t[0]));
}
