//! The real number types an objective can be evaluated in.

use std::fmt;

use num_traits::Float;

mod sealed {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
}

/// `f32` or `f64`. Steps and derivatives are computed in `f64` for both: the difference of two `f32`
/// values is exact there, so nothing is lost on top of what the objective itself rounds.
pub trait Real: Float + fmt::Debug + Send + Sync + 'static + sealed::Sealed {
    /// Machine epsilon, the gap between 1 and the next larger number: 2.2e-16 or 1.2e-7.
    const EPSILON: f64;
    /// The number of explicit mantissa bits: 52 or 23.
    const MANTISSA_BITS: i32;
    /// The exact value in `f64`.
    fn widen(self) -> f64;
    /// The nearest value of this type.
    fn narrow(value: f64) -> Self;
}

impl Real for f64 {
    const EPSILON: f64 = f64::EPSILON;
    const MANTISSA_BITS: i32 = 52;

    fn widen(self) -> f64 {
        self
    }

    fn narrow(value: f64) -> Self {
        value
    }
}

impl Real for f32 {
    const EPSILON: f64 = f32::EPSILON as f64;
    const MANTISSA_BITS: i32 = 23;

    fn widen(self) -> f64 {
        f64::from(self)
    }

    fn narrow(value: f64) -> Self {
        value as f32
    }
}
