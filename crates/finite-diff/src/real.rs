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

    /// Calls the one of two functions that is for this type. Functions that are generic over the type alone are so
    /// compiled once, in the crate that has them, and not in every crate that calls them.
    #[doc(hidden)]
    fn dispatch<'a, A: Arguments, R>(
        arguments: A::Of<'a, Self>,
        in_f64: fn(A::Of<'a, f64>) -> R,
        in_f32: fn(A::Of<'a, f32>) -> R,
    ) -> R;
}

/// x ± step in the working type, as far on one side as on the other: the step is first rounded to what
/// x + step really adds. Where x lies next to a power of two the far side may still round, by half a
/// unit in the last place.
#[inline]
pub(crate) fn either_side<T: Real>(x: T, step: f64) -> (T, T) {
    let plus = T::narrow(x.widen() + step);
    let taken = plus.widen() - x.widen();
    (plus, T::narrow(x.widen() - taken))
}

/// The arguments of a function, for each type of numbers.
#[doc(hidden)]
pub trait Arguments {
    /// The function's arguments for the type `T`.
    type Of<'a, T: Real>;
}

/// Defines `$name`, which calls `$generic` for the type at hand, each compiled once in the crate that says so.
#[doc(hidden)]
#[macro_export]
macro_rules! compiled_once {
    ($vis:vis fn $name:ident<$life:lifetime, $T:ident>($($argument:ident: $type:ty),* $(,)?) -> $output:ty = $generic:ident) => {
        $vis fn $name<$life, $T: $crate::Real>($($argument: $type),*) -> $output {
            struct Taken;
            impl $crate::Arguments for Taken {
                type Of<$life, $T: $crate::Real> = ($($type,)*);
            }
            type Of<$life, $T> = <Taken as $crate::Arguments>::Of<$life, $T>;
            fn in_f64<$life>(($($argument,)*): Of<$life, f64>) -> $output {
                $generic($($argument),*)
            }
            fn in_f32<$life>(($($argument,)*): Of<$life, f32>) -> $output {
                $generic($($argument),*)
            }
            $T::dispatch::<Taken, _>(($($argument,)*), in_f64, in_f32)
        }
    };
}

impl Real for f64 {
    const EPSILON: f64 = f64::EPSILON;
    const MANTISSA_BITS: i32 = 52;

    #[inline]
    fn widen(self) -> f64 {
        self
    }

    #[inline]
    fn narrow(value: f64) -> Self {
        value
    }

    fn dispatch<'a, A: Arguments, R>(
        arguments: A::Of<'a, f64>,
        in_f64: fn(A::Of<'a, f64>) -> R,
        _: fn(A::Of<'a, f32>) -> R,
    ) -> R {
        in_f64(arguments)
    }
}

impl Real for f32 {
    const EPSILON: f64 = f32::EPSILON as f64;
    const MANTISSA_BITS: i32 = 23;

    #[inline]
    fn widen(self) -> f64 {
        f64::from(self)
    }

    #[inline]
    fn narrow(value: f64) -> Self {
        value as f32
    }

    fn dispatch<'a, A: Arguments, R>(
        arguments: A::Of<'a, f32>,
        _: fn(A::Of<'a, f64>) -> R,
        in_f32: fn(A::Of<'a, f32>) -> R,
    ) -> R {
        in_f32(arguments)
    }
}
