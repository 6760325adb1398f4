//! The floating-point type that a network works in.

use std::fmt;

use mlp::Arithmetic;

/// The floating-point type of the network's forward and backward pass.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Precision {
    /// Single precision. The numeric derivative is that of the cost in `f64` at the same parameters and data, both
    /// rounded to `f32` first: a cost in `f32` is too coarse to differentiate.
    F32,
    /// Double precision.
    #[default]
    F64,
}

impl Precision {
    /// Both precisions.
    pub const ALL: &[Self] = &[Self::F64, Self::F32];

    /// The name: `f64` or `f32`.
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::F64 => "f64",
        }
    }

    /// ε, the distance from 1 to the next larger number.
    pub fn epsilon(self) -> f64 {
        match self {
            Self::F32 => f64::from(f32::EPSILON),
            Self::F64 => f64::EPSILON,
        }
    }

    pub(crate) fn arithmetic(self) -> Arithmetic {
        match self {
            Self::F32 => Arithmetic::SINGLE,
            Self::F64 => Arithmetic::DOUBLE,
        }
    }
}

impl fmt::Display for Precision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
