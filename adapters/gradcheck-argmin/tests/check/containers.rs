//! The types a parameter may have, through the whole check.

use argmin::core::{CostFunction, Error, Gradient, Hessian, Jacobian, Operator};
use gradcheck_argmin::{CheckGradient, CheckHessian, CheckJacobian, Point, Rows};
use gradient_check::face::VectorReport;
use gradient_check::{GradientError, Verdict};

/// J = Σ_k w_k sin(x_k) with w_k = k + 1 + `off`·[k = 1] in the derivatives, k row-major: no two entries can be mixed
/// up unseen.
struct Weighted<X, M = X> {
    off: f64,
    like: std::marker::PhantomData<(X, M)>,
    matrix: fn(Vec<Vec<f64>>) -> M,
}

fn weighted<X, M>(off: f64, matrix: fn(Vec<Vec<f64>>) -> M) -> Weighted<X, M> {
    Weighted {
        off,
        like: std::marker::PhantomData,
        matrix,
    }
}

impl<X, M> Weighted<X, M> {
    fn weight(&self, k: usize) -> f64 {
        k as f64 + 1.0 + if k == 1 { self.off } else { 0.0 }
    }
}

impl<X: Point<Real = f64>, M> CostFunction for Weighted<X, M> {
    type Param = X;
    type Output = f64;

    fn cost(&self, x: &X) -> Result<f64, Error> {
        let terms = x.numbers().into_iter().enumerate();
        Ok(terms.map(|(k, x)| (k as f64 + 1.0) * x.sin()).sum())
    }
}

impl<X: Point<Real = f64>, M> Gradient for Weighted<X, M> {
    type Param = X;
    type Gradient = X;

    fn gradient(&self, x: &X) -> Result<X, Error> {
        let terms = x.numbers().into_iter().enumerate();
        let gradient: Vec<f64> = terms.map(|(k, x)| self.weight(k) * x.cos()).collect();
        Ok(x.with_numbers(&gradient))
    }
}

impl<X: Point<Real = f64>, M: Rows> Hessian for Weighted<X, M> {
    type Param = X;
    type Hessian = M;

    fn hessian(&self, x: &X) -> Result<M, Error> {
        let x = x.numbers();
        let entry = |i: usize, j: usize| {
            if i == j {
                -self.weight(i) * x[i].sin()
            } else {
                0.0
            }
        };
        let row = |i: usize| (0..x.len()).map(|j| entry(i, j)).collect();
        Ok((self.matrix)((0..x.len()).map(row).collect()))
    }
}

/// F = (Σ_k w_k sin(x_k), x_0²).
impl<X: Point<Real = f64>, M> Operator for Weighted<X, M> {
    type Param = X;
    type Output = Vec<f64>;

    fn apply(&self, x: &X) -> Result<Vec<f64>, Error> {
        Ok(vec![self.cost(x)?, x.numbers()[0].powi(2)])
    }
}

impl<X: Point<Real = f64>, M: Rows> Jacobian for Weighted<X, M> {
    type Param = X;
    type Jacobian = M;

    fn jacobian(&self, x: &X) -> Result<M, Error> {
        let mut second = vec![0.0; x.numbers().len()];
        second[0] = 2.0 * x.numbers()[0];
        Ok((self.matrix)(vec![self.gradient(x)?.numbers(), second]))
    }
}

fn check<X, M>(at: &X, worst: &str, matrix: fn(Vec<Vec<f64>>) -> M)
where
    X: Point<Real = f64>,
    M: Rows<Real = f64>,
{
    let right = weighted::<X, M>(0.0, matrix);
    right.check_gradient(at).unwrap();
    right.check_jacobian(at).unwrap();
    right.check_hessian(at).unwrap();

    let wrong = weighted::<X, M>(0.1, matrix);
    let Err(GradientError::Wrong(failure)) = wrong.check_gradient(at) else {
        panic!("{worst}: wrong unseen")
    };
    assert_eq!(failure.report.worst[0].coordinate.to_string(), worst);
    let one_wrong = |checked: Result<VectorReport, GradientError<VectorReport>>| {
        let Err(GradientError::Wrong(failure)) = checked else {
            panic!("{worst}: wrong unseen")
        };
        let report = failure.report.jacobian.unwrap();
        assert_eq!(report.verdict, Verdict::Disagree);
        assert_eq!(report.blocks[0].counts.disagree, 1);
    };
    one_wrong(wrong.check_jacobian(at));
}

#[test]
fn a_vec_will_do() {
    check(&vec![0.3, 0.7, -1.1], "x[1]", |rows| rows);
}

