//! A training taken up again has the same bits, and the step found is the one there is.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

use finite_diff::Execution;
use gradient_check::Verdict;
use mlp::{
    Activation, Architecture, Batch, DropoutMasks, Initialization, Loss, Optimizer, Parameters,
    TrainingOptions,
};

use super::history::{History, again, updates_again};
use super::{Limit, Outcome, Stage, TrainedCheck};
use crate::NetworkCheck;
use crate::fixture::{FEATURES, batch};

fn network() -> Architecture {
    let widths = [FEATURES, 5, 1];
    let network = Architecture::new(&widths, Activation::Relu, Loss::BinaryCrossEntropy);
    network.unwrap().with_l2(0.01).unwrap()
}

struct Fixture {
    architecture: Architecture,
    batch: Batch<f64>,
    masks: Option<DropoutMasks<f64>>,
    training: TrainingOptions,
}

impl Fixture {
    fn new(training: TrainingOptions) -> Self {
        let (architecture, batch) = (network(), batch());
        let examples = batch.examples();
        let draw = || DropoutMasks::draw(&architecture, examples, training.keep_prob, 0).unwrap();
        Self {
            masks: (training.keep_prob < 1.0).then(draw),
            batch,
            architecture,
            training,
        }
    }

    fn check(&self) -> TrainedCheck<'_> {
        let check = NetworkCheck {
            masks: self.masks.as_ref(),
            execution: Execution::ONE_THREAD,
            ..NetworkCheck::new(&self.architecture, &self.batch)
        };
        let start = mlp::initialize(&self.architecture, Initialization::He, 0).unwrap();
        TrainedCheck::new(check, start, self.training.clone())
    }
}

fn training(optimizer: Optimizer, batch_size: Option<usize>, keep_prob: f64) -> TrainingOptions {
    TrainingOptions {
        optimizer,
        learning_rate: if optimizer == Optimizer::Adam {
            0.2
        } else {
            0.3
        },
        steps: 20,
        batch_size,
        keep_prob,
        ..TrainingOptions::default()
    }
}

/// Every step of the training as it is without interruption.
fn uninterrupted(trained: &TrainedCheck<'_>) -> Vec<Parameters<f64>> {
    let mut all = Vec::new();
    mlp::train_observed(
        trained.check.architecture,
        trained.start.clone(),
        trained.check.batch,
        &trained.training,
        |_, parameters, _| {
            all.push(parameters.clone());
            ControlFlow::Continue(())
        },
    )
    .unwrap();
    all
}

/// With every rule, with mini-batches and with dropout: the steps between have the bits that they had.
#[test]
fn a_training_taken_up_again_has_the_same_bits() {
    for &optimizer in Optimizer::ALL {
        for (batch_size, keep_prob) in [(None, 1.0), (Some(7), 1.0), (None, 0.8)] {
            let fixture = Fixture::new(training(optimizer, batch_size, keep_prob));
            let trained = fixture.check();
            let all = uninterrupted(&trained);
            for (from, to) in [(0, 20), (8, 13), (19, 20)] {
                let between = again(&trained, (from, &all[from]), (to, &all[to]));
                let between = between.unwrap().unwrap();
                assert_eq!(between.steps(), (from..=to).collect::<Vec<_>>());
                for (step, before) in all.iter().enumerate().take(to + 1).skip(from) {
                    assert_eq!(between.at(step), Some(before), "{optimizer}, {step}");
                }
            }
            let plain = optimizer == Optimizer::Sgd && batch_size.is_none() && keep_prob == 1.0;
            assert_eq!(updates_again(&trained, 8, 13), if plain { 5 } else { 13 });
        }
    }
}

#[test]
fn a_training_that_leads_elsewhere_or_is_canceled_is_not_used() {
    let fixture = Fixture::new(training(Optimizer::Sgd, None, 1.0));
    let mut trained = fixture.check();
    let all = uninterrupted(&trained);
    assert!(
        again(&trained, (8, &all[7]), (13, &all[13]))
            .unwrap()
            .is_none()
    );
    let cancel = AtomicBool::new(true);
    trained.check.execution.cancel = Some(&cancel);
    assert!(
        again(&trained, (8, &all[8]), (13, &all[13]))
            .unwrap()
            .is_none()
    );
}

