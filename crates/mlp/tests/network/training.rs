//! Training goes down, and gives the same bits again.

use std::ops::ControlFlow;

use mlp::{
    Activation, Architecture, Batch, Initialization, Loss, Optimizer, Training, TrainingOptions,
    initialize, train, train_observed,
};

use tensor_core::Matrix;

fn net() -> Architecture {
    Architecture::new(&[3, 6, 2], Activation::Tanh, Loss::SoftmaxCrossEntropy).unwrap()
}

/// Two classes that a curve parts.
fn batch() -> Batch<f64> {
    let x = Matrix::from_fn(3, 12, |i, j| ((i * 37 + j * 101) as f64 * 0.37).sin()).unwrap();
    let first: Vec<_> = (0..12).map(|j| x[(0, j)] > x[(1, j)] * x[(1, j)]).collect();
    let y = Matrix::from_fn(2, 12, |i, j| f64::from(first[j] == (i == 0))).unwrap();
    Batch::new(x, y).unwrap()
}

fn options(optimizer: Optimizer) -> TrainingOptions {
    let learning_rate = if optimizer == Optimizer::Adam {
        0.02
    } else {
        0.5
    };
    TrainingOptions {
        optimizer,
        learning_rate,
        steps: 300,
        ..TrainingOptions::default()
    }
}

fn run(options: &TrainingOptions) -> Training<f64> {
    let parameters = initialize(&net(), Initialization::Xavier, 5).unwrap();
    train(&net(), parameters, &batch(), options).unwrap()
}

#[test]
fn each_optimizer_lowers_the_cost() {
    for &optimizer in Optimizer::ALL {
        let curve = run(&options(optimizer)).curve;
        let (first, last) = (curve[0], curve[curve.len() - 1]);
        assert!(
            last.cost < 0.2 * first.cost,
            "{optimizer}: {} to {}",
            first.cost,
            last.cost
        );
        assert_eq!((first.step, last.step, curve.len()), (0, 300, 301));
    }
}

#[test]
fn the_same_seed_gives_the_same_bits() {
    let with = |seed| TrainingOptions {
        batch_size: Some(5),
        keep_prob: 0.8,
        seed,
        ..options(Optimizer::Adam)
    };
    assert_eq!(run(&with(1)), run(&with(1)));
    assert_ne!(run(&with(1)).parameters, run(&with(2)).parameters);
}

#[test]
fn mini_batches_lower_the_cost_of_all() {
    let options = TrainingOptions {
        batch_size: Some(5),
        ..options(Optimizer::Momentum)
    };
    let curve = run(&options).curve;
    assert!(curve[curve.len() - 1].cost < 0.3 * curve[0].cost);
}

#[test]
fn an_observer_sees_each_step_and_can_stop() {
    let parameters = initialize(&net(), Initialization::Xavier, 5).unwrap();
    let (batch, options) = (batch(), options(Optimizer::Sgd));
    let mut seen = Vec::new();
    let training = train_observed(
        &net(),
        parameters.clone(),
        &batch,
        &options,
        |step, at, cost| {
            // All examples, no dropout: the cost is the cost at these parameters.
            assert_eq!(cost, mlp::cost(&net(), at, &batch, None).unwrap());
            seen.push(step);
            if step == 3 {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        },
    );
    let training = training.unwrap();
    assert_eq!(seen, [0, 1, 2, 3]);
    assert_eq!(training.curve.len(), 4);
    let three = TrainingOptions {
        steps: 3,
        ..options
    };
    assert_eq!(train(&net(), parameters, &batch, &three).unwrap(), training);
}

#[test]
fn single_precision_trains_too() {
    let parameters = initialize(&net(), Initialization::Xavier, 5)
        .unwrap()
        .cast::<f32>();
    let batch = batch().cast::<f32>();
    let curve = train(&net(), parameters, &batch, &options(Optimizer::Adam))
        .unwrap()
        .curve;
    assert!(curve[curve.len() - 1].cost < 0.2 * curve[0].cost);
}

/// A memoryless training begun at the parameters of a step goes on with the same bits; the others don't.
#[test]
fn a_memoryless_training_can_be_taken_up_again() {
    let batch = batch();
    for &optimizer in Optimizer::ALL {
        for (batch_size, keep_prob) in [(None, 1.0), (Some(12), 1.0), (Some(5), 1.0), (None, 0.8)] {
            let whole = TrainingOptions {
                steps: 20,
                batch_size,
                keep_prob,
                ..options(optimizer)
            };
            let parameters = initialize(&net(), Initialization::Xavier, 5).unwrap();
            let first = TrainingOptions {
                steps: 8,
                ..whole.clone()
            };
            let second = TrainingOptions {
                steps: 12,
                ..whole.clone()
            };
            let at_8 = train(&net(), parameters.clone(), &batch, &first).unwrap();
            let resumed = train(&net(), at_8.parameters, &batch, &second).unwrap();
            let whole_training = train(&net(), parameters, &batch, &whole).unwrap();
            assert_eq!(
                resumed.parameters == whole_training.parameters,
                whole.is_memoryless(12),
                "{optimizer}, {batch_size:?}, {keep_prob}"
            );
        }
    }
}
