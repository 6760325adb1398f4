//! The interface for users with closures: a builder for gradients, one for functions of many values, and macros for
//! tests.
//!
//! Combines the rest of the crate. Invariant: judges nothing.

mod adjoint;
mod caller;
mod closures;
mod directional;
mod failure;
mod function;
mod gradient;
mod jacobian;
mod macros;
mod memo;
#[cfg(feature = "nalgebra")]
mod nalgebra;
#[cfg(feature = "ndarray")]
mod ndarray;
mod point;
mod products;
mod returned;
mod settings;
mod setup;
mod vector;

pub use adjoint::{AdjointReport, Pairing};
pub use closures::{AnyThread, OneThread};
pub use directional::DirectionalCheck;
pub use failure::{Failure, GradientError};
pub use gradient::GradientCheck;
pub use point::{FromPoint, Point, of_vector};
pub use returned::{Returned, ReturnedPair, ReturnedValue, ReturnedVector};
pub use vector::{VectorCheck, VectorReport};