#[test]
fn a_number_will_do() {
    struct Square;

    impl CostFunction for Square {
        type Param = f64;
        type Output = f64;

        fn cost(&self, x: &f64) -> Result<f64, Error> {
            Ok(x * x)
        }
    }

    impl Gradient for Square {
        type Param = f64;
        type Gradient = f64;

        fn gradient(&self, x: &f64) -> Result<f64, Error> {
            Ok(2.0 * x)
        }
    }

    impl Hessian for Square {
        type Param = f64;
        type Hessian = f64;

        fn hessian(&self, _: &f64) -> Result<f64, Error> {
            Ok(2.0)
        }
    }

    Square.check_gradient(&1.5).unwrap();
    Square.check_hessian(&1.5).unwrap();
}

#[cfg(feature = "nalgebra")]
mod of_nalgebra {
    use argmin::core::{Executor, State};
    use argmin::solver::gaussnewton::GaussNewton;
    use gradcheck_argmin::Numbers;
    use nalgebra::{DMatrix, DVector, Matrix2x3, Vector3};

    use super::*;

    fn matrix(rows: Vec<Vec<f64>>) -> DMatrix<f64> {
        DMatrix::from_row_iterator(rows.len(), rows[0].len(), rows.concat())
    }

    #[test]
    fn vectors_and_matrices_of_any_size_will_do() {
        check(&DVector::from_vec(vec![0.3, 0.7, -1.1]), "x[1]", matrix);
        check(&Vector3::new(0.3, 0.7, -1.1), "x[1]", matrix);
        // Of two rows, so that the second entry by columns is another than by rows.
        let at = Matrix2x3::new(0.3, 0.7, -1.1, 0.2, 0.5, -0.4);
        check(&at, "x[0,1]", matrix);
        assert_eq!(at.numbers(), [0.3, 0.7, -1.1, 0.2, 0.5, -0.4]);
        assert_eq!(at.with_numbers(&at.numbers()), at);
    }

    #[test]
    fn numbers_go_there_and_back_where_there_are_none() {
        let empty = DMatrix::<f64>::zeros(3, 0);
        assert_eq!(empty.with_numbers(&[]), empty);
        assert_eq!(Rows::rows(&empty), vec![Vec::<f64>::new(); 3]);
    }

    /// Rosenbrock's residuals, for Gauss-Newton.
    struct Fit;

    impl Operator for Fit {
        type Param = DVector<f64>;
        type Output = DVector<f64>;

        fn apply(&self, p: &DVector<f64>) -> Result<DVector<f64>, Error> {
            Ok(DVector::from_vec(vec![
                10.0 * (p[1] - p[0] * p[0]),
                1.0 - p[0],
            ]))
        }
    }

    impl Jacobian for Fit {
        type Param = DVector<f64>;
        type Jacobian = DMatrix<f64>;

        fn jacobian(&self, p: &DVector<f64>) -> Result<DMatrix<f64>, Error> {
            Ok(DMatrix::from_row_slice(
                2,
                2,
                &[-20.0 * p[0], 10.0, -1.0, 0.0],
            ))
        }
    }

    #[test]
    fn a_problem_that_was_checked_is_solved_by_gauss_newton() {
        let start = DVector::from_vec(vec![-1.2, 1.0]);
        Fit.check_jacobian(&start).unwrap();
        let run = Executor::new(Fit, GaussNewton::<f64>::new())
            .configure(|state| state.param(start).max_iters(10))
            .run()
            .unwrap();
        let end = run.state().get_best_param().unwrap();
        assert!((end - DVector::from_vec(vec![1.0, 1.0])).norm() < 1e-9);
        // The Jacobian of a fit is not small at its minimum: it can be checked there too.
        Fit.check_jacobian(end).unwrap();
    }
}

#[cfg(feature = "ndarray")]
mod of_ndarray {
    use gradcheck_argmin::Numbers;
    use ndarray::{Array1, Array2, array};

    use super::*;

    fn matrix(rows: Vec<Vec<f64>>) -> Array2<f64> {
        let columns = rows[0].len();
        Array2::from_shape_vec((rows.len(), columns), rows.concat()).unwrap()
    }

    #[test]
    fn arrays_will_do_also_those_in_another_order() {
        check(&array![0.3, 0.7, -1.1], "x[1]", matrix);
        let at = array![[0.3, 0.7, -1.1], [0.2, 0.5, -0.4]];
        check(&at, "x[0,1]", matrix);
        // By columns in memory.
        let turned = array![[0.3, 0.2], [0.7, 0.5], [-1.1, -0.4]].reversed_axes();
        check(&turned, "x[0,1]", matrix);
        assert_eq!(turned.numbers(), at.numbers());
        assert_eq!(turned.with_numbers(&at.numbers()), at);
        check(&at.insert_axis(ndarray::Axis(0)), "x[0,0,1]", matrix);
        assert_eq!(Array1::<f64>::zeros(0).with_numbers(&[]).len(), 0);
    }
}
