//! What a closure under test may return: plain numbers, or a `Result` with an error of its own.
//!
//! One constructor takes both, so that a function that can fail needs no other call, and its error comes back
//! whole.

use finite_diff::EvaluationError;

use crate::NamedArray;

/// One value: `f64`, `f32`, or a `Result` of one with any error.
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
}

/// Many values: a `Vec` or an array of `f64` or `f32`, a `Vec` of such `Vec`s (one an input), a `Vec` of
/// [`NamedArray`]s, or a `Result` of one of them with any error.
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
