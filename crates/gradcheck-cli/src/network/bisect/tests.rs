//! The step found is the one there is; what was measured before a stop stands.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering};

use gradient_check::Verdict;

use super::{Limit, Word, search};
use crate::network::{NetworkSpec, Outcome, Stage, Watch, prepare, run};

/// A run of a fault that shows once trained, which `stop` may end at a stage.
fn outcome(spec: NetworkSpec, stop: impl Fn(Stage) -> bool + Sync) -> Outcome {
    let memory_limit = spec.memory_limit;
    let mut prepared = prepare(&NetworkSpec {
        layers: Some(vec![30, 5, 1]),
        fault: Some("clipped-output".to_owned()),
        memory_limit: NetworkSpec::default().memory_limit,
        ..spec
    })
    .unwrap();
    // Less than the check itself takes: what is saved goes by it all the same.
    prepared.spec.memory_limit = memory_limit;
    let cancel = AtomicBool::new(false);
    let progress = |stage, _| {
        if stop(stage) {
            cancel.store(true, Ordering::Relaxed);
        }
    };
    let watch = Watch {
        cancel: &cancel,
        progress: &progress,
    };
    run(&prepared, watch).unwrap()
}

/// However little is saved and whatever the training, the step found is the one that checks of every
/// step find.
#[test]
fn the_step_is_the_one_that_a_check_of_every_step_finds() {
    let never = |_| false;
    for (optimizer, batch_size) in [
        (mlp::Optimizer::Sgd, None),
        (mlp::Optimizer::Adam, Some(20)),
    ] {
        let spec = |steps, memory_limit| NetworkSpec {
            optimizer,
            batch_size,
            steps,
            memory_limit,
            threads: NonZeroUsize::new(1),
            ..NetworkSpec::default()
        };
        let roomy = NetworkSpec::default().memory_limit;
        let wrong = |steps| {
            let outcome = outcome(spec(steps, roomy), never);
            outcome.checks[1].report.verdict == Verdict::Disagree
        };
        let expected = (1..60).find(|steps| wrong(*steps)).unwrap();
        let found = outcome(spec(60, roomy), never).since.unwrap();
        assert_eq!(
            (found.right_until, found.wrong_from),
            (Some(expected - 1), expected)
        );
        assert!(found.is_exact() && found.confirmed && found.unsteady.is_empty());
        // Room for the beginning, the middle and the end.
        let thin = outcome(spec(60, 200_000), never).since.unwrap();
        assert!(thin.not_wrong_at < expected && expected <= thin.wrong_from);
        if optimizer == mlp::Optimizer::Sgd {
            assert_eq!((thin.not_wrong_at, thin.limit), (expected - 1, None));
        }
    }
}

/// A run stopped in the middle of it keeps both checks, and the interval as far as it went.
#[test]
fn an_interrupted_bisection_stands_as_far_as_it_went() {
    let steps = 50;
    let between = |stage| matches!(stage, Stage::AfterTraining { steps: at } if at < steps);
    let outcome = outcome(
        NetworkSpec {
            steps,
            ..NetworkSpec::default()
        },
        between,
    );
    assert!(outcome.interrupted);
    assert_eq!(outcome.checks.len(), 2);
    assert_eq!(outcome.verdict(), Verdict::Disagree);
    let since = outcome.since.unwrap();
    assert_eq!(since.limit, Some(Limit::Interrupted));
    assert!(since.checks <= 1 && !since.is_exact());
    assert_eq!(since.right_until, Some(0));
}

fn bracket(steps: &[usize], last: usize, word: impl Fn(usize) -> Word) -> (usize, usize, u32) {
    let (mut low, mut high, mut asked) = (0, last, 0);
    let done: Result<(), ()> = search(steps, &mut low, &mut high, |step| {
        asked += 1;
        Ok(word(step))
    });
    assert_eq!(done, Ok(()));
    (low, high, asked)
}

/// Wherever it becomes wrong, the step is found, in as many looks as the size has bits.
#[test]
fn the_first_wrong_step_is_found() {
    for last in 1..70 {
        let steps: Vec<usize> = (0..=last).collect();
        for first_wrong in 1..=last {
            let (low, high, asked) = bracket(&steps, last, |step| match step {
                wrong if wrong >= first_wrong => Word::Wrong,
                even if even % 2 == 0 => Word::Undecided,
                _ => Word::Right,
            });
            assert_eq!((low, high), (first_wrong - 1, first_wrong));
            assert!(asked <= last.ilog2() + 1, "{last} {first_wrong} {asked}");
        }
    }
}

#[test]
fn between_saved_steps_it_stops() {
    let steps = [0, 10, 20, 30, 35];
    let found = bracket(&steps, 35, |step| match step {
        0..=13 => Word::Right,
        _ => Word::Wrong,
    });
    assert_eq!((found.0, found.1), (10, 20));
    assert_eq!(bracket(&[0, 35], 35, |_| Word::Wrong), (0, 35, 0));
    assert_eq!(bracket(&[], 35, |_| Word::Wrong), (0, 35, 0));
}

#[test]
fn what_was_found_before_a_stop_stands() {
    let steps: Vec<usize> = (0..=64).collect();
    let (mut low, mut high, mut looks) = (0, 64, 0);
    let stopped = search(&steps, &mut low, &mut high, |step| {
        looks += 1;
        match looks {
            3.. => Err("stopped"),
            _ => Ok(if step >= 13 { Word::Wrong } else { Word::Right }),
        }
    });
    assert_eq!(stopped, Err("stopped"));
    assert!(low < 13 && (13..64).contains(&high), "{low} {high}");
}
