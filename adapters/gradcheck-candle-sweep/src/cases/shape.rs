//! Operations that move numbers about.

use candle_core::{DType, Device, IndexOp, Result, Tensor};

use crate::book::Book;
use crate::input::{Input, input};

type Op = fn(&Tensor) -> Result<Tensor>;

pub(super) fn write(book: &mut Book) {
    let x = || input("x", &[2, 3, 4]);
    let list: [(&'static str, &str, Op); 46] = [
        ("reshape", "4, 6", |x| x.reshape((4, 6))),
        ("reshape", "one hole", |x| x.reshape((2, ()))),
        ("flatten", "0 to 1", |x| x.flatten(0, 1)),
        ("flatten_to", "1", |x| x.flatten_to(1)),
        ("flatten_from", "1", |x| x.flatten_from(1)),
        ("flatten_all", "", Tensor::flatten_all),
        ("get", "1", |x| x.get(1)),
        ("get_on_dim", "axis 1", |x| x.get_on_dim(1, 2)),
        ("t", "", Tensor::t),
        ("transpose", "0, 2", |x| x.transpose(0, 2)),
        ("permute", "2, 0, 1", |x| x.permute((2, 0, 1))),
        ("squeeze", "after unsqueeze", |x| x.unsqueeze(1)?.squeeze(1)),
        ("unsqueeze", "0", |x| x.unsqueeze(0)),
        ("unsqueeze", "3", |x| x.unsqueeze(3)),
        ("broadcast_left", "2", |x| x.broadcast_left(2)),
        ("broadcast_as", "one axis more", |x| {
            x.broadcast_as((2, 2, 3, 4))
        }),
        ("expand", "of an axis of one", |x| {
            x.narrow(1, 0, 1)?.expand((2, 3, 4))
        }),
        ("contiguous", "", Tensor::contiguous),
        ("contiguous", "of a transpose", |x| x.t()?.contiguous()),
        ("force_contiguous", "", Tensor::force_contiguous),
        ("copy", "", Tensor::copy),
        ("to_device", "cpu", |x| x.to_device(&Device::Cpu)),
        ("narrow", "axis 2", |x| x.narrow(2, 1, 2)),
        ("narrow", "axis 0", |x| x.narrow(0, 1, 1)),
        ("narrow", "to nothing", |x| {
            Tensor::cat(&[&x.narrow(1, 1, 0)?, x], 1)
        }),
        ("chunk", "uneven, axis 2", |x| {
            Tensor::cat(&x.chunk(3, 2)?[..2], 2)
        }),
        ("roll", "axis 2 by −1", |x| x.roll(-1, 2)),
        ("roll", "axis 1 by 4", |x| x.roll(4, 1)),
        ("pad_with_zeros", "axis 1", |x| x.pad_with_zeros(1, 2, 1)),
        ("pad_with_same", "axis 2", |x| x.pad_with_same(2, 2, 1)),
        ("pad_with_same", "axis 0", |x| x.pad_with_same(0, 0, 3)),
        ("flip", "axes 0, 2", |x| x.flip(&[0, 2])),
        ("unfold", "last axis, apart", |x| x.unfold(2, 2, 2)),
        ("unfold", "last axis, overlapping", |x| x.unfold(2, 2, 1)),
        ("unfold", "axis 1, overlapping", |x| x.unfold(1, 2, 1)),
        ("unfold", "axis 0, one by one", |x| x.unfold(0, 1, 1)),
        ("unfold", "axis 0, apart", |x| x.unfold(0, 2, 2)),
        ("unfold", "axis 1, apart", |x| x.unfold(1, 3, 3)),
        ("unfold", "last axis, gaps", |x| x.unfold(2, 1, 2)),
        ("repeat", "2, 1, 3", |x| x.repeat((2, 1, 3))),
        ("repeat", "one axis more", |x| x.repeat((2, 1, 1, 2))),
        ("i", "a range", |x| x.i((.., 1..3, 2))),
        ("i", "an index and a range", |x| x.i((1, .., ..2))),
        ("to_dtype", "to f32", |x| x.to_dtype(DType::F32)),
        ("to_dtype", "to f64", |x| x.to_dtype(DType::F64)),
        ("to_dtype", "to integers and back", |x| {
            x.to_dtype(DType::I64)?.to_dtype(x.dtype())
        }),
    ];
    for (name, label, op) in list {
        book.op(name, label, [x()], move |t| op(&t[0]));
    }
    let picked = |t: &[Tensor]| t[0].i((.., &Tensor::new(&[2u32, 0, 2], &Device::Cpu)?));
    book.op("i", "by indices, one twice", [x()], picked);
    several(book);
    assigned(book);
}

fn several(book: &mut Book) {
    let pair = || [input("a", &[2, 3, 2]), input("b", &[2, 3, 2])];
    for axis in 0..3 {
        let label = format!("axis {axis}");
        book.op("cat", &label, pair(), move |t| {
            Tensor::cat(&[&t[0], &t[1]], axis)
        });
        book.op("stack", &label, pair(), move |t| {
            Tensor::stack(&[&t[0], &t[1]], axis)
        });
    }
    let uneven = [
        input("a", &[2, 3, 2]),
        input("b", &[2, 1, 2]),
        input("c", &[2, 0, 2]),
    ];
    book.op("cat", "uneven, and one empty", uneven, |t| {
        Tensor::cat(&[&t[2], &t[0], &t[1]], 1)
    });
    book.once("cat", "x three times", [input("x", &[2, 3])], |t| {
        Tensor::cat(&[&t[0], &t[0], &t[0]], 1)
    });
    book.once("cat", "x alone", [input("x", &[2, 3])], |t| {
        Tensor::cat(&[&t[0]], 1)
    });
    for xy in [true, false] {
        let label = if xy { "xy" } else { "ij" };
        let grid = move |t: &[Tensor]| {
            let grids = Tensor::meshgrid(&[&t[0], &t[1]], xy)?;
            &grids[0] * &grids[1]
        };
        book.op(
            "meshgrid",
            label,
            [input("a", &[3]), input("b", &[4])],
            grid,
        );
    }
}

fn assigned(book: &mut Book) {
    let inputs =
        |source: &[usize]| -> [Input; 2] { [input("x", &[3, 4, 2]), input("src", source)] };
    book.op("slice_assign", "", inputs(&[2, 2, 1]), |t| {
        t[0].slice_assign(&[1..3, 0..2, 1..2], &t[1])
    });
    book.op("slice_scatter0", "", inputs(&[2, 4, 2]), |t| {
        t[0].slice_scatter0(&t[1], 1)
    });
    for (axis, shape) in [(0, [1, 4, 2]), (1, [3, 2, 2]), (2, [3, 4, 1])] {
        let label = format!("axis {axis}");
        let scattered = move |t: &[Tensor]| t[0].slice_scatter(&t[1], axis, 1);
        book.op("slice_scatter", &label, inputs(&shape), scattered);
    }
    book.once(
        "slice_scatter0",
        "x into itself",
        [input("x", &[4, 2])],
        |t| t[0].slice_scatter0(&t[0].narrow(0, 1, 2)?, 0),
    );
}