#[test]
fn little_memory_saves_the_ends_and_the_middle() {
    let fixture = Fixture::new(training(Optimizer::Sgd, None, 1.0));
    let mut trained = fixture.check();
    let all = uninterrupted(&trained);
    let saved = |trained: &TrainedCheck<'_>| {
        let mut history = History::of_training(trained);
        for (step, parameters) in all.iter().enumerate() {
            history.offer(step, parameters);
        }
        history.steps()
    };
    assert_eq!(saved(&trained).len(), 21);
    let one = 8 * fixture.architecture.parameter_count() as u64;
    trained.history_bytes = 5 * one;
    assert_eq!(saved(&trained), [0, 5, 10, 15, 20]);
    trained.history_bytes = 1;
    assert_eq!(saved(&trained), [0, 10, 20]);
}

/// A run of a fault that shows once trained, which `stop` may end at a stage.
fn outcome(
    training: &TrainingOptions,
    history_bytes: u64,
    stop: impl Fn(Stage) -> bool + Sync,
) -> Outcome {
    let fixture = Fixture::new(training.clone());
    let cancel = AtomicBool::new(false);
    let mut trained = fixture.check();
    trained.check.fault = mlp_faults::find("clipped-output");
    trained.check.execution.cancel = Some(&cancel);
    trained.history_bytes = history_bytes;
    let progress = |stage, _| {
        if stop(stage) {
            cancel.store(true, Ordering::Relaxed);
        }
    };
    trained.run(&progress).unwrap()
}

/// However little is saved and whatever the training, the step found is the one that checks of every
/// step find.
#[test]
fn the_step_is_the_one_that_a_check_of_every_step_finds() {
    let never = |_| false;
    for (optimizer, batch_size) in [(Optimizer::Sgd, None), (Optimizer::Adam, Some(20))] {
        let of = |steps| TrainingOptions {
            steps,
            ..training(optimizer, batch_size, 1.0)
        };
        let wrong = |steps| {
            let outcome = outcome(&of(steps), TrainedCheck::HISTORY_BYTES, never);
            outcome.checks[1].1.report.verdict == Verdict::Disagree
        };
        let expected = (1..60).find(|steps| wrong(*steps)).unwrap();
        assert!(expected > 1, "{optimizer}: wrong from the beginning");
        let found = outcome(&of(60), TrainedCheck::HISTORY_BYTES, never);
        let found = found.onset.unwrap();
        assert_eq!(
            (found.right_until, found.wrong_from),
            (Some(expected - 1), expected)
        );
        assert!(found.is_exact() && found.confirmed && found.unsteady.is_empty());
        // Room for the beginning, the middle and the end.
        let thin = outcome(&of(60), 0, never).onset.unwrap();
        assert!(thin.not_wrong_at < expected && expected <= thin.wrong_from);
        if optimizer == Optimizer::Sgd {
            assert_eq!((thin.not_wrong_at, thin.limit), (expected - 1, None));
        }
    }
}

/// A run stopped in the middle of it keeps both checks, and the interval as far as it went.
#[test]
fn an_interrupted_bisection_stands_as_far_as_it_went() {
    let training = TrainingOptions {
        steps: 60,
        ..training(Optimizer::Sgd, None, 1.0)
    };
    let between = |stage| matches!(stage, Stage::AfterTraining { steps: at } if at < 60);
    let outcome = outcome(&training, TrainedCheck::HISTORY_BYTES, between);
    assert!(outcome.interrupted);
    assert_eq!(outcome.checks.len(), 2);
    assert_eq!(outcome.verdict(false), Verdict::Disagree);
    let onset = outcome.onset.unwrap();
    assert_eq!(onset.limit, Some(Limit::Interrupted));
    assert!(onset.checks <= 1 && !onset.is_exact());
    assert_eq!(onset.right_until, Some(0));
}
