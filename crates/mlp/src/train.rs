//! Training: forward, backward, update, again.
//!
//! Seeded, so that the same options give the same bits. Invariant: knows nothing of gradient checks, which are
//! too slow to run at every step, and for which the masks would have to be frozen.

use std::borrow::Cow;
use std::ops::ControlFlow;

use rand::rngs::ChaCha8Rng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use tensor_core::RealScalar;

use crate::dropout::check_keep_prob;
use crate::optimizer::Updater;
use crate::{
    Architecture, Batch, DropoutMasks, MlpError, Optimizer, Parameters, backward, cost, forward,
};

/// How to train.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainingOptions {
    /// The update rule; Adam by default.
    pub optimizer: Optimizer,
    /// The learning rate α, larger than 0; 0.01 by default.
    pub learning_rate: f64,
    /// The number of updates; 1000 by default.
    pub steps: usize,
    /// The number of examples in a mini-batch; `None`, the default, or more than there are, takes all of them.
    pub batch_size: Option<usize>,
    /// The seed of shuffling and dropout; 0 by default.
    pub seed: u64,
    /// The probability of keeping a hidden unit; 1, no dropout, by default.
    pub keep_prob: f64,
}

impl Default for TrainingOptions {
    fn default() -> Self {
        Self {
            optimizer: Optimizer::Adam,
            learning_rate: 0.01,
            steps: 1000,
            batch_size: None,
            seed: 0,
            keep_prob: 1.0,
        }
    }
}

/// The result of a training.
#[derive(Debug, Clone, PartialEq)]
pub struct Training<T> {
    /// The parameters after the last update.
    pub parameters: Parameters<T>,
    /// The cost before each update and after the last.
    pub curve: Vec<CurvePoint>,
}

/// One point of the learning curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CurvePoint {
    /// The number of updates before it.
    pub step: usize,
    /// The cost on the mini-batch of that step, with its dropout; of the last point, on all examples
    /// without dropout.
    pub cost: f64,
}

/// Trains for all the steps.
///
/// # Errors
/// As [`train_observed`].
pub fn train<T: RealScalar>(
    architecture: &Architecture,
    parameters: Parameters<T>,
    batch: &Batch<T>,
    options: &TrainingOptions,
) -> Result<Training<T>, MlpError> {
    train_observed(architecture, parameters, batch, options, |_, _, _| {
        ControlFlow::Continue(())
    })
}

/// Trains, and calls `observe(step, parameters, cost)` at each point of the curve: `parameters` have
/// had `step` updates. It may stop the training.
///
/// Each epoch shuffles the examples; the examples left over form a smaller
/// mini-batch.
///
/// # Errors
/// [`MlpError::LearningRate`], [`MlpError::KeepProbability`], [`MlpError::BatchSize`] for invalid
/// options; [`MlpError::Diverged`] with the step if the cost is not finite; otherwise as
/// [`forward`] and [`backward`].
pub fn train_observed<T: RealScalar>(
    architecture: &Architecture,
    mut parameters: Parameters<T>,
    batch: &Batch<T>,
    options: &TrainingOptions,
    mut observe: impl FnMut(usize, &Parameters<T>, T) -> ControlFlow<()>,
) -> Result<Training<T>, MlpError> {
    options.check()?;
    let learning_rate = options.learning_rate;
    let mut updater = Updater::new(options.optimizer, learning_rate, parameters.as_flat().len());
    let mut batches = MiniBatches::new(batch, options);
    let mut curve = Vec::new();
    let mut record = |step, parameters: &Parameters<T>, value: T| {
        let cost = value.to_f64();
        if !cost.is_finite() {
            return Err(MlpError::Diverged {
                step,
                cost,
                learning_rate,
            });
        }
        curve.push(CurvePoint { step, cost });
        Ok(observe(step, parameters, value))
    };
    let mut stopped = false;
    for step in 0..options.steps {
        let (batch, masks) = batches.next(architecture)?;
        let pass = forward(architecture, &parameters, &batch, masks.as_ref())?;
        if record(step, &parameters, pass.cost)?.is_break() {
            stopped = true;
            break;
        }
        let gradient = backward(architecture, &pass, &batch)?;
        updater.update(parameters.as_flat_mut(), gradient.as_flat());
    }
    if !stopped {
        let last = cost(architecture, &parameters, batch, None)?;
        // The training is over, so that a request to stop has no effect.
        let _ = record(options.steps, &parameters, last)?;
    }
    Ok(Training { parameters, curve })
}

impl TrainingOptions {
    /// Fails if these options are invalid, as [`train`] does before its first step.
    ///
    /// # Errors
    /// [`MlpError::LearningRate`], [`MlpError::KeepProbability`], [`MlpError::BatchSize`].
    pub fn check(&self) -> Result<(), MlpError> {
        let value = self.learning_rate;
        if !value.is_finite() || value <= 0.0 {
            return Err(MlpError::LearningRate { value });
        }
        if self.batch_size == Some(0) {
            return Err(MlpError::BatchSize);
        }
        check_keep_prob(self.keep_prob)
    }

    /// Whether a step on a batch of `examples` examples depends only on the parameters before it, so
    /// that a training resumed from the parameters of a step gives the same bits: gradient descent on
    /// all examples without dropout. The other rules carry running means, mini-batches and masks a random
    /// state.
    pub fn is_memoryless(&self, examples: usize) -> bool {
        let whole = self.batch_size.is_none_or(|size| size >= examples);
        self.optimizer == Optimizer::Sgd && whole && self.keep_prob == 1.0
    }
}

/// An endless sequence of mini-batches, and the dropout masks of each.
struct MiniBatches<'a, T> {
    all: &'a Batch<T>,
    size: usize,
    keep_prob: f64,
    order: Vec<usize>,
    position: usize,
    random: ChaCha8Rng,
}

impl<'a, T: RealScalar> MiniBatches<'a, T> {
    fn new(all: &'a Batch<T>, options: &TrainingOptions) -> Self {
        let examples = all.examples();
        Self {
            all,
            size: options.batch_size.unwrap_or(examples).min(examples),
            keep_prob: options.keep_prob,
            order: (0..examples).collect(),
            // Starts at the end, so that the first epoch is shuffled too.
            position: examples,
            random: ChaCha8Rng::seed_from_u64(options.seed),
        }
    }

    #[expect(clippy::type_complexity, reason = "a batch and its masks, once")]
    fn next(
        &mut self,
        architecture: &Architecture,
    ) -> Result<(Cow<'a, Batch<T>>, Option<DropoutMasks<T>>), MlpError> {
        let batch = self.select()?;
        if self.keep_prob == 1.0 {
            return Ok((batch, None));
        }
        let seed = self.random.next_u64();
        let masks = DropoutMasks::draw(architecture, batch.examples(), self.keep_prob, seed)?;
        Ok((batch, Some(masks)))
    }

    fn select(&mut self) -> Result<Cow<'a, Batch<T>>, MlpError> {
        if self.size == self.order.len() {
            return Ok(Cow::Borrowed(self.all));
        }
        if self.position == self.order.len() {
            self.order.shuffle(&mut self.random);
            self.position = 0;
        }
        let end = self.order.len().min(self.position + self.size);
        let batch = self.all.select(&self.order[self.position..end])?;
        self.position = end;
        Ok(Cow::Owned(batch))
    }
}
