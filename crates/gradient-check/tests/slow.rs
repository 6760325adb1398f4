//! Objectives that take long, as a model on another machine does: so many evaluations are under way as there are
//! threads, with the same bits as one after the other; and what was measured before one failed is kept.

#![allow(clippy::unwrap_used, reason = "a failure is a failed test")]

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use finite_diff::execution::Failed;
use finite_diff::noise::measure_noise;
use finite_diff::{
    DifferenceError, EvaluationError, Execution, Noise, ParameterLayout, Scheme, differentiate,
    differentiate_finely, from_fn,
};
use gradient_check::check::measure_gradient_noise;
use gradient_check::subject::from_objective;
use gradient_check::{Reason, Report, Settings, VectorCheck, Verdict, check_subject};

const THREADS: usize = 8;

/// How many evaluations are under way, and were at most.
#[derive(Default)]
struct Gauge {
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Gauge {
    fn sleep(&self) {
        let now = 1 + self.now.fetch_add(1, Ordering::SeqCst);
        self.most.fetch_max(now, Ordering::SeqCst);
        std::thread::sleep(Duration::from_millis(2));
        self.now.fetch_sub(1, Ordering::SeqCst);
    }

    fn most(&self) -> usize {
        self.most.swap(0, Ordering::SeqCst)
    }
}

fn threads(threads: usize) -> Execution<'static> {
    Execution {
        threads: NonZeroUsize::new(threads),
        ..Execution::default()
    }
}

fn j(x: &[f64]) -> f64 {
    let terms = x.iter().enumerate();
    terms.map(|(i, x)| (x * (1.0 + 0.1 * i as f64)).sin()).sum()
}

fn gradient(x: &[f64]) -> Vec<f64> {
    let entry = |(i, x): (usize, &f64)| {
        let a = 1.0 + 0.1 * i as f64;
        a * (a * x).cos()
    };
    x.iter().enumerate().map(entry).collect()
}

const AT: [f64; 5] = [0.3, 0.7, -0.4, 1.1, 0.2];

