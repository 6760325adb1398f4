//! Closures that stay on the thread that asks for the check.

use std::cell::RefCell;
use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use finite_diff::Execution;
use finite_diff::execution::{Failed, Progress};
use gradient_check::{
    CheckError, GradientCheck, GradientError, Report, Settings, VectorCheck, Verdict,
};

use super::steady;

fn cost(p: &[f64]) -> f64 {
    p[0].powi(3) * p[1] + p[2].sin()
}

fn gradient(p: &[f64]) -> [f64; 3] {
    [3.0 * p[0].powi(2) * p[1], p[0].powi(3), p[2].cos()]
}

fn wrong(p: &[f64]) -> [f64; 3] {
    [3.0 * p[0].powi(2) * p[1], p[0].powi(3), -p[2].cos()]
}

const AT: [f64; 3] = [1.5, 0.25, 0.7];

/// All of a report but what a clock says, each number to its last bit.
fn timeless(mut report: Report) -> String {
    report.elapsed = Duration::ZERO;
    format!("{report:?}")
}

#[test]
fn a_closure_may_count_and_stays_on_its_thread() {
    let (mut values, mut threads) = (0_u64, HashSet::new());
    let counted = |p: &[f64]| {
        values += 1;
        threads.insert(thread::current().id());
        cost(p)
    };
    let report = GradientCheck::single_threaded(counted, gradient)
        .at(AT)
        .threads(4)
        .assert();
    assert_eq!(report.verdict, Verdict::Agree);
    assert!(values >= report.evaluations, "{values}");
    assert_eq!(threads, HashSet::from([thread::current().id()]));
}

#[test]
fn closures_may_share_what_cannot_be_sent() {
    let tape = Rc::new(RefCell::new(Vec::new()));
    let recorded = tape.clone();
    let cost = move |p: &[f64]| {
        *recorded.borrow_mut() = p.to_vec();
        cost(p)
    };
    let played = tape.clone();
    let backward = move |p: &[f64]| {
        played.borrow_mut().clear();
        gradient(p)
    };
    GradientCheck::single_threaded(cost, backward)
        .at(AT)
        .assert();
    assert!(tape.borrow().len() <= 3);

    // One closure for both, and closures of several arrays.
    let mut scratch = vec![0.0; 3];
    let both = |p: &[f64]| {
        scratch.copy_from_slice(&gradient(p));
        (self::cost(p), scratch.clone())
    };
    GradientCheck::single_threaded_fused(both).at(AT).assert();
    let calls = Rc::new(RefCell::new(0));
    let counted = |p: &[&[f64]]| {
        *calls.borrow_mut() += 1;
        p[0][0] * p[1][0]
    };
    GradientCheck::single_threaded_of_inputs(counted, |p: &[&[f64]]| {
        vec![p[1].to_vec(), p[0].to_vec()]
    })
    .input("a", &[], [2.0])
    .input("b", &[], [3.0])
    .assert();
    assert!(*calls.borrow() > 0);
}

#[test]
fn the_report_is_that_of_other_closures_to_the_last_bit() {
    for gradient in [gradient, wrong] {
        let shared = GradientCheck::new(cost, gradient).at(AT).seed(3);
        let local = GradientCheck::single_threaded(cost, gradient)
            .at(AT)
            .seed(3);
        let (shared, local) = (shared.run().unwrap(), local.run().unwrap());
        assert_eq!(timeless(shared), timeless(local));
    }
    let single = |p: &[f32]| p[0].powi(3) * p[1];
    let gradient = |p: &[f32]| [3.0 * p[0].powi(2) * p[1], p[0].powi(3)];
    let shared = GradientCheck::new(single, gradient).at([1.5, 0.25]).run();
    let local = GradientCheck::single_threaded(single, gradient).at([1.5, 0.25]);
    assert_eq!(timeless(shared.unwrap()), timeless(local.run().unwrap()));
}

#[test]
fn a_wrong_gradient_is_reported_with_the_place_of_the_call() {
    let mut calls = 0;
    let counted = |p: &[f64]| {
        calls += 1;
        cost(p)
    };
    let check = GradientCheck::single_threaded(counted, wrong).at(AT);
    let error = check.message("epoch 3").verify().unwrap_err();
    let GradientError::Wrong(failure) = &error else {
        panic!("{error}");
    };
    assert_eq!(failure.report.worst[0].coordinate.to_string(), "x[2]");
    assert!(
        failure
            .location
            .unwrap()
            .file()
            .ends_with("single_threaded.rs")
    );
    assert!(steady(&error).starts_with("the gradient is wrong: epoch 3\n"));
}

