//! Pooling and interpolation.

use candle_core::{Result, Tensor};
use candle_nn::ops;

use crate::book::Book;
use crate::input::{Values, input};

type Pair = (usize, usize);

pub(super) fn write(book: &mut Book) {
    // Height and width, window, stride.
    let windows: [(&str, [usize; 2], Pair, Pair); 9] = [
        ("divides", [4, 6], (2, 2), (2, 2)),
        ("divides, oblong window", [4, 6], (2, 3), (2, 3)),
        ("does not divide", [5, 7], (2, 2), (2, 2)),
        ("does not divide in width", [4, 5], (2, 2), (2, 2)),
        ("does not divide by 3", [4, 8], (3, 3), (3, 3)),
        ("window 1", [3, 4], (1, 1), (1, 1)),
        ("overlaps", [4, 5], (3, 3), (1, 1)),
        ("gaps", [5, 6], (2, 2), (3, 3)),
        ("one window", [3, 3], (3, 3), (3, 3)),
    ];
    for (label, [h, w], size, stride) in windows {
        let x = || input("x", &[2, 2, h, w]);
        let average = move |t: &[Tensor]| t[0].avg_pool2d_with_stride(size, stride);
        let most = move |t: &[Tensor]| t[0].max_pool2d_with_stride(size, stride);
        match size == stride {
            true => {
                book.op("avg_pool2d", label, [x()], move |t| t[0].avg_pool2d(size));
                book.op("max_pool2d", label, [x()], move |t| t[0].max_pool2d(size));
                let ties = x().of(Values::Ties);
                book.once("max_pool2d", label, [ties], move |t| t[0].max_pool2d(size));
            }
            false => {
                book.op("avg_pool2d_with_stride", label, [x()], average);
                book.op("max_pool2d_with_stride", label, [x()], most);
            }
        }
    }
    for target in [5, 10, 15, 7, 3] {
        let x = || input("x", &[2, 2, 5]);
        let label = format!("5 to {target}");
        book.op("upsample_nearest1d", &label, [x()], move |t| {
            t[0].upsample_nearest1d(target)
        });
        book.op("interpolate1d", &label, [x()], move |t| {
            t[0].interpolate1d(target)
        });
    }
    for (h, w) in [(3, 2), (6, 4), (9, 6), (6, 2), (5, 3), (2, 1)] {
        let x = || input("x", &[2, 2, 3, 2]);
        let label = format!("3×2 to {h}×{w}");
        book.op("upsample_nearest2d", &label, [x()], move |t| {
            t[0].upsample_nearest2d(h, w)
        });
        book.op("interpolate2d", &label, [x()], move |t| {
            t[0].interpolate2d(h, w)
        });
        for corners in [true, false] {
            let bilinear = move |t: &[Tensor]| t[0].upsample_bilinear2d(h, w, corners);
            let label = format!("{label}, align_corners {corners}");
            book.once("upsample_bilinear2d", &label, [x()], bilinear);
        }
    }
    let scaled = |t: &[Tensor]| t[0].upsample_bilinear2d_with_scale(1.5, 2.0, false);
    book.once(
        "upsample_bilinear2d_with_scale",
        "1.5, 2",
        [input("x", &[1, 2, 2, 3])],
        scaled,
    );
    let twice: fn(&[Tensor]) -> Result<Tensor> =
        |t| t[0].upsample_nearest2d(4, 4)? + t[0].upsample_nearest2d(4, 4)?;
    book.once(
        "upsample_nearest2d",
        "the same twice",
        [input("x", &[1, 1, 2, 2])],
        twice,
    );
    book.op("pixel_shuffle", "2", [input("x", &[2, 8, 1, 2])], |t| {
        ops::pixel_shuffle(&t[0], 2)
    });
    book.op("pixel_unshuffle", "2", [input("x", &[2, 2, 2, 4])], |t| {
        ops::pixel_unshuffle(&t[0], 2)
    });
    for pad in [0, 1] {
        let label = format!("pad {pad}");
        let x = input("x", &[2, 2, 2, 3]);
        book.op("replication_pad2d", &label, [x], move |t| {
            ops::replication_pad2d(&t[0], pad)
        });
    }
}
