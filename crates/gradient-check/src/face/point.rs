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

/// A vector that a function under test takes, made of a point: `Vec`, and with the features `nalgebra` and `ndarray`
/// `DVector`, `RowDVector` and `Array1`.
pub trait FromPoint {
    /// `f64` or `f32`.
    type Real: Real;

    /// A vector of these numbers.
    fn from_point(numbers: &[Self::Real]) -> Self;
}

impl<T: Real> FromPoint for Vec<T> {
    type Real = T;

    fn from_point(numbers: &[T]) -> Self {
        numbers.to_vec()
    }
}

/// A function of a vector, such as `&DVector<f64>` or `&Array1<f64>`, as a function of a slice, which is what the
/// builders and macros take.
///
/// Each call copies the point into a vector. A function of an `ArrayView1` or an `SVector` needs no more than
/// `|x: &[f64]| f(ArrayView1::from(x))` or `|x: &[f64]| f(&SVector::from_column_slice(x))`.
///
/// ```
/// use gradient_check::{assert_gradient, of_vector};
/// let cost = |x: &Vec<f64>| x.iter().map(|x| x.powi(3)).sum::<f64>();
/// let gradient = |x: &Vec<f64>| x.iter().map(|x| 3.0 * x * x).collect::<Vec<f64>>();
/// assert_gradient!(of_vector(cost), of_vector(gradient), at = [0.5, -1.5]);
/// ```
#[cfg_attr(
    feature = "nalgebra",
    doc = r"
With the feature `nalgebra`:

```
use gradient_check::{assert_gradient, of_vector};
use nalgebra::DVector;
let cost = |x: &DVector<f64>| x.norm_squared();
let gradient = |x: &DVector<f64>| 2.0 * x;
assert_gradient!(of_vector(cost), of_vector(gradient), at = DVector::from_vec(vec![0.5, -1.5]));
```
"
)]
#[cfg_attr(
    feature = "ndarray",
    doc = r"
With the feature `ndarray`:

```
use gradient_check::{assert_gradient, of_vector};
use ndarray::{Array1, ArrayView1, array};
let cost = |x: &Array1<f64>| x.dot(x);
let gradient = |x: &Array1<f64>| 2.0 * x;
assert_gradient!(of_vector(cost), of_vector(gradient), at = array![0.5, -1.5]);

let cost = |x: ArrayView1<f64>| x.dot(&x);
assert_gradient!(|x: &[f64]| cost(x.into()), of_vector(gradient), at = array![0.5, -1.5]);
```
"
)]
pub fn of_vector<P: FromPoint, R>(function: impl Fn(&P) -> R) -> impl Fn(&[P::Real]) -> R {
    move |numbers| function(&P::from_point(numbers))
}
