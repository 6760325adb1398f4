//! The parameters at steps of a training, and the repetition of the training between two of them.
//!
//! Saves as many steps as fit into the given memory. Invariant: knows nothing of what they are used for.

use std::ops::ControlFlow;

use mlp::{MlpError, Parameters, TrainingOptions};

use super::TrainedCheck;

/// The least number of steps that are saved, whatever their size: with the middle one, repeated training can halve an
/// interval.
const FEWEST_SAVED: usize = 3;

/// The maximum size of the saved steps of a training in bytes: `one` is the size of the parameters of one step, and
/// `history_bytes` the budget; at least three steps are saved.
pub fn most_saved_bytes(one: f64, steps: usize, history_bytes: u64) -> f64 {
    match steps {
        0 => 0.0,
        _ => one * (steps as f64 + 1.0).min(capacity(one as u64, history_bytes) as f64),
    }
}

/// The largest number of steps that are saved, if each takes `one` bytes.
fn capacity(one: u64, history_bytes: u64) -> usize {
    let capacity = usize::try_from(history_bytes / one.max(1)).unwrap_or(usize::MAX);
    capacity.max(FEWEST_SAVED)
}

/// The parameters at evenly spaced steps from `from` to `to`, including both.
#[derive(Debug, Clone)]
pub(super) struct History {
    from: usize,
    to: usize,
    stride: usize,
    saved: Vec<(usize, Parameters<f64>)>,
}

impl History {
    /// An empty history, for all the steps of the training.
    pub(super) fn of_training(checked: &TrainedCheck<'_>) -> Self {
        Self::between(0, checked.training.steps, checked)
    }

    fn between(from: usize, to: usize, checked: &TrainedCheck<'_>) -> Self {
        let one = 8 * checked.check.architecture.parameter_count() as u64;
        let capacity = capacity(one, checked.history_bytes);
        Self {
            from,
            to,
            stride: stride(to - from, capacity),
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

    /// The parameters of a step, if they were saved.
    pub(super) fn at(&self, step: usize) -> Option<&Parameters<f64>> {
        let found = self.saved.binary_search_by_key(&step, |(step, _)| *step);
        found.ok().map(|at| &self.saved[at].1)
    }

    /// The steps that were saved, in order.
    pub(super) fn steps(&self) -> Vec<usize> {
        self.saved.iter().map(|(step, _)| *step).collect()
    }
}

/// The smallest distance between saved steps with which `span` steps and their beginning take no more than
/// `capacity` places; both ends are saved in any case.
fn stride(span: usize, capacity: usize) -> usize {
    span.div_ceil(capacity.saturating_sub(1).max(1)).max(1)
}

/// The number of updates that [`again`] makes.
pub(super) fn updates_again(checked: &TrainedCheck<'_>, from: usize, to: usize) -> usize {
    if is_memoryless(checked) {
        to - from
    } else {
        to
    }
}

fn is_memoryless(checked: &TrainedCheck<'_>) -> bool {
    checked
        .training
        .is_memoryless(checked.check.batch.examples())
}

/// Repeats the training from the step of `low` to that of `high`, each given with its parameters, with
/// the same bits, and saves the parameters in between. If a step depends on more than the parameters before it (means,
/// the order of the examples, dropout), it begins at initialization. `None` if it was canceled, or did not
/// reproduce the parameters of `high`.
pub(super) fn again(
    checked: &TrainedCheck<'_>,
    low: (usize, &Parameters<f64>),
    high: (usize, &Parameters<f64>),
) -> Result<Option<History>, MlpError> {
    let (start, parameters) = match is_memoryless(checked) {
        true => low,
        false => (0, &checked.start),
    };
    let options = TrainingOptions {
        // All remaining steps, so that what the training sees is the same at every step.
        steps: checked.training.steps - start,
        ..checked.training.clone()
    };
    let mut history = History::between(low.0, high.0, checked);
    mlp::train_observed(
        checked.check.architecture,
        parameters.clone(),
        checked.check.batch,
        &options,
        |step, parameters, _| {
            history.offer(start + step, parameters);
            match start + step == high.0 || checked.is_canceled() {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        },
    )?;
    let arrived = history.at(high.0) == Some(high.1);
    Ok(arrived.then_some(history))
}

#[cfg(test)]
mod tests {
    use super::stride;

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
