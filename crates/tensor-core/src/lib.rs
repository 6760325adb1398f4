#![doc = include_str!("../README.md")]
//!
//! Invariant: knows nothing of layers, losses and derivatives.

mod error;
mod exponentials;
mod matrix;
mod product;
mod reduce;
mod scalar;
mod stable;
mod vectorized;
mod view;

pub use error::ShapeError;
pub use matrix::Matrix;
pub use product::{
    product, product_into, product_transpose_left, product_transpose_left_into,
    product_transpose_right, product_transpose_right_into,
};
pub use reduce::{add_to_rows, compensated_sum, row_sums, row_sums_into};
pub use scalar::{RealScalar, Scalar};
pub use stable::{
    log_sigmoid, log_sum_exp, sigmoid, softmax, softmax_columns, softplus, softplus_each,
};
pub use vectorized::{Kernel, vectorized};
pub use view::{MatrixView, MatrixViewMut};
