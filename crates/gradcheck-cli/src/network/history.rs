//! The parameters at steps of a training, and the training taken up again between two of them.
//!
//! Saves as many steps as a stated amount of memory holds. Refuses to know what they are looked at for.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

use mlp::{MlpError, Parameters, TrainingOptions};

use super::prepare::Prepared;

/// M of (T2), the most that saved parameters take, in bytes: every one of 1000 steps of 8,000
/// parameters.
const MOST_BYTES: u64 = 64 << 20;

/// The same as a part of what the run may ask for: little beside the check itself.
const PART_OF_LIMIT: u64 = 64;

/// The fewest that are saved, whatever they take: with the middle one, training again halves an interval.
const FEWEST: usize = 3;

/// The most that the saved steps of a training of so many take, in bytes, `one` of them being so large.
pub(super) fn most_bytes(one: f64, steps: usize, memory_limit: u64) -> f64 {
    match steps {
        0 => 0.0,
        _ => one * (steps as f64 + 1.0).min(capacity(one as u64, memory_limit) as f64),
    }
}

/// How many steps are saved at most, `one` being so many bytes.
fn capacity(one: u64, memory_limit: u64) -> usize {
    let budget = MOST_BYTES.min(memory_limit / PART_OF_LIMIT);
    let capacity = usize::try_from(budget / one.max(1)).unwrap_or(usize::MAX);
    capacity.max(FEWEST)
}

/// The parameters at some of the steps `from` to `to`, both of these among them, evenly spaced.
#[derive(Debug, Clone)]
pub(super) struct History {
    from: usize,
    to: usize,
    stride: usize,
    saved: Vec<(usize, Parameters<f64>)>,
}

impl History {
    /// An empty one, for all the steps of the training.
    pub(super) fn of_training(prepared: &Prepared) -> Self {
        Self::between(0, prepared.training.steps, prepared)
    }

    fn between(from: usize, to: usize, prepared: &Prepared) -> Self {
        let one = 8 * prepared.architecture.parameter_count() as u64;
        Self {
            from,
            to,
            stride: stride(to - from, capacity(one, prepared.spec.memory_limit)),
            saved: Vec::new(),
        }
    }

    /// Keeps the parameters of a step if it is one of those to be saved.
    pub(super) fn offer(&mut self, step: usize, parameters: &Parameters<f64>) {
        let within = (self.from..=self.to).contains(&step);
        if within && ((step - self.from).is_multiple_of(self.stride) || step == self.to) {
            self.saved.push((step, parameters.clone()));
        }
    }

    /// The parameters of a step, where they were saved.
    pub(super) fn at(&self, step: usize) -> Option<&Parameters<f64>> {
        let found = self.saved.binary_search_by_key(&step, |(step, _)| *step);
        found.ok().map(|at| &self.saved[at].1)
    }

    /// The steps that were saved, in order.
    pub(super) fn steps(&self) -> Vec<usize> {
        self.saved.iter().map(|(step, _)| *step).collect()
    }
}

/// The smallest distance between saved steps at which `span` steps and their beginning take no more than
/// `capacity` places; both ends are saved in any case.
fn stride(span: usize, capacity: usize) -> usize {
    span.div_ceil(capacity.saturating_sub(1).max(1)).max(1)
}

/// How many updates [`again`] takes.
pub(super) fn updates_again(prepared: &Prepared, from: usize, to: usize) -> usize {
    if is_memoryless(prepared) {
        to - from
    } else {
        to
    }
}

fn is_memoryless(prepared: &Prepared) -> bool {
    prepared.training.is_memoryless(prepared.batch.examples())
}

