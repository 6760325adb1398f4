//! What a point may be given as, and bounds and inputs likewise.

use std::borrow::Cow;
use std::rc::Rc;
use std::sync::Arc;

use finite_diff::Real;

/// Numbers of type T to check at: a `Vec`, an array, a slice, or a reference or another pointer to one.
///
/// With the features `nalgebra` and `ndarray` also their vectors and matrices, the latter row by row. For a type of your
/// own it takes one method:
///
/// ```
/// use gradient_check::{GradientCheck, Point};
///
/// struct Pose { position: [f64; 2], angle: f64 }
///
/// impl Point<f64> for Pose {
///     fn numbers(&self) -> Vec<f64> {
///         vec![self.position[0], self.position[1], self.angle]
///     }
/// }
///
/// let at = Pose { position: [0.5, 1.5], angle: 0.2 };
/// let cost = |p: &[f64]| p[0] * p[1] + p[2].sin();
/// GradientCheck::new(cost, |p: &[f64]| [p[1], p[0], p[2].cos()]).at(&at).assert();
/// ```
///
/// Integers are not a point; with `2.0` in place of `2` this compiles:
///
/// ```compile_fail,E0277
/// # use gradient_check::GradientCheck;
/// GradientCheck::new(|p: &[f64]| p[0].exp(), |p: &[f64]| [p[0].exp()]).at([2]);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a point for a function of `&[{T}]`",
    label = "these are not numbers of type `{T}`",
    note = "give a `Vec`, an array or a slice of `{T}`, or a reference to one",
    note = "one parameter: `[value]`; integers: write `2.0` in place of `2`; other numbers: \
            `.iter().map(|x| *x as {T}).collect::<Vec<_>>()`",
    note = "a vector of nalgebra or ndarray: switch on the feature of that name of gradient-check, and use the same version \
            of nalgebra or ndarray as it does; a type of your own: implement `gradient_check::Point<{T}>`"
)]
pub trait Point<T> {
    /// The numbers in the order of the parameters; of a matrix row by row.
    fn numbers(&self) -> Vec<T>;
}

impl<T: Real> Point<T> for [T] {
    fn numbers(&self) -> Vec<T> {
        self.to_vec()
    }
}

impl<T: Real, const N: usize> Point<T> for [T; N] {
    fn numbers(&self) -> Vec<T> {
        self.to_vec()
    }
}

impl<T: Real> Point<T> for Vec<T> {
    fn numbers(&self) -> Vec<T> {
        self.clone()
    }
}

impl<T: Real> Point<T> for Cow<'_, [T]> {
    fn numbers(&self) -> Vec<T> {
        self.to_vec()
    }
}

/// For what points to a point.
macro_rules! pointers {
    ($($pointer:ty),*) => {$(
        impl<T, P: Point<T> + ?Sized> Point<T> for $pointer {
            fn numbers(&self) -> Vec<T> {
                (**self).numbers()
            }
        }
    )*};
}

pointers!(&P, &mut P, Box<P>, Rc<P>, Arc<P>);
