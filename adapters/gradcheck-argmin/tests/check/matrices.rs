//! Jacobians and Hessians.

use gradcheck_argmin::{
    CheckGradient, CheckHessian, CheckJacobian, Misfit, parallel_hessian_check,
    parallel_jacobian_check,
};
use gradient_check::{GradientError, Verdict};
use insta::assert_snapshot;

use crate::problems::{RIGHT, Residuals, Rosenbrock, WRONG};
use crate::text;

fn right(p: &[f64]) -> Vec<Vec<f64>> {
    vec![vec![-20.0 * p[0], 10.0], vec![-1.0, 0.0], vec![p[1], p[0]]]
}

fn start() -> Vec<f64> {
    vec![-1.2, 1.0]
}

fn misfit<R: std::fmt::Debug>(checked: Result<R, GradientError<R>>) -> Misfit {
    let Err(GradientError::Check { source, .. }) = checked else {
        panic!("{checked:?}")
    };
    source.caused_by::<Misfit>().unwrap().clone()
}

#[test]
fn a_right_jacobian_agrees() {
    let problem = Residuals(right);
    let report = problem.check_jacobian(&start()).unwrap();
    let jacobian = report.jacobian.unwrap();
    assert_eq!(jacobian.blocks[0].shape, [3, 2]);
    parallel_jacobian_check(&problem, &start()).assert();
}

#[test]
fn a_wrong_jacobian_is_found_and_said() {
    let problem = Residuals(|p| {
        let mut rows = right(p);
        rows[2].swap(0, 1);
        rows
    });
    let failure = problem.check_jacobian(&start()).unwrap_err();
    assert!(failure.to_string().contains("tests/check/matrices.rs:"));
    assert_snapshot!(text(&failure), @r#"
    the derivative is wrong
    the Jacobian: disagree
      dy/dx is wrong in 2 of 6 entries, by up to 2.2e+00 at dy/dx[2,0]
        all wrong entries are in row 2
      why: dy/dx: only 2 of 6 entries are wrong: dy/dx[2,0] is -1.2× its numeric
           derivative, dy/dx[2,1] is -0.833333× its numeric derivative; the others
           agree.
      block  shape  verdict   rel. err  worst      analytic       numeric  ± error
      dy/dx  3×2    disagree  6.0e-02   [2,0]  -1.20000e+00  +1.00000e+00  2.1e-15
      relative error 6.0e-02 over all coordinates (course: "a bug")
      detection limit: 2.3e-06 of block RMS (one coordinate), 1.0e-06 (whole block)
    to reproduce: at = [-1.2, 1.0], seed = 0
    "#);
}

#[test]
fn a_transposed_jacobian_is_no_jacobian() {
    let problem = Residuals(|p| {
        let column = |j: usize| right(p).iter().map(|row| row[j]).collect();
        vec![column(0), column(1)]
    });
    let misfit = misfit(problem.check_jacobian(&start()));
    assert_snapshot!(misfit, @"row 0 of 2 has 3 entries, but the parameter has 2: there is one row for each output, with one entry for each parameter; is it transposed?");
}

#[test]
fn ragged_rows_and_missing_rows_are_said() {
    let ragged = Residuals(|p| vec![vec![-20.0 * p[0], 10.0, -1.0], vec![0.0], vec![p[1], p[0]]]);
    assert_snapshot!(misfit(ragged.check_jacobian(&start())), @"row 0 of 3 has 3 entries, but the parameter has 2: there is one row for each output, with one entry for each parameter");
    let short = Residuals(|p| right(p)[..2].to_vec());
    assert_snapshot!(short.check_jacobian(&start()).unwrap_err(), @"the derivative could not be checked: the analytic gradient does not fit the parameters: the flat vector has 4 entries, but the layout dy/dx[3,2] has 6");
}

#[test]
fn a_hessian_is_held_against_the_gradient() {
    RIGHT.check_hessian(&start()).unwrap();
    parallel_hessian_check(&RIGHT, &start()).assert();

    // The same slip in both: the Hessian is not that of this gradient either.
    assert!(WRONG.check_gradient(&start()).is_err());
    let Err(GradientError::Wrong(failure)) = WRONG.check_hessian(&start()) else {
        panic!()
    };
    let jacobian = failure.report.jacobian.unwrap();
    assert_eq!(jacobian.worst[0].coordinate.to_string(), "dg/dx[0,0]");
    assert_eq!(jacobian.verdict, Verdict::Disagree);

    let checked = Rosenbrock { inner: 2.0 }.check_hessian_with(&start(), |check| check.seed(3));
    assert!(checked.is_ok());
}
