//! Networks at a point, with data, whose gradients are checked.
//!
//! Invariant: knows nothing of faults.

use std::num::NonZeroUsize;

use anyhow::Result;
use finite_diff::Execution;
use gradcheck_cli::data::{self, CsvOptions, LoadOptions, Rows, Source, Task};
use gradcheck_cli::network::targets;
use gradcheck_cli::source_file::ReadLimit;
use mlp::{
    Activation, Architecture, Batch, DropoutMasks, Initialization, Loss, Optimizer, Parameters,
    TrainingOptions,
};
use mlp_check::{NetworkCheck, Precision};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use tensor_core::Matrix;

/// The standard deviation of the random biases, which make all pre-activations different.
const BIAS: f64 = 0.3;

/// The probability of keeping a unit, if there are dropout masks.
const KEEP_PROB: f64 = 0.8;

/// A network at a point.
#[derive(Clone)]
pub(crate) struct Scene {
    pub(crate) architecture: Architecture,
    pub(crate) parameters: Parameters<f64>,
    pub(crate) batch: Batch<f64>,
    pub(crate) masks: Option<DropoutMasks<f64>>,
    pub(crate) precision: Precision,
    /// The factor of the cost.
    pub(crate) factor: f64,
    pub(crate) seed: u64,
    /// A name for the reader.
    pub(crate) name: String,
}

impl Scene {
    /// The network at initialization, with random biases, on synthetic data.
    pub(crate) fn new(architecture: Architecture, seed: u64) -> Result<Self> {
        let widths = architecture.widths().to_vec();
        let outputs = widths[widths.len() - 1];
        let task = match (architecture.loss(), outputs) {
            (Loss::BinaryCrossEntropy, 1) => Task::Binary,
            (Loss::MeanSquaredError, 1) => Task::Regression,
            (_, outputs) => Task::Classes(outputs),
        };
        let examples = 16 + (seed % 9) as usize;
        let options = LoadOptions {
            rows: Rows::Exactly(examples),
            csv: CsvOptions::default(),
            standardize: false,
            seed,
            synthetic_features: widths[0],
            task,
            limit: ReadLimit::default(),
        };
        let data = data::load(&Source::Synthetic, &options)?;
        let x = Matrix::from_vec(widths[0], examples, data.x)?;
        let y = Matrix::from_vec(outputs, examples, targets(&data.labels, outputs))?;
        let mut parameters = mlp::initialize(&architecture, Initialization::He, seed)?;
        let mut random = ChaCha8Rng::seed_from_u64(seed ^ 0x0b1a5);
        for layer in 1..=architecture.depth() {
            for bias in parameters.bias_mut(layer) {
                let normal: f64 = StandardNormal.sample(&mut random);
                *bias = BIAS * normal;
            }
        }
        Ok(Self {
            name: format!("{architecture}, seed {seed}"),
            architecture,
            parameters,
            batch: Batch::new(x, y)?,
            masks: None,
            precision: Precision::F64,
            factor: 1.0,
            seed,
        })
    }

    /// This scene after training for `steps` steps.
    pub(crate) fn trained(mut self, steps: usize) -> Result<Self> {
        let options = TrainingOptions {
            optimizer: Optimizer::Adam,
            learning_rate: 0.02,
            steps,
            ..TrainingOptions::default()
        };
        self.parameters =
            mlp::train(&self.architecture, self.parameters, &self.batch, &options)?.parameters;
        Ok(self)
    }

    /// This scene with every second input 0 on all examples, like pixels at the edge.
    pub(crate) fn with_blank_inputs(mut self) -> Result<Self> {
        let mut x = self.batch.x().map(|entry| entry);
        for row in x.as_mut_slice().chunks_mut(2 * self.batch.examples()) {
            let examples = self.batch.examples();
            for entry in row.iter_mut().take(examples) {
                *entry = 0.0;
            }
        }
        self.batch = Batch::new(x, self.batch.y().map(|entry| entry))?;
        Ok(self)
    }

