//! What is checked, by kind.
//!
//! Each operation is written down at the shapes that are awkward for it; layouts and second uses are the book's.

mod binary;
mod conv;
mod index;
mod layers;
mod losses;
mod normalize;
mod pool;
mod recurrent;
mod reduce;
mod shape;
mod unary;

use candle_core::{Device, Result, Tensor};

use crate::book::Book;

pub(crate) fn write(book: &mut Book) {
    unary::write(book);
    binary::write(book);
    reduce::write(book);
    shape::write(book);
    index::write(book);
    pool::write(book);
    conv::write(book);
    normalize::write(book);
    losses::write(book);
    layers::write(book);
    recurrent::write(book);
    left_out(book);
}

/// What has no derivative, or nothing of its own to check.
fn left_out(book: &mut Book) {
    for op in [
        "eq",
        "ne",
        "lt",
        "le",
        "gt",
        "ge",
        "cmp",
        "argmax",
        "argmin",
        "arg_sort_last_dim",
        "one_hot",
    ] {
        book.leave_out(op, "gives integers");
    }
    for op in [
        "scatter_set",
        "scatter_add_set",
        "slice_set",
        "const_set",
        "zero_set",
        "one_set",
        "KvCache",
    ] {
        book.leave_out(op, "writes in place, outside of the graph");
    }
    for op in ["dropout", "gumbel_softmax", "rand_like", "randn_like"] {
        book.leave_out(op, "is another function at every call");
    }
    book.leave_out("sdpa", "is not implemented on the CPU");
    book.leave_out("moe_gemm", "is not implemented on the CPU");
    book.leave_out("moe_gemm_gguf", "is not implemented on the CPU");
    book.leave_out("QMatMul", "its weights are quantised");
    book.leave_out("Sequential", "is the layers it is made of");
    book.leave_out("Func", "is the function it is made of");
}

/// Indices.
fn ids(values: &[u32], shape: &[usize]) -> Result<Tensor> {
    Tensor::from_slice(values, shape, &Device::Cpu)
}
