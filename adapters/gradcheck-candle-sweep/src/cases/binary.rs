//! Operations of two tensors, entry by entry or as matrices.

use candle_core::{Device, Result, Tensor};

use crate::book::Book;
use crate::input::{Input, Values, input};

type Op = fn(&Tensor, &Tensor) -> Result<Tensor>;

pub(super) fn write(book: &mut Book) {
    let same: [(&'static str, Op, Op); 6] = [
        ("add", Tensor::add, Tensor::broadcast_add),
        ("sub", Tensor::sub, Tensor::broadcast_sub),
        ("mul", Tensor::mul, Tensor::broadcast_mul),
        ("div", Tensor::div, Tensor::broadcast_div),
        ("maximum", |a, b| a.maximum(b), Tensor::broadcast_maximum),
        ("minimum", |a, b| a.minimum(b), Tensor::broadcast_minimum),
    ];
    let broadcast = [
        "broadcast_add",
        "broadcast_sub",
        "broadcast_mul",
        "broadcast_div",
        "broadcast_maximum",
        "broadcast_minimum",
    ];
    for ((name, op, broadcasting), broadcast) in same.into_iter().zip(broadcast) {
        both(
            book,
            name,
            "",
            [input("a", &[2, 3, 2]), input("b", &[2, 3, 2])],
            op,
        );
        book.once(name, "x with itself", [input("x", &[2, 3])], move |t| {
            op(&t[0], &t[0])
        });
        book.once(
            name,
            "scalars",
            [input("a", &[]), input("b", &[])],
            move |t| op(&t[0], &t[1]),
        );
        let transposed = move |t: &[Tensor]| op(&t[0], &t[0].t()?);
        book.once(
            name,
            "x with its transpose",
            [input("x", &[3, 3])],
            transposed,
        );
        if name != "div" {
            let tied = [
                input("a", &[2, 5]).of(Values::Ties),
                input("b", &[2, 5]).of(Values::Ties),
            ];
            book.op(name, "", tied, move |t| op(&t[0], &t[1]));
        }
        let tiny = [
            input("a", &[5]).of(Values::Tiny),
            input("b", &[5]).of(Values::Tiny),
        ];
        book.once(name, "", tiny, move |t| op(&t[0], &t[1]));

        let shapes: [(&str, &[usize], &[usize]); 6] = [
            ("b over rows", &[2, 3, 2], &[2]),
            ("a over rows", &[2], &[2, 3, 2]),
            ("b over columns", &[3, 2], &[3, 1]),
            ("both", &[2, 1, 3], &[4, 1]),
            ("b a scalar", &[2, 3], &[]),
            ("ones in the middle", &[2, 1, 3, 1], &[2, 4, 1, 2]),
        ];
        for (label, a, b) in shapes {
            both(
                book,
                broadcast,
                label,
                [input("a", a), input("b", b)],
                broadcasting,
            );
        }
    }
    for number in [0.5, 0.0] {
        let label = format!("with the number {number}");
        let x = input("x", &[2, 6]).of(Values::Zeros);
        book.op("maximum", &label, [x.clone()], move |t| {
            t[0].maximum(number)
        });
        book.op("minimum", &label, [x], move |t| t[0].minimum(number));
    }
    powers(book);
    products(book);
    choices(book);
}

fn both(book: &mut Book, name: &'static str, label: &str, inputs: [Input; 2], op: Op) {
    book.op(name, label, inputs, move |t| op(&t[0], &t[1]));
}

fn powers(book: &mut Book) {
    let base = |shape: &[usize]| input("a", shape).of(Values::Positive);
    book.op("pow", "", [base(&[2, 3, 2]), input("b", &[2, 3, 2])], |t| {
        t[0].pow(&t[1])
    });
    // (−a)² is a number, and so is its derivative.
    let whole = Tensor::new(&[2.0, 3.0, 1.0, 2.0, -1.0], &Device::Cpu);
    let (exponents, again) = (
        whole.map_err(|e| e.to_string()),
        "a number to a whole power",
    );
    let negative = [input("a", &[5]).of(Values::Negative)];
    book.once("pow", again, negative, move |t| match &exponents {
        Ok(exponents) => t[0].pow(exponents),
        Err(error) => candle_core::bail!("{error}"),
    });
    let shapes: [(&str, &[usize], &[usize]); 3] = [
        ("b over rows", &[3, 2], &[2]),
        ("a over rows", &[2], &[3, 2]),
        ("both", &[3, 1], &[1, 4]),
    ];
    for (label, a, b) in shapes {
        book.op("broadcast_pow", label, [base(a), input("b", b)], |t| {
            t[0].broadcast_pow(&t[1])
        });
    }
}

fn products(book: &mut Book) {
    let matmul: [(&str, &[usize], &[usize]); 6] = [
        ("", &[3, 4], &[4, 2]),
        ("one row", &[1, 4], &[4, 3]),
        ("one column", &[3, 4], &[4, 1]),
        ("inner 1", &[3, 1], &[1, 2]),
        ("batches", &[2, 3, 2], &[2, 2, 3]),
        ("batches of batches", &[2, 2, 2, 3], &[2, 2, 3, 2]),
    ];
    for (label, a, b) in matmul {
        both(
            book,
            "matmul",
            label,
            [input("a", a), input("b", b)],
            Tensor::matmul,
        );
    }
    book.once(
        "matmul",
        "x with its transpose",
        [input("x", &[3, 4])],
        |t| t[0].matmul(&t[0].t()?),
    );
    book.once("matmul", "x with itself", [input("x", &[3, 3])], |t| {
        t[0].matmul(&t[0])
    });
    let batches: [(&str, &[usize], &[usize]); 4] = [
        ("b one for all", &[2, 3, 2], &[2, 3]),
        ("a one for all", &[3, 2], &[2, 2, 3]),
        ("a one in a batch", &[1, 3, 2], &[2, 2, 3]),
        ("both", &[2, 1, 2, 3], &[3, 3, 2]),
    ];
    for (label, a, b) in batches {
        both(
            book,
            "broadcast_matmul",
            label,
            [input("a", a), input("b", b)],
            Tensor::broadcast_matmul,
        );
    }
    both(
        book,
        "mv",
        "",
        [input("a", &[3, 4]), input("b", &[4])],
        Tensor::mv,
    );
    both(
        book,
        "dot",
        "",
        [input("a", &[5]), input("b", &[5])],
        Tensor::dot,
    );
    book.once("dot", "x with itself", [input("x", &[5])], |t| {
        t[0].dot(&t[0])
    });
}

fn choices(book: &mut Book) {
    let mask = |shape: &[usize]| -> Result<Tensor> {
        let count: usize = shape.iter().product();
        let bits: Vec<u8> = (0..count).map(|i| u8::from(i % 3 != 1)).collect();
        Tensor::from_vec(bits, shape, &Device::Cpu)
    };
    let pair = || [input("a", &[2, 3, 2]), input("b", &[2, 3, 2])];
    book.op("where_cond", "", pair(), move |t| {
        mask(&[2, 3, 2])?.where_cond(&t[0], &t[1])
    });
    let wide = move |t: &[Tensor]| {
        mask(&[2, 3, 2])?
            .to_dtype(candle_core::DType::I64)?
            .where_cond(&t[0], &t[1])
    };
    book.once("where_cond", "i64", pair(), wide);
    let transposed =
        move |t: &[Tensor]| mask(&[2, 2, 3])?.transpose(1, 2)?.where_cond(&t[0], &t[1]);
    book.once("where_cond", "mask transposed", pair(), transposed);
    let spread = move |t: &[Tensor]| {
        mask(&[3, 1])?
            .broadcast_as((2, 3, 2))?
            .where_cond(&t[0], &t[1])
    };
    book.once("where_cond", "mask broadcast", pair(), spread);
    book.once(
        "where_cond",
        "x on both sides",
        [input("x", &[2, 3])],
        move |t| mask(&[2, 3])?.where_cond(&t[0], &t[0].sqr()?),
    );
    book.once("where_cond", "mask from x", [input("x", &[2, 5])], |t| {
        t[0].gt(0.0)?.where_cond(&t[0].sqr()?, &t[0].sin()?)
    });
}
