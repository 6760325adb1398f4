//! Gradients: right, wrong, failing, without numbers, and of problems that stay on their thread.

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};

use anyhow::Context;
use argmin::core::{CostFunction, Error, Gradient};
use gradcheck_argmin::{CheckGradient, Misfit, ProblemError, parallel_gradient_check};
use gradient_check::{CheckError, GradientError, Reason, Verdict};
use insta::assert_snapshot;

use crate::problems::{Functions, RIGHT, WRONG};
use crate::text;

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("no data beyond {0}")]
struct NoData(f64);

fn start() -> Vec<f64> {
    vec![-1.2, 1.0]
}

fn unchecked<R>(checked: Result<R, GradientError<R>>) -> CheckError {
    match checked {
        Err(GradientError::Check { source, .. }) => source,
        _ => panic!("it could be checked"),
    }
}

#[test]
fn a_right_gradient_agrees_on_one_thread_and_on_many() {
    let here = RIGHT.check_gradient(&start()).unwrap();
    let mut everywhere = parallel_gradient_check(&RIGHT, &start()).verify().unwrap();
    assert_eq!(here.verdict, Verdict::Agree);
    everywhere.elapsed = here.elapsed;
    assert_eq!(here, everywhere);
}

#[test]
fn a_wrong_gradient_is_found_and_said() {
    let failure = WRONG.check_gradient(&start()).unwrap_err();
    assert!(failure.to_string().contains("tests/check/gradient.rs:"));
    assert_snapshot!(text(&failure), @r#"
    the gradient is wrong
      x is wrong in 1 of 2 entries, by up to 1.1e+02 at x[0]
      why: dx: only 1 of 2 entries is wrong: x[0] is 0.510204× its numeric
           derivative; the other agrees.
      block  shape  verdict   rel. err  worst      analytic       numeric  ± error
      x      2      disagree  2.8e-01   [0]    -1.10000e+02  -2.15600e+02  2.8e-12
      relative error 2.8e-01 over all coordinates (course: "a bug")
      detection limit: 1.0e-06 of block RMS (one coordinate), 1.9e-06 (whole block)
      directional test: also fails, along x, by up to 9.3e-01 of g·u
    to reproduce: at = [-1.2, 1.0], seed = 0
    "#);
}

#[test]
fn settings_are_those_of_the_face() {
    let named = WRONG.check_gradient_with(&start(), |check| {
        check
            .blocks(&[("a", &[]), ("b", &[])])
            .seed(7)
            .message("before L-BFGS")
    });
    let Err(GradientError::Wrong(failure)) = named else {
        panic!()
    };
    assert_eq!(failure.report.worst[0].coordinate.to_string(), "a");
    assert_eq!(failure.report.blocks[1].verdict, Verdict::Agree);
    assert_eq!(failure.seed, 7);
    assert_eq!(failure.message.as_deref(), Some("before L-BFGS"));
}

#[test]
fn the_problem_s_own_error_comes_back() {
    let problem = Functions::new(
        |p: &[f64]| match p[0] {
            x if x > 1.0 => Err(NoData(1.0).into()),
            x => Ok(x * x),
        },
        |p| Ok(vec![2.0 * p[0]]),
    );
    // At the point itself, and at a probe beside it.
    for at in [1.5, 1.0] {
        let error = unchecked(problem.check_gradient(&vec![at]));
        assert_eq!(error.caused_by(), Some(&NoData(1.0)));
        assert_eq!(error.caused_by::<ProblemError>().unwrap().method, "cost");
    }
    let error = unchecked(problem.check_gradient(&vec![1.5]));
    assert_snapshot!(error, @"the objective failed at the point itself: `cost` failed: no data beyond 1");

    let problem = Functions::new(
        |p: &[f64]| Ok(p[0] * p[0]),
        |_| Err(NoData(2.0)).context("the backward pass"),
    );
    let error = unchecked(problem.check_gradient(&vec![1.5]));
    assert_eq!(error.caused_by(), Some(&NoData(2.0)));
    assert_snapshot!(error, @"the first backward pass failed: `gradient` failed: the backward pass: no data beyond 2");
}

#[test]
fn what_is_no_number_is_undecided_on_one_side_and_wrong_on_the_other() {
    let cost = Functions::new(|_: &[f64]| Ok(f64::NAN), |_| Ok(vec![1.0]));
    let Err(GradientError::Undecided(failure)) = cost.check_gradient(&vec![0.5]) else {
        panic!()
    };
    assert_eq!(
        failure.report.verdict,
        Verdict::Inconclusive(Reason::NonFinite)
    );
    let gradient = Functions::new(|p: &[f64]| Ok(p[0]), |_| Ok(vec![f64::NAN]));
    let checked = gradient.check_gradient(&vec![0.5]);
    assert!(matches!(checked, Err(GradientError::Wrong(_))));
}

#[test]
fn lengths_that_do_not_fit_are_said() {
    let problem = Functions::new(|p: &[f64]| Ok(p.iter().sum()), |p| Ok(vec![1.0; p.len()]));
    let error = unchecked(problem.check_gradient(&Vec::new()));
    assert!(matches!(error, CheckError::NoPoint));

    let short = Functions::new(|p: &[f64]| Ok(p[0] + p[1]), |_| Ok(vec![1.0]));
    assert!(short.check_gradient(&vec![0.5, 1.0]).is_err());

    let moved = problem.check_gradient_with(&vec![0.5, 1.0], |check| {
        check.blocks(&[("x", &[3])]).at([0.5, 1.0, 2.0])
    });
    let error = unchecked(moved);
    assert_eq!(
        error.caused_by(),
        Some(&Misfit::Point {
            got: 3,
            expected: 2
        })
    );
}

#[test]
fn single_precision_is_confirmed_to_what_its_noise_allows() {
    let checked = |factor: f32| {
        let problem = Functions::new(
            |p: &[f32]| Ok(p.iter().map(|x| x.sin()).sum()),
            move |p| Ok(p.iter().map(|x| factor * x.cos()).collect()),
        );
        problem.check_gradient(&vec![0.3, 0.7, -1.1])
    };
    assert!(matches!(checked(1.01), Err(GradientError::Wrong(_))));
    let agreed = checked(1.0).unwrap().agrees_to().unwrap();
    assert!((1e-6..1e-2).contains(&agreed), "{agreed}");
}

#[test]
fn a_gradient_in_single_precision_beside_a_cost_in_double_is_confirmed() {
    struct Mixed {
        factor: f32,
    }

    impl CostFunction for Mixed {
        type Param = Vec<f64>;
        type Output = f64;

        fn cost(&self, p: &Vec<f64>) -> Result<f64, Error> {
            Ok(p.iter().map(|x| x.sin()).sum())
        }
    }

    impl Gradient for Mixed {
        type Param = Vec<f64>;
        type Gradient = Vec<f32>;

        fn gradient(&self, p: &Vec<f64>) -> Result<Vec<f32>, Error> {
            Ok(p.iter().map(|x| self.factor * (*x as f32).cos()).collect())
        }
    }

    let at = vec![0.25, 0.75, -1.125];
    Mixed { factor: 1.0 }.check_gradient(&at).unwrap();
    let wrong = Mixed { factor: 1.01 }.check_gradient(&at);
    assert!(matches!(wrong, Err(GradientError::Wrong(_))));
}

#[test]
fn a_problem_that_can_t_leave_its_thread_is_checked() {
    let problem = Functions::new(
        |p: &[f64]| Ok(p[0].powi(3)),
        |p| Ok(vec![3.0 * p[0] * p[0]]),
    );
    problem.check_gradient(&vec![1.5]).unwrap();
    assert!(*problem.calls.borrow() > 10);
}

#[test]
fn a_gradient_that_piles_up_is_found() {
    let buffer = RefCell::new(0.0);
    let problem = Functions::new(
        |p: &[f64]| Ok(p[0].powi(3)),
        move |p| {
            *buffer.borrow_mut() += 3.0 * p[0] * p[0];
            Ok(vec![*buffer.borrow()])
        },
    );
    let Err(GradientError::Wrong(failure)) = problem.check_gradient(&vec![1.5]) else {
        panic!()
    };
    let structure = failure.report.structure.unwrap();
    assert_eq!(structure.findings[0].name(), "accumulates");
}

#[test]
fn a_panic_is_passed_on_from_either_side() {
    let calls = Cell::new(0);
    let problem = Functions::new(
        move |p: &[f64]| {
            calls.set(calls.get() + 1);
            assert!(calls.get() < 5, "enough");
            Ok(p[0])
        },
        |_| Ok(vec![1.0]),
    );
    let caught = catch_unwind(AssertUnwindSafe(|| problem.check_gradient(&vec![1.5])));
    assert_eq!(caught.unwrap_err().downcast_ref(), Some(&"enough"));

    let configure =
        AssertUnwindSafe(|| RIGHT.check_gradient_with(&start(), |_| panic!("in the settings")));
    let caught = catch_unwind(configure);
    assert_eq!(caught.unwrap_err().downcast_ref(), Some(&"in the settings"));
}

#[test]
fn a_check_that_is_kept_knows_that_its_problem_is_gone() {
    let mut kept = None;
    RIGHT
        .check_gradient_with(&start(), |check| {
            kept = Some(check);
            gradient_check::GradientCheck::new(|p: &[f64]| p[0], |_: &[f64]| [1.0]).at([0.5])
        })
        .unwrap();
    let error = kept.unwrap().run().unwrap_err();
    assert_eq!(error.caused_by(), Some(&Misfit::Gone));
}

#[test]
fn checks_from_all_threads_of_a_pool_at_once_do_not_wait_for_each_other() {
    let verdicts = rayon::broadcast(|_| {
        let problem = Functions::new(
            |p: &[f64]| Ok(p.iter().map(|x| x.sin()).sum()),
            |p| Ok(p.iter().map(|x| x.cos()).collect()),
        );
        let short = RIGHT.check_gradient(&start()).unwrap();
        let long = problem
            .check_gradient_with(&vec![0.3; 5000], |check| check.sample(50))
            .unwrap();
        [short.verdict, long.verdict]
    });
    assert!(verdicts.concat().iter().all(|v| *v == Verdict::Agree));
}
