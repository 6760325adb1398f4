//! Problems under test.

use std::cell::RefCell;
use std::rc::Rc;

use argmin::core::{CostFunction, Error, Gradient, Hessian, Jacobian, Operator};

/// J = (1 − x)² + 100(y − x²)². Right with `inner` 2.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rosenbrock {
    pub(crate) inner: f64,
}

pub(crate) const RIGHT: Rosenbrock = Rosenbrock { inner: 2.0 };
pub(crate) const WRONG: Rosenbrock = Rosenbrock { inner: 1.0 };

impl CostFunction for Rosenbrock {
    type Param = Vec<f64>;
    type Output = f64;

    fn cost(&self, p: &Vec<f64>) -> Result<f64, Error> {
        Ok((1.0 - p[0]).powi(2) + 100.0 * (p[1] - p[0] * p[0]).powi(2))
    }
}

impl Gradient for Rosenbrock {
    type Param = Vec<f64>;
    type Gradient = Vec<f64>;

    fn gradient(&self, p: &Vec<f64>) -> Result<Vec<f64>, Error> {
        let outer = 200.0 * (p[1] - p[0] * p[0]);
        Ok(vec![-2.0 * (1.0 - p[0]) - self.inner * p[0] * outer, outer])
    }
}

impl Hessian for Rosenbrock {
    type Param = Vec<f64>;
    type Hessian = Vec<Vec<f64>>;

    fn hessian(&self, p: &Vec<f64>) -> Result<Vec<Vec<f64>>, Error> {
        let mixed = -200.0 * self.inner * p[0];
        let first = 2.0 - 400.0 * (p[1] - 3.0 * p[0] * p[0]);
        Ok(vec![vec![first, mixed], vec![mixed, 200.0]])
    }
}

/// The two residuals of Rosenbrock's function and a third, F: ℝ² → ℝ³, with the Jacobian by `jacobian`.
pub(crate) struct Residuals(pub(crate) fn(&[f64]) -> Vec<Vec<f64>>);

impl Operator for Residuals {
    type Param = Vec<f64>;
    type Output = Vec<f64>;

    fn apply(&self, p: &Vec<f64>) -> Result<Vec<f64>, Error> {
        Ok(vec![10.0 * (p[1] - p[0] * p[0]), 1.0 - p[0], p[0] * p[1]])
    }
}

impl Jacobian for Residuals {
    type Param = Vec<f64>;
    type Jacobian = Vec<Vec<f64>>;

    fn jacobian(&self, p: &Vec<f64>) -> Result<Vec<Vec<f64>>, Error> {
        Ok((self.0)(p))
    }
}

type Function<T, V> = Box<dyn Fn(&[T]) -> Result<V, Error>>;

/// J and ∇J from closures, of any number type, with something in it that can't leave its thread.
pub(crate) struct Functions<T> {
    cost: Function<T, T>,
    gradient: Function<T, Vec<T>>,
    pub(crate) calls: Rc<RefCell<usize>>,
}

impl<T> Functions<T> {
    pub(crate) fn new(
        cost: impl Fn(&[T]) -> Result<T, Error> + 'static,
        gradient: impl Fn(&[T]) -> Result<Vec<T>, Error> + 'static,
    ) -> Self {
        Self {
            cost: Box::new(cost),
            gradient: Box::new(gradient),
            calls: Rc::default(),
        }
    }
}

impl<T> CostFunction for Functions<T> {
    type Param = Vec<T>;
    type Output = T;

    fn cost(&self, p: &Vec<T>) -> Result<T, Error> {
        *self.calls.borrow_mut() += 1;
        (self.cost)(p)
    }
}

impl<T> Gradient for Functions<T> {
    type Param = Vec<T>;
    type Gradient = Vec<T>;

    fn gradient(&self, p: &Vec<T>) -> Result<Vec<T>, Error> {
        *self.calls.borrow_mut() += 1;
        (self.gradient)(p)
    }
}
