#![doc = include_str!("../README.md")]
//!
//! Turns an argmin problem into functions of flat vectors and hands them to the judge; knows no tolerance and no
//! solver.

mod builders;
mod calls;
mod check;
mod error;
mod here;
#[cfg(feature = "nalgebra")]
mod nalgebra;
#[cfg(feature = "ndarray")]
mod ndarray;
mod numbers;
mod observer;

pub use builders::{parallel_gradient_check, parallel_hessian_check, parallel_jacobian_check};
pub use check::{CheckGradient, CheckHessian, CheckJacobian};
pub use error::{Misfit, ProblemError};
pub use numbers::{Numbers, Point, Rows};
pub use observer::{CheckedIterate, GradientLog, GradientObserver};
