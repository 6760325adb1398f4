//! What a closure under test may return: plain numbers, or a `Result` with an error of its own.
//!
//! One constructor takes both, so that a function that can fail needs no other call, and its error comes back
//! whole.

use finite_diff::EvaluationError;
use num_complex::Complex;

use crate::subject::NamedArray;

/// One value: of the type that the point has, `f64` or `f32`, or a `Result` of one with any error.
///
/// Nothing else is taken for a value; an `Option` says nothing about what is missing, and becomes a `Result`:
///
/// ```compile_fail,E0277
/// # use gradient_check::GradientCheck;
/// let cost = |p: &[f64]| p.first().map(|x| x * x);
/// GradientCheck::new(cost, |p: &[f64]| [2.0 * p[0]]);
/// ```
///
/// ```
/// # use gradient_check::GradientCheck;
/// let cost = |p: &[f64]| p.first().map(|x| x * x).ok_or("no parameters");
/// GradientCheck::new(cost, |p: &[f64]| [2.0 * p[0]]).at([1.5]).assert();
/// ```
#[diagnostic::on_unimplemented(
    message = "a function under test returns `{Self}` where one `{T}` is expected",
    label = "a function here returns `{Self}`, not `{T}`",
    note = "return `{T}`, or a `Result<{T}, E>` where E is an error or a string",
    note = "from an `Option`: `.ok_or(\"what is missing\")`; from another number: `value as {T}`",
    note = "if it returns `()`: remove the semicolon after its last expression"
)]
pub trait ReturnedValue<T> {
    /// The value.
    ///
    /// # Errors
    /// What the closure failed with.
    fn into_value(self) -> Result<T, EvaluationError>;
}

impl ReturnedValue<f64> for f64 {
    fn into_value(self) -> Result<f64, EvaluationError> {
        Ok(self)
    }
}

impl ReturnedValue<f32> for f32 {
    fn into_value(self) -> Result<f32, EvaluationError> {
        Ok(self)
    }
}

impl ReturnedValue<Complex<f64>> for Complex<f64> {
    fn into_value(self) -> Result<Complex<f64>, EvaluationError> {
        Ok(self)
    }
}

impl<T, E: Into<EvaluationError>> ReturnedValue<T> for Result<T, E> {
    fn into_value(self) -> Result<T, EvaluationError> {
        self.map_err(Into::into)
    }
}

/// Many values, as the closure hands them out.
#[derive(Debug, Clone, PartialEq)]
pub enum Returned {
    /// One flat vector.
    Flat(Vec<f64>),
    /// One vector an input, in the order of the inputs; of a Jacobian, one a row.
    Parts(Vec<Vec<f64>>),
    /// Arrays with names and shapes.
    Named(Vec<NamedArray>),
    /// A matrix with more than one row and more than one column.
    Matrix {
        /// The number of rows.
        rows: usize,
        /// The number of columns.
        columns: usize,
        /// The entries, row by row.
        values: Vec<f64>,
    },
}

#[cfg(any(feature = "nalgebra", feature = "ndarray"))]
impl Returned {
    /// A matrix by rows; one row or one column is a vector.
    pub(super) fn of_matrix(rows: usize, columns: usize, values: Vec<f64>) -> Self {
        match rows == 1 || columns == 1 {
            true => Self::Flat(values),
            false => Self::Matrix {
                rows,
                columns,
                values,
            },
        }
    }
}

