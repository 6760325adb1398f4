//! Working copies: the point comes back whatever happens.

use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;

use finite_diff::directions::{Busy, StreamedDirection, WorkingCopy};
use finite_diff::sum::compensated_sum;
use finite_diff::{Execution, Objective, Scheme, differentiate, from_fn, try_from_fn};

use super::CHUNK;

/// Long enough for several chunks, the last one short.
const N: usize = 3 * CHUNK + 17;

fn point() -> Vec<f64> {
    (0..N).map(|i| 3.0 * (i as f64 * 0.37).sin()).collect()
}

/// Whether a probe sees θ wherever it moves nothing. J, which may fail, keeps in `seen` what it saw.
fn is_put_back<O: Objective<f64>>(copy: &WorkingCopy<'_, f64, O>, seen: &Mutex<Vec<f64>>) -> bool {
    let bits = |x: &[f64]| x.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
    // The one sees what the other moves.
    [0..1, N - 1..N].into_iter().all(|moved| {
        let before = copy.evaluations();
        let line = copy
            .along(StreamedDirection::new(1, 2, moved.clone()))
            .unwrap();
        line.value(&[0.5]).ok();
        assert_eq!(copy.evaluations(), before + 1);
        let (mut seen, mut at) = (seen.lock().unwrap().clone(), copy.point().to_vec());
        assert_ne!(seen[moved.clone()], at[moved.clone()]);
        for x in [&mut seen, &mut at] {
            x.drain(moved.clone());
        }
        bits(&seen) == bits(&at)
    })
}

fn sum_of_squares(x: &[f64]) -> f64 {
    compensated_sum(x.iter().map(|x| x * x / 2.0))
}

#[test]
fn a_probe_moves_its_range_and_nothing_else_and_puts_it_back() {
    let at = point();
    let direction = StreamedDirection::new(1, 2, 5..N - 3);
    let u: Vec<f64> = direction.entries(&at).collect();
    let seen = Mutex::new(Vec::new());
    let j = from_fn(N, |x: &[f64]| {
        *seen.lock().unwrap() = x.to_vec();
        x[0]
    });
    let copy = WorkingCopy::new(&j, &at, None).unwrap();
    for t in [1e-3, -1e-3] {
        let before = copy.evaluations();
        copy.along(direction.clone()).unwrap().value(&[t]).unwrap();
        assert_eq!(copy.evaluations(), before + 1);
        let moved = seen.lock().unwrap().clone();
        assert_eq!(moved[..5], at[..5]);
        assert_eq!(moved[N - 3..], at[N - 3..]);
        for ((moved, x), u) in moved[5..N - 3].iter().zip(&at[5..]).zip(&u) {
            assert!((moved - x - t * u).abs() < 1e-15, "{moved} {x} {u}");
        }
        assert!(is_put_back(&copy, &seen));
    }
}

#[test]
fn theta_is_put_back_where_j_fails_or_panics() {
    let at = point();
    let direction = StreamedDirection::new(1, 2, 0..N);
    let seen = Mutex::new(Vec::new());
    let see = |x: &[f64]| *seen.lock().unwrap() = x.to_vec();
    let failing = try_from_fn(N, |x: &[f64]| -> Result<f64, _> {
        see(x);
        Err("no")
    });
    let copy = WorkingCopy::new(&failing, &at, None).unwrap();
    let line = copy.along(direction.clone()).unwrap();
    assert_eq!(line.value(&[0.1]).unwrap_err().to_string(), "no");
    assert!(is_put_back(&copy, &seen));

    let first = AtomicBool::new(true);
    let panicking = from_fn(N, |x: &[f64]| {
        assert!(!first.swap(false, Ordering::Relaxed), "once");
        see(x);
        sum_of_squares(x)
    });
    let copy = WorkingCopy::new(&panicking, &at, None).unwrap();
    let line = copy.along(direction).unwrap();
    let panics = || catch_unwind(AssertUnwindSafe(|| line.value(&[0.1]))).is_err();
    assert!(panics());
    assert!(is_put_back(&copy, &seen));
    first.store(true, Ordering::Relaxed);
    assert!(panics());
    assert_eq!(line.value(&[0.0]).unwrap(), sum_of_squares(&at));
    assert!(is_put_back(&copy, &seen));
}