/// What `measure` gives on many threads and on one, and the most evaluations that were under way.
fn both<R>(gauge: &Gauge, measure: impl Fn(&Execution<'_>) -> R) -> (R, R, usize) {
    let many = measure(&threads(THREADS));
    let most = gauge.most();
    let one = measure(&threads(1));
    assert_eq!(gauge.most(), 1);
    (many, one, most)
}

#[test]
fn each_phase_has_all_threads_in_flight_and_the_bits_of_one() {
    let gauge = Gauge::default();
    let slow = from_fn(5, |x: &[f64]| {
        gauge.sleep();
        j(x)
    });
    let (many, one, most) = both(&gauge, |e| measure_noise(&slow, &AT, 3, e).unwrap());
    assert_eq!(many, one);
    assert!(most >= THREADS - 1, "noise: {most}");

    let field = |x: &[f64]| {
        gauge.sleep();
        Ok(gradient(x))
    };
    let (many, one, most) = both(&gauge, |e| {
        measure_gradient_noise(field, &AT, None, 3, e).unwrap()
    });
    assert_eq!(many, one);
    assert!(most >= THREADS - 1, "gradient noise: {most}");

    // Fewer coordinates than threads: the probes of one are pieces of their own.
    let (many, one, most) = both(&gauge, |e| {
        differentiate(&slow, &AT, &[0, 3, 4], &Scheme::CENTRAL, e).unwrap()
    });
    assert_eq!(many, one);
    assert!(most >= THREADS - 1, "differences: {most}");
    let (many, one, most) = both(&gauge, |e| {
        differentiate_finely(&slow, &AT, &[2], Noise::default(), e).unwrap()
    });
    assert_eq!(many, one);
    assert!(most >= THREADS - 1, "ladder: {most}");
}

fn without_time(report: Report) -> Report {
    Report {
        elapsed: Duration::ZERO,
        ..report
    }
}

#[test]
fn a_whole_check_is_the_same_for_any_number_of_threads() {
    let gauge = Gauge::default();
    let layout = ParameterLayout::new()
        .with("a", &[3])
        .and_then(|layout| layout.with("b", &[2]))
        .unwrap();
    for wrong in [false, true] {
        let value = |x: &[f64]| {
            gauge.sleep();
            j(x)
        };
        let subject = from_objective(from_fn(5, value), move |x: &[f64]| gauge_free(x, wrong));
        let (many, one, most) = both(&gauge, |execution| {
            let settings = Settings {
                execution: *execution,
                ..Settings::exact()
            };
            without_time(check_subject(&subject, &AT, &layout, &settings).unwrap())
        });
        // As text, since it holds what is no number.
        assert_eq!(format!("{many:?}"), format!("{one:?}"));
        assert_eq!(many.verdict == Verdict::Disagree, wrong);
        assert!(most >= THREADS - 1, "{most}");
    }
}

fn gauge_free(x: &[f64], wrong: bool) -> Result<Vec<f64>, EvaluationError> {
    let mut gradient = gradient(x);
    if wrong {
        gradient[3] *= 1.01;
    }
    Ok(gradient)
}

#[test]
fn the_products_of_a_function_of_many_values_take_all_threads_too() {
    let gauge = Gauge::default();
    let check = VectorCheck::new(|x: &[f64]| {
        gauge.sleep();
        [x[0] * x[1], x[1].sin()]
    })
    .jvp(|x: &[f64], u: &[f64]| [u[0] * x[1] + x[0] * u[1], x[1].cos() * u[1]])
    .vjp(|x: &[f64], v: &[f64]| [v[0] * x[1], v[0] * x[0] + v[1] * x[1].cos()])
    .at([2.0, 0.5])
    .threads(THREADS);
    assert_eq!(check.run().unwrap().verdict(), Verdict::Agree);
    assert!(gauge.most() >= THREADS - 1);
}

/// An evaluation from the `k`-th on fails.
fn hangs_up(calls: &AtomicUsize, k: usize) -> Result<(), EvaluationError> {
    match calls.fetch_add(1, Ordering::SeqCst) < k {
        true => Ok(()),
        false => Err("the server hung up".into()),
    }
}

#[test]
fn wherever_it_fails_the_run_ends_and_what_was_found_wrong_stays_wrong() {
    let layout = ParameterLayout::new()
        .with("a", &[3])
        .and_then(|layout| layout.with("b", &[2]))
        .unwrap();
    for wrong in [false, true] {
        let run = |k: usize, threads: usize| {
            let calls = AtomicUsize::new(0);
            let value = |x: &[f64]| hangs_up(&calls, k).map(|()| j(x));
            let objective = finite_diff::try_from_fn(5, value);
            let subject = from_objective(objective, |x: &[f64]| {
                hangs_up(&calls, k)?;
                gauge_free(x, wrong)
            });
            let failed = Failed::new();
            let settings = Settings {
                execution: Execution {
                    threads: NonZeroUsize::new(threads),
                    failure: Some(&failed),
                    ..Execution::default()
                },
                ..Settings::exact()
            };
            let report = check_subject(&subject, &AT, &layout, &settings);
            (report, failed.take(), calls.load(Ordering::SeqCst))
        };
        let (whole, error, calls) = run(usize::MAX, 1);
        let whole = whole.unwrap();
        assert!(error.is_none() && !whole.interrupted);
        let mut found_wrong = false;
        for k in 0..calls {
            let (report, error, made) = run(k, 1);
            // The one that failed, one more to see whether J is gone, and where noise far away is measured
            // one on each of the two other lines.
            assert!(made <= k + 4, "{k}: {made}");
            match report {
                Err(_) => assert!(error.is_none() && !found_wrong, "{k}"),
                Ok(report) => {
                    assert!(report.interrupted, "{k}");
                    assert!(error.is_some(), "{k}");
                    let is_wrong = report.verdict == Verdict::Disagree;
                    assert!(!found_wrong || is_wrong, "{k}");
                    assert!(
                        is_wrong || report.verdict == Verdict::Inconclusive(Reason::Interrupted),
                        "{k}: {:?}",
                        report.verdict
                    );
                    assert!(wrong || !is_wrong, "{k}");
                    found_wrong |= is_wrong;
                }
            }
        }
        assert_eq!(found_wrong, wrong);
        // More than one thread: it ends, and the error is there.
        for k in (0..calls).step_by(7) {
            let (report, error, _) = run(k, 4);
            assert!(report.map_or(true, |report| report.interrupted && error.is_some()));
        }
    }
}

#[test]
fn the_error_kept_is_that_of_the_lowest_coordinate_and_others_are_measured() {
    let gauge = Gauge::default();
    for is_slow in [false, true] {
        let j = finite_diff::try_from_fn(9, |x: &[f64]| {
            if is_slow {
                gauge.sleep();
            }
            let bad = (4..7).find(|&i| x[i] != 0.5);
            bad.map_or(Ok(x[0]), |i| Err(format!("no {i}")))
        });
        for n in [1, 2, THREADS] {
            let failed = Failed::new();
            let execution = Execution {
                failure: Some(&failed),
                ..threads(n)
            };
            let all: Vec<usize> = (0..9).collect();
            let run = differentiate(&j, &[0.5; 9], &all, &Scheme::CENTRAL, &execution).unwrap();
            assert!(run.interrupted && run.entries.len() >= 4);
            let Some(DifferenceError::Probe {
                coordinate: 4,
                side,
                ..
            }) = failed.take()
            else {
                panic!("another error")
            };
            assert_eq!(side.offset, -1);
            let again = differentiate(&j, &[0.5; 9], &[8], &Scheme::CENTRAL, &execution).unwrap();
            assert!(!again.interrupted);
        }
    }
}