#[test]
fn an_error_of_the_closure_comes_back() {
    #[derive(Debug, thiserror::Error)]
    #[error("no license after {0} evaluations")]
    struct NoLicense(i32);

    let mut left = 10;
    let limited = |p: &[f64]| {
        left -= 1;
        match left {
            0.. => Ok(cost(p)),
            _ => Err(NoLicense(10)),
        }
    };
    let check = GradientCheck::single_threaded(limited, gradient).at(AT);
    let error = check.run().unwrap_err();
    assert_eq!(error.caused_by::<NoLicense>().unwrap().0, 10);

    // With a slot what was measured is kept.
    let failed = Failed::new();
    let settings = Settings {
        execution: Execution {
            failure: Some(&failed),
            ..Execution::default()
        },
        ..Settings::default()
    };
    let mut all = 0;
    let counted = |p: &[f64]| {
        all += 1;
        cost(p)
    };
    GradientCheck::single_threaded(counted, gradient)
        .at(AT)
        .assert();
    let mut left = all - 10;
    let limited = |p: &[f64]| {
        left -= 1;
        match left {
            0.. => Ok(cost(p)),
            _ => Err(NoLicense(all)),
        }
    };
    let check = GradientCheck::single_threaded(limited, gradient).at(AT);
    let report = check.settings(settings).run().unwrap();
    assert!(report.interrupted);
    assert!(failed.take().is_some());
}

#[test]
fn a_run_can_be_cancelled() {
    let cancel = AtomicBool::new(false);
    let stop = |_: Progress| cancel.store(true, Ordering::Relaxed);
    let settings = Settings {
        execution: Execution {
            cancel: Some(&cancel),
            progress: Some(&stop),
            ..Execution::default()
        },
        ..Settings::default()
    };
    let mut calls = 0;
    let counted = |p: &[f64]| {
        calls += 1;
        cost(p)
    };
    let check = GradientCheck::single_threaded(counted, gradient).at(AT);
    assert!(check.settings(settings).run().unwrap().interrupted);
}

#[test]
fn panics_come_out() {
    let mut left = 5;
    let fragile = |p: &[f64]| {
        left -= 1;
        assert!(left > 0, "out of memory");
        cost(p)
    };
    let check = GradientCheck::single_threaded(fragile, gradient).at(AT);
    let payload = catch_unwind(AssertUnwindSafe(|| check.run())).unwrap_err();
    assert_eq!(payload.downcast_ref::<&str>(), Some(&"out of memory"));
    // The check can be run again; the closure still panics.
    assert!(catch_unwind(AssertUnwindSafe(|| check.run())).is_err());

    // What panics on the check's own thread, such as the caller's progress, comes out as well.
    let burst = |_: Progress| panic!("the bar is gone");
    let settings = Settings {
        execution: Execution {
            progress: Some(&burst),
            ..Execution::default()
        },
        ..Settings::default()
    };
    let check = GradientCheck::single_threaded(cost, gradient)
        .at(AT)
        .settings(settings);
    let payload = catch_unwind(AssertUnwindSafe(|| check.run())).unwrap_err();
    assert_eq!(payload.downcast_ref::<&str>(), Some(&"the bar is gone"));
}

#[test]
fn a_check_that_runs_itself_is_an_error() {
    type Check = GradientCheck<'static, f64, gradient_check::face::OneThread<'static, f64>>;
    let slot: Rc<RefCell<Option<Rc<Check>>>> = Rc::default();
    let inside = slot.clone();
    let cost = move |p: &[f64]| -> Result<f64, CheckError> {
        let check = inside.borrow().clone();
        check.map_or(Ok(()), |check| check.run().map(drop))?;
        Ok(p[0])
    };
    let check = Rc::new(GradientCheck::single_threaded(cost, |_: &[f64]| [1.0]).at([0.5]));
    *slot.borrow_mut() = Some(check.clone());
    let error = check.run().unwrap_err();
    assert!(matches!(
        error.caused_by::<CheckError>(),
        Some(CheckError::Difference(_) | CheckError::Backward { .. } | CheckError::Reentered)
    ));
    assert!(
        error
            .to_string()
            .contains("must not run the check that calls it"),
        "{error}"
    );
    slot.borrow_mut().take();
    check.assert();
}

#[test]
fn functions_of_many_values() {
    let log = RefCell::new(Vec::new());
    let check = VectorCheck::single_threaded(|x: &[f64]| {
        log.borrow_mut().push('F');
        [x[0] * x[1], x[1].sin()]
    })
    .jacobian(|x: &[f64]| {
        log.borrow_mut().push('J');
        [x[1], x[0], 0.0, x[1].cos()]
    })
    .vjp(|x: &[f64], v: &[f64]| {
        log.borrow_mut().push('v');
        [v[0] * x[1], v[0] * x[0] + v[1] * x[1].cos()]
    })
    .jvp(|x: &[f64], u: &[f64]| {
        log.borrow_mut().push('u');
        [u[0] * x[1] + x[0] * u[1], -x[1].cos() * u[1]] // the sign is wrong
    })
    .at([2.0, 0.5]);
    let report = check.run().unwrap();
    assert_eq!(report.jacobian.unwrap().verdict, Verdict::Agree);
    assert_eq!(report.vjp.unwrap().verdict, Verdict::Agree);
    assert_eq!(report.jvp.unwrap().verdict, Verdict::Disagree);
    assert_eq!(report.adjoint.unwrap().verdict(), Verdict::Disagree);
    for letter in "FJvu".chars() {
        assert!(log.borrow().contains(&letter));
    }
}
