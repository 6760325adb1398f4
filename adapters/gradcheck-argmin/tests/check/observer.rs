//! Checks on the way of a solver.

use argmin::core::observers::ObserverMode;
use argmin::core::{CostFunction, Error, Executor, Gradient};
use argmin::solver::linesearch::MoreThuenteLineSearch;
use argmin::solver::quasinewton::{BFGS, LBFGS};
use gradcheck_argmin::{CheckGradient, GradientObserver};
use gradient_check::{GradientError, Verdict};
use insta::assert_snapshot;

use crate::problems::{RIGHT, Rosenbrock, WRONG};
use crate::text;

/// Right until x > 0, as where a limit is forgotten.
#[derive(Clone)]
struct WrongLater;

impl CostFunction for WrongLater {
    type Param = Vec<f64>;
    type Output = f64;

    fn cost(&self, p: &Vec<f64>) -> Result<f64, Error> {
        RIGHT.cost(p)
    }
}

impl Gradient for WrongLater {
    type Param = Vec<f64>;
    type Gradient = Vec<f64>;

    fn gradient(&self, p: &Vec<f64>) -> Result<Vec<f64>, Error> {
        if p[0] > 0.0 { WRONG } else { RIGHT }.gradient(p)
    }
}

fn start() -> Vec<f64> {
    vec![-1.2, 1.0]
}

#[test]
fn a_right_gradient_is_confirmed_on_the_way_by_bfgs() {
    let observer = GradientObserver::new(RIGHT).configure(|check| check.seed(5));
    let log = observer.log();
    let run = Executor::new(RIGHT, BFGS::new(MoreThuenteLineSearch::new()))
        .configure(|state| {
            let identity = vec![vec![1.0, 0.0], vec![0.0, 1.0]];
            state.param(start()).inv_hessian(identity).max_iters(60)
        })
        .add_observer(observer, ObserverMode::Every(5))
        .run()
        .unwrap();
    assert!(run.state().get_best_cost() < 1e-15);
    let steps: Vec<u64> = log.iterates().iter().map(|checked| checked.steps).collect();
    assert_eq!(steps[..4], [0, 1, 6, 11]);
    let agree =
        |checked: &gradcheck_argmin::CheckedIterate| checked.report.verdict == Verdict::Agree;
    assert!(log.iterates().iter().take(5).all(agree));
}

#[test]
fn a_gradient_that_is_wrong_from_the_start_stops_before_the_first_step() {
    let observer = GradientObserver::new(WRONG);
    let log = observer.log();
    let run = Executor::new(WRONG, LBFGS::new(MoreThuenteLineSearch::new(), 7))
        .configure(|state| state.param(start()))
        .add_observer(observer, ObserverMode::Never)
        .run();
    let error = run.err().unwrap();
    let error: &GradientError = error.downcast_ref().unwrap();
    assert!(matches!(error, GradientError::Wrong(_)));
    assert_snapshot!(text(error).lines().next().unwrap(), @"the gradient is wrong: after 0 steps");
    assert_eq!(log.iterates().len(), 1);
}

#[test]
fn a_gradient_that_is_wrong_later_is_found_later() {
    WrongLater.check_gradient(&start()).unwrap();
    let observer = GradientObserver::new(WrongLater);
    let log = observer.log();
    let run = Executor::new(WrongLater, LBFGS::new(MoreThuenteLineSearch::new(), 7))
        .configure(|state| state.param(start()).max_iters(60))
        .add_observer(observer, ObserverMode::Always)
        .run();
    assert!(run.is_err());
    let iterates = log.iterates();
    let (last, before) = iterates.split_last().unwrap();
    assert!(before.len() > 5);
    assert!(
        before
            .iter()
            .all(|checked| checked.report.verdict == Verdict::Agree)
    );
    assert_eq!(last.report.verdict, Verdict::Disagree);
}

#[test]
fn what_is_undecided_stops_nothing() {
    // The minimum itself.
    let observer = GradientObserver::new(RIGHT);
    let log = observer.log();
    let run = Executor::new(
        Rosenbrock { inner: 2.0 },
        LBFGS::new(MoreThuenteLineSearch::new(), 7),
    )
    .configure(|state| state.param(vec![1.0, 1.0]).max_iters(1))
    .add_observer(observer, ObserverMode::Always)
    .run();
    assert!(run.is_ok());
    assert!(matches!(
        log.iterates()[0].report.verdict,
        Verdict::Inconclusive(_)
    ));
}