    /// This scene with dropout masks.
    pub(crate) fn masked(mut self) -> Result<Self> {
        let examples = self.batch.examples();
        let masks = DropoutMasks::draw(&self.architecture, examples, KEEP_PROB, self.seed)?;
        self.masks = Some(masks);
        Ok(self)
    }

    /// This scene with a model in single precision: all its numbers are rounded.
    pub(crate) fn single(mut self) -> Self {
        self.parameters = self.parameters.cast::<f32>().cast();
        self.batch = self.batch.cast::<f32>().cast();
        // Makes 1/keep_prob the same on both sides.
        self.masks = self.masks.map(|masks| masks.cast::<f32>().cast());
        self.precision = Precision::F32;
        self
    }

    /// This scene with its inputs multiplied by `factor`.
    pub(crate) fn with_inputs_times(mut self, factor: f64) -> Result<Self> {
        let x = self.batch.x().map(|entry| factor * entry);
        self.batch = Batch::new(x, self.batch.y().map(|entry| entry))?;
        Ok(self)
    }

    /// This scene with all biases zero and the first example blank: every unit is exactly at 0 on it.
    pub(crate) fn with_blank_example(mut self) -> Result<Self> {
        let examples = self.batch.examples();
        let mut x = self.batch.x().map(|entry| entry);
        for entry in x.as_mut_slice().iter_mut().step_by(examples) {
            *entry = 0.0;
        }
        self.batch = Batch::new(x, self.batch.y().map(|entry| entry))?;
        for layer in 1..=self.architecture.depth() {
            self.parameters.bias_mut(layer).fill(0.0);
        }
        Ok(self)
    }

    /// This scene with the first unit of the first layer at `z` on the first example.
    pub(crate) fn with_pre_activation_at(mut self, z: f64) -> Result<Self> {
        let now = {
            let pass = mlp::forward(&self.architecture, &self.parameters, &self.batch, None)?;
            pass.layer(1)?.z().as_slice().first().copied().unwrap_or(z)
        };
        if let Some(bias) = self.parameters.bias_mut(1).first_mut() {
            *bias += z - now;
        }
        Ok(self)
    }

    /// The check of its gradient, on one thread, since the scenes are checked in parallel.
    pub(crate) fn check(&self) -> NetworkCheck<'_> {
        NetworkCheck {
            masks: self.masks.as_ref(),
            precision: self.precision,
            loss_scale: self.factor,
            seed: self.seed,
            execution: Execution {
                threads: Some(NonZeroUsize::MIN),
                ..Execution::default()
            },
            ..NetworkCheck::new(&self.architecture, &self.batch)
        }
    }

    /// This scene with `what` in its name.
    pub(crate) fn named(mut self, what: &str) -> Self {
        self.name = format!("{}, {what}", self.name);
        self
    }
}

/// The networks in which faults are planted.
pub(crate) fn architectures() -> Result<Vec<Architecture>> {
    use {Activation as A, Loss as L};
    let rows: [(&[usize], A, L, f64); 8] = [
        (&[6, 8, 5, 1], A::Relu, L::BinaryCrossEntropy, 0.5),
        (&[6, 6, 6, 1], A::Tanh, L::BinaryCrossEntropy, 0.1),
        (&[4, 7, 3], A::LeakyRelu, L::SoftmaxCrossEntropy, 0.3),
        (&[5, 6, 4, 2], A::Softplus, L::MeanSquaredError, 0.0),
        (&[5, 5, 5, 3], A::Gelu, L::SoftmaxCrossEntropy, 0.2),
        (&[4, 4, 4, 3], A::Relu, L::SoftmaxCrossEntropy, 0.4),
        (&[5, 6, 3], A::Tanh, L::SoftmaxCrossEntropy, 0.2),
        (&[6, 5, 5, 2], A::Sigmoid, L::MeanSquaredError, 0.1),
    ];
    rows.iter()
        .map(|(widths, activation, loss, l2)| {
            Ok(Architecture::new(widths, *activation, *loss)?.with_l2(*l2)?)
        })
        .collect()
}
