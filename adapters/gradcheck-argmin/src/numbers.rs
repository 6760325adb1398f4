//! The types that a problem may use for parameters, gradients and matrices: between them and flat vectors.
//!
//! Refuses to compute with them.

use finite_diff::Real;

/// What holds numbers: a parameter, a gradient, the output of an operator.
///
/// For `f64`, `f32` and their `Vec`s; with the features `nalgebra` and `ndarray` for vectors, matrices and arrays of
/// theirs.
pub trait Numbers {
    /// `f64` or `f32`.
    type Real: Real;

    /// All of them, in the order of the parameter they belong to; a matrix row by row.
    fn numbers(&self) -> Vec<Self::Real>;
}

/// A parameter: numbers that can be exchanged for others.
///
/// Two methods make a type of your own one:
///
/// ```
/// use gradcheck_argmin::{Numbers, Point};
///
/// #[derive(Clone)]
/// struct Pose { position: [f64; 2], angle: f64 }
///
/// impl Numbers for Pose {
///     type Real = f64;
///
///     fn numbers(&self) -> Vec<f64> {
///         vec![self.position[0], self.position[1], self.angle]
///     }
/// }
///
/// impl Point for Pose {
///     fn with_numbers(&self, numbers: &[f64]) -> Self {
///         match *numbers {
///             [x, y, angle] => Self { position: [x, y], angle },
///             _ => self.clone(),
///         }
///     }
/// }
/// ```
pub trait Point: Numbers {
    /// A parameter of the same shape with these numbers, as many as [`numbers`](Numbers::numbers) gives.
    fn with_numbers(&self, numbers: &[Self::Real]) -> Self;

    /// By which extents a report names an entry: `x[3]` for a vector, `x[3,1]` for a matrix. The numbers are row-major.
    fn shape(&self) -> Vec<usize> {
        vec![self.numbers().len()]
    }
}

/// A matrix: a Jacobian, with a row for each output and a column for each parameter, or a Hessian.
pub trait Rows {
    /// `f64` or `f32`.
    type Real: Real;

    /// The rows.
    fn rows(&self) -> Vec<Vec<Self::Real>>;
}

/// Writes numbers over those of a place.
#[cfg(any(feature = "nalgebra", feature = "ndarray"))]
pub(crate) fn overwrite<'a, T: Real>(places: impl IntoIterator<Item = &'a mut T>, numbers: &[T]) {
    for (place, number) in places.into_iter().zip(numbers) {
        *place = *number;
    }
}

macro_rules! plain {
    ($real:ty) => {
        impl Numbers for $real {
            type Real = $real;

            fn numbers(&self) -> Vec<$real> {
                vec![*self]
            }
        }

        impl Point for $real {
            fn with_numbers(&self, numbers: &[$real]) -> Self {
                numbers.first().copied().unwrap_or(*self)
            }

            fn shape(&self) -> Vec<usize> {
                Vec::new()
            }
        }

        impl Rows for $real {
            type Real = $real;

            fn rows(&self) -> Vec<Vec<$real>> {
                vec![vec![*self]]
            }
        }

        impl Numbers for Vec<$real> {
            type Real = $real;

            fn numbers(&self) -> Vec<$real> {
                self.clone()
            }
        }

        impl Point for Vec<$real> {
            fn with_numbers(&self, numbers: &[$real]) -> Self {
                numbers.to_vec()
            }
        }

        impl Rows for Vec<Vec<$real>> {
            type Real = $real;

            fn rows(&self) -> Vec<Vec<$real>> {
                self.clone()
            }
        }
    };
}

plain!(f64);
plain!(f32);