#[test]
fn the_bits_are_the_same_for_every_number_of_threads() {
    let at = point();
    let j = from_fn(N, sum_of_squares);
    let of = |threads| {
        let copy = WorkingCopy::new(&j, &at, NonZeroUsize::new(threads)).unwrap();
        let cost = copy.value().unwrap();
        let direction = StreamedDirection::new(1, 2, 3..N);
        let psi = copy.against(direction.clone(), &at, cost).unwrap();
        let (a, b) = (psi.value(&[1e-3]).unwrap(), psi.value(&[-1e-3]).unwrap());
        let (c, d) = (
            copy.contract(&direction, &at),
            copy.size(&StreamedDirection::new(1, 2, 0..N), &at).along,
        );
        [a, b, c, d].map(f64::to_bits)
    };
    assert_eq!(of(1), of(2));
    assert_eq!(of(1), of(3));
}

#[test]
fn what_is_left_of_a_right_gradient_is_rounding_and_of_a_wrong_one_its_error() {
    let at = point();
    let j = from_fn(N, sum_of_squares);
    let copy = WorkingCopy::new(&j, &at, None).unwrap();
    let cost = copy.value().unwrap();
    let direction = StreamedDirection::new(1, 2, 0..N);
    let one = Execution {
        threads: NonZeroUsize::new(1),
        ..Execution::default()
    };
    let error = |g: &[f64]| {
        let psi = copy.against(direction.clone(), g, cost).unwrap();
        let run = differentiate(&psi, &[0.0], &[0], &Scheme::CENTRAL, &one).unwrap();
        assert!(psi.has_moved());
        -run.entries[0].outcome.estimated().unwrap().derivative
    };
    // J = 1e5 is known to 1e-11, over h = 8e-6.
    assert!(error(&at).abs() < 1e-5);
    let mut wrong = at.clone();
    wrong[7] += 1.0;
    let u = direction.entries(&at).nth(7).unwrap();
    assert!((error(&wrong) - u).abs() < 1e-5);
    let unit: Vec<f64> = (0..N).map(|i| f64::from(u8::from(i == 7))).collect();
    assert_eq!(copy.contract(&direction, &unit), u);
    let size = copy.size(&StreamedDirection::new(1, 2, 7..9), &unit);
    let steps = [at[7].abs().max(1.0), at[8].abs().max(1.0)];
    assert!((size.along - steps[0]).abs() < 1e-15);
    assert!((size.entry - 0.5f64.sqrt()).abs() < 1e-15);
    assert!((size.steps - steps[0].hypot(steps[1])).abs() < 1e-15);
    assert_eq!(
        copy.size(&StreamedDirection::new(1, 2, 8..N + 9), &unit)
            .along,
        0.0
    );
}

#[test]
fn what_does_not_fit_is_an_error() {
    let at = [0.0; 3];
    let j = from_fn(3, sum_of_squares);
    assert!(WorkingCopy::new(&j, &at[..2], None).is_err());
    let copy = WorkingCopy::new(&j, &at, None).unwrap();
    assert!(copy.along(StreamedDirection::new(0, 0, 0..4)).is_err());
    let direction = StreamedDirection::new(0, 0, 0..3);
    assert!(copy.against(direction.clone(), &[0.0; 4], 0.0).is_err());

    // A second probe while J is evaluated for the first one, which goes on when that has its answer.
    let ((begin, begun), (answer, answered)) = (channel(), channel());
    let ends = Mutex::new(Some((begin, answered)));
    let waiting = from_fn(3, |x: &[f64]| {
        if let Some((begin, answered)) = ends.lock().unwrap().take() {
            begin.send(()).unwrap();
            answered.recv().unwrap();
        }
        sum_of_squares(x)
    });
    let copy = WorkingCopy::new(&waiting, &at, None).unwrap();
    let line = copy.along(direction).unwrap();
    std::thread::scope(|scope| {
        let first = scope.spawn(|| line.value(&[0.1]));
        begun.recv().unwrap();
        let second = line.value(&[0.1]);
        answer.send(()).unwrap();
        assert!(second.unwrap_err().is::<Busy>());
        first.join().unwrap().unwrap();
    });
    assert!(line.value(&[0.1]).is_ok());
}
