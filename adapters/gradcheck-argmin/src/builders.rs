//! A problem that may be shared among threads as a builder of the judge's face.

use argmin::core::{CostFunction, Gradient, Hessian, Jacobian, Operator};
use finite_diff::Real;
use gradient_check::{GradientCheck, VectorCheck};

use crate::calls::{self, Answer, Typed};
use crate::numbers::{Numbers, Point, Rows};

/// The check of a problem's gradient at `at`, as a builder: seed, samples, names of blocks, a message, threads. The
/// parameter is one block, `x`. It evaluates on all threads, so that the problem has to be [`Sync`]; one that is not is
/// checked by [`CheckGradient`](crate::CheckGradient).
///
/// ```
/// use argmin::core::{CostFunction, Error, Gradient};
/// use gradcheck_argmin::parallel_gradient_check;
///
/// struct Cubic;
///
/// impl CostFunction for Cubic {
///     type Param = Vec<f64>;
///     type Output = f64;
///
///     fn cost(&self, x: &Vec<f64>) -> Result<f64, Error> {
///         Ok(x.iter().map(|x| x.powi(3)).sum())
///     }
/// }
///
/// impl Gradient for Cubic {
///     type Param = Vec<f64>;
///     type Gradient = Vec<f64>;
///
///     fn gradient(&self, x: &Vec<f64>) -> Result<Vec<f64>, Error> {
///         Ok(x.iter().map(|x| 3.0 * x * x).collect())
///     }
/// }
///
/// let report = parallel_gradient_check(&Cubic, &vec![0.5, -1.5, 2.0])
///     .blocks(&[("width", &[]), ("heights", &[2])])
///     .seed(7)
///     .verify()?;
/// assert_eq!(report.blocks[1].name, "heights");
/// # Ok::<(), gradient_check::GradientError>(())
/// ```
pub fn parallel_gradient_check<'a, P, X>(problem: &'a P, at: &'a X) -> GradientCheck<'a, X::Real>
where
    X: Point + Sync,
    P: CostFunction<Param = X, Output = X::Real> + Gradient<Param = X, Gradient: Numbers> + Sync,
{
    Start::new(at).gradient::<<P::Gradient as Numbers>::Real>(
        move |x: &[X::Real]| calls::cost(problem, at, x),
        move |x: &[X::Real]| calls::gradient(problem, at, x),
    )
}

/// The check of the Jacobian of a problem's operator F, as a builder: ∂F_i/∂x_j in row i, column j, for each i and j. See
/// [`parallel_gradient_check`]; the other way is [`CheckJacobian`](crate::CheckJacobian).
pub fn parallel_jacobian_check<'a, P, X>(problem: &'a P, at: &'a X) -> VectorCheck<'a, X::Real>
where
    X: Point + Sync,
    P: Operator<Param = X, Output: Numbers> + Jacobian<Param = X, Jacobian: Rows> + Sync,
{
    Start::new(at).jacobian::<<P::Jacobian as Rows>::Real>(
        move |x: &[X::Real]| calls::apply(problem, at, x),
        move |x: &[X::Real]| calls::jacobian(problem, at, x),
    )
}

/// The check of a problem's Hessian, as a builder. It is held against differences of the problem's own gradient, which
/// wants to be checked first; an entry is named `dg/dx[i,j]`. See [`parallel_gradient_check`]; the other way is
/// [`CheckHessian`](crate::CheckHessian).
pub fn parallel_hessian_check<'a, P, X>(problem: &'a P, at: &'a X) -> VectorCheck<'a, X::Real>
where
    X: Point + Sync,
    P: Gradient<Param = X, Gradient: Numbers> + Hessian<Param = X, Hessian: Rows> + Sync,
{
    Start::new(at).hessian::<<P::Hessian as Rows>::Real>(
        move |x: &[X::Real]| calls::gradient(problem, at, x),
        move |x: &[X::Real]| calls::hessian(problem, at, x),
    )
}

/// The parameter as the judge takes it.
pub(crate) struct Start<T> {
    numbers: Vec<T>,
    shape: Vec<usize>,
}

impl<T: Real> Start<T> {
    pub(crate) fn new<X: Point<Real = T>>(at: &X) -> Self {
        Self {
            numbers: at.numbers(),
            shape: at.shape(),
        }
    }

    /// The check of a gradient that comes in the type G.
    pub(crate) fn gradient<'a, G: Real>(
        &self,
        value: impl Fn(&[T]) -> Answer<T> + Send + Sync + 'a,
        gradient: impl Fn(&[T]) -> Answer + Send + Sync + 'a,
    ) -> GradientCheck<'a, T> {
        GradientCheck::new(value, move |x| gradient(x).map(Typed::<G>::new))
            .blocks(&[("x", &self.shape)])
            .at(&self.numbers)
    }

    /// The check of a Jacobian that comes in the type M.
    pub(crate) fn jacobian<'a, M: Real>(
        &self,
        function: impl Fn(&[T]) -> Answer + Send + Sync + 'a,
        jacobian: impl Fn(&[T]) -> Answer + Send + Sync + 'a,
    ) -> VectorCheck<'a, T> {
        VectorCheck::new(move |x| function(x).map(Typed::<T>::new))
            .jacobian(move |x| jacobian(x).map(Typed::<M>::new))
            .blocks(&[("x", &self.shape)])
            .at(&self.numbers)
    }

    /// The check of a Hessian that comes in the type M: the Jacobian of the gradient g.
    pub(crate) fn hessian<'a, M: Real>(
        &self,
        gradient: impl Fn(&[T]) -> Answer + Send + Sync + 'a,
        hessian: impl Fn(&[T]) -> Answer + Send + Sync + 'a,
    ) -> VectorCheck<'a, T> {
        self.jacobian::<M>(gradient, hessian)
            .output("g", &self.shape)
    }
}