/// Many values: a `Vec` or an array of `f64` or `f32`, a `Vec` of such `Vec`s (one an input), a `Vec` of
/// [`NamedArray`]s, or a `Result` of one of them with any error; with the features `nalgebra` and `ndarray` their vectors,
/// matrices and arrays, or a `Vec` of such (one an input).
///
/// A matrix is read row by row, wherever its entries lie in memory: as a Jacobian it has a row for each value of the
/// function, as a gradient the shape of the parameter.
///
/// A gradient of one number is an array of it:
///
/// ```compile_fail,E0277
/// # use gradient_check::GradientCheck;
/// GradientCheck::new(|p: &[f64]| p[0].exp(), |p: &[f64]| p[0].exp());
/// ```
///
/// ```
/// # use gradient_check::GradientCheck;
/// GradientCheck::new(|p: &[f64]| p[0].exp(), |p: &[f64]| [p[0].exp()]).at([0.5]).assert();
/// ```
#[diagnostic::on_unimplemented(
    message = "a function under test returns `{Self}` where a vector of `f64` or `f32` is expected",
    label = "a function here returns `{Self}`",
    note = "return a `Vec` or an array of `f64` or `f32`, one `Vec` for each input, or a `Result` of one of them",
    note = "from a slice: `.to_vec()`; from one number: `[value]`; from an `Option`: `.ok_or(\"what is missing\")`; for \
            integers write `2.0` in place of `2`",
    note = "from a vector of nalgebra or ndarray: `.as_slice().to_vec()` or `.to_vec()`; or switch on the feature of that \
            name of gradient-check, and use the same version of nalgebra or ndarray as it does",
    note = "if it returns `()`: remove the semicolon after its last expression"
)]
pub trait ReturnedVector {
    /// ε of the type the values come in, by which their rounding is judged.
    const EPSILON: f64;

    /// The values.
    ///
    /// # Errors
    /// What the closure failed with.
    fn into_vector(self) -> Result<Returned, EvaluationError>;
}

macro_rules! returned_vector {
    ($real:ty) => {
        impl ReturnedVector for Vec<$real> {
            const EPSILON: f64 = <$real as finite_diff::Real>::EPSILON;

            fn into_vector(self) -> Result<Returned, EvaluationError> {
                Ok(Returned::Flat(self.into_iter().map(f64::from).collect()))
            }
        }

        impl<const N: usize> ReturnedVector for [$real; N] {
            const EPSILON: f64 = <$real as finite_diff::Real>::EPSILON;

            fn into_vector(self) -> Result<Returned, EvaluationError> {
                Ok(Returned::Flat(self.into_iter().map(f64::from).collect()))
            }
        }

        impl ReturnedVector for Vec<Vec<$real>> {
            const EPSILON: f64 = <$real as finite_diff::Real>::EPSILON;

            fn into_vector(self) -> Result<Returned, EvaluationError> {
                let widened = |part: Vec<$real>| part.into_iter().map(f64::from).collect();
                Ok(Returned::Parts(self.into_iter().map(widened).collect()))
            }
        }
    };
}

returned_vector!(f64);
returned_vector!(f32);

impl ReturnedVector for Vec<NamedArray> {
    const EPSILON: f64 = f64::EPSILON;

    fn into_vector(self) -> Result<Returned, EvaluationError> {
        Ok(Returned::Named(self))
    }
}

impl<V: ReturnedVector, E: Into<EvaluationError>> ReturnedVector for Result<V, E> {
    const EPSILON: f64 = V::EPSILON;

    fn into_vector(self) -> Result<Returned, EvaluationError> {
        self.map_err(Into::into)?.into_vector()
    }
}

/// A value and its gradient in one: a tuple, or a `Result` of one with any error.
#[diagnostic::on_unimplemented(
    message = "the only function under test returns `{Self}` where a pair `(value, gradient)` is expected",
    label = "the function here returns `{Self}`",
    note = "return `(value, gradient)`, one `{T}` and a vector, or a `Result` of the two",
    note = "a gradient that is a function of its own goes after the value: `assert_gradient!(value, gradient, at = …)`"
)]
pub trait ReturnedPair<T> {
    /// ε of the type the gradient comes in.
    const EPSILON: f64;

    /// The two.
    ///
    /// # Errors
    /// What the closure failed with.
    fn into_pair(self) -> Result<(T, Returned), EvaluationError>;
}

impl<T, S: ReturnedValue<T>, V: ReturnedVector> ReturnedPair<T> for (S, V) {
    const EPSILON: f64 = V::EPSILON;

    fn into_pair(self) -> Result<(T, Returned), EvaluationError> {
        Ok((self.0.into_value()?, self.1.into_vector()?))
    }
}

impl<T, P: ReturnedPair<T>, E: Into<EvaluationError>> ReturnedPair<T> for Result<P, E> {
    const EPSILON: f64 = P::EPSILON;

    fn into_pair(self) -> Result<(T, Returned), EvaluationError> {
        self.map_err(Into::into)?.into_pair()
    }
}