/// The training from the step of `low` to that of `high`, each given with its parameters, again and with
/// the same bits: the parameters between. Where a step depends on more than the parameters before it (means,
/// the order of the examples, dropout) it begins at the start. `None` where it was cancelled, or did not
/// arrive at the parameters of `high`.
pub(super) fn again(
    prepared: &Prepared,
    low: (usize, &Parameters<f64>),
    high: (usize, &Parameters<f64>),
    cancel: &AtomicBool,
) -> Result<Option<History>, MlpError> {
    let (start, parameters) = match is_memoryless(prepared) {
        true => low,
        false => (0, &prepared.parameters),
    };
    let options = TrainingOptions {
        // The whole rest: what is looked at by the way is then the same at every step.
        steps: prepared.training.steps - start,
        ..prepared.training.clone()
    };
    let mut history = History::between(low.0, high.0, prepared);
    mlp::train_observed(
        &prepared.architecture,
        parameters.clone(),
        &prepared.batch,
        &options,
        |step, parameters, _| {
            history.offer(start + step, parameters);
            match start + step == high.0 || cancel.load(Ordering::Relaxed) {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        },
    )?;
    let arrived = history.at(high.0) == Some(high.1);
    Ok(arrived.then_some(history))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use std::ops::ControlFlow;
    use std::sync::atomic::AtomicBool;

    use mlp::{Optimizer, Parameters};

    use super::super::{NetworkSpec, Prepared, prepare};
    use super::{History, again, stride, updates_again};

    fn prepared(optimizer: Optimizer, batch_size: Option<usize>, keep_prob: f64) -> Prepared {
        prepare(&NetworkSpec {
            layers: Some(vec![30, 4, 1]),
            optimizer,
            batch_size,
            keep_prob,
            frozen_masks: true,
            steps: 20,
            ..NetworkSpec::default()
        })
        .unwrap()
    }

    /// Every step of the training as it is without interruption.
    fn uninterrupted(prepared: &Prepared) -> Vec<Parameters<f64>> {
        let mut all = Vec::new();
        mlp::train_observed(
            &prepared.architecture,
            prepared.parameters.clone(),
            &prepared.batch,
            &prepared.training,
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
        for optimizer in Optimizer::ALL {
            for (batch_size, keep_prob) in [(None, 1.0), (Some(7), 1.0), (None, 0.8)] {
                let prepared = prepared(*optimizer, batch_size, keep_prob);
                let all = uninterrupted(&prepared);
                let cancel = AtomicBool::new(false);
                for (from, to) in [(0, 20), (8, 13), (19, 20)] {
                    let between = again(&prepared, (from, &all[from]), (to, &all[to]), &cancel);
                    let between = between.unwrap().unwrap();
                    assert_eq!(between.steps(), (from..=to).collect::<Vec<_>>());
                    for (step, before) in all.iter().enumerate().take(to + 1).skip(from) {
                        assert_eq!(between.at(step), Some(before), "{optimizer}, {step}");
                    }
                }
                let plain =
                    *optimizer == Optimizer::Sgd && batch_size.is_none() && keep_prob == 1.0;
                assert_eq!(updates_again(&prepared, 8, 13), if plain { 5 } else { 13 });
            }
        }
    }

    #[test]
    fn what_does_not_lead_to_the_same_place_is_not_used() {
        let prepared = prepared(Optimizer::Sgd, None, 1.0);
        let all = uninterrupted(&prepared);
        let cancel = AtomicBool::new(false);
        let elsewhere = again(&prepared, (8, &all[7]), (13, &all[13]), &cancel).unwrap();
        assert!(elsewhere.is_none());
        let cancel = AtomicBool::new(true);
        let stopped = again(&prepared, (8, &all[8]), (13, &all[13]), &cancel).unwrap();
        assert!(stopped.is_none());
    }

    #[test]
    fn little_memory_saves_the_ends_and_the_middle() {
        let mut prepared = prepared(Optimizer::Sgd, None, 1.0);
        let all = uninterrupted(&prepared);
        let saved = |prepared: &Prepared| {
            let mut history = History::of_training(prepared);
            for (step, parameters) in all.iter().enumerate() {
                history.offer(step, parameters);
            }
            history.steps()
        };
        assert_eq!(saved(&prepared).len(), 21);
        // 129 parameters take 1032 bytes; a 64th of this has room for five.
        prepared.spec.memory_limit = 64 * 5 * 1032;
        assert_eq!(saved(&prepared), [0, 5, 10, 15, 20]);
        prepared.spec.memory_limit = 1;
        assert_eq!(saved(&prepared), [0, 10, 20]);
    }

    /// As many as fit are saved and no more, both ends among them.
    #[test]
    fn as_many_steps_are_saved_as_fit() {
        for span in 0..60usize {
            for capacity in 0..70usize {
                let stride = stride(span, capacity);
                let by_stride = (0..=span).step_by(stride).count();
                let saved = by_stride + usize::from(!span.is_multiple_of(stride));
                assert!(saved <= capacity.max(2), "{span} {capacity} {stride}");
                assert!(stride == 1 || span >= capacity, "{span} {capacity}");
            }
        }
    }
}
