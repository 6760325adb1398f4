//! All choices that make a check of a network, complete and typed, but not yet held against the data.

use std::num::NonZeroUsize;

use mlp::{Activation, Engine, Initialization, Loss, Optimizer};

use crate::data::{CsvOptions, Source};
use crate::source_file::ReadLimit;

/// Which numeric derivative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SchemeName {
    /// (J(x+h) − J(x))/h.
    Forward,
    /// (J(x+h) − J(x−h))/2h.
    Central,
    /// Five points, four of them used.
    FivePoint,
    /// Im J(x+ih)/h.
    ComplexStep,
    /// Central at an absolute step, 1e-7 unless told otherwise, as in the notebook.
    Course,
}

impl SchemeName {
    /// All of them, by name.
    pub const ALL: [(&'static str, Self); 5] = [
        ("central", Self::Central),
        ("forward", Self::Forward),
        ("five-point", Self::FivePoint),
        ("complex-step", Self::ComplexStep),
        ("course", Self::Course),
    ];
}

/// The type that the model, its forward and its backward pass, works in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    /// Single. The numeric side is evaluated in `f64` at the same parameters: an `f32` cost is too
    /// coarse to differentiate.
    F32,
    /// Double.
    F64,
}

impl Precision {
    /// Both, by name.
    pub const ALL: [(&'static str, Self); 2] = [("f64", Self::F64), ("f32", Self::F32)];
}

/// The engines by name.
pub const ENGINES: [(&str, Engine); 3] = [
    ("full", Engine::Full),
    ("incremental", Engine::Incremental),
    ("layerwise", Engine::Layerwise),
];

/// The name of `value` in a table of names.
pub(super) fn name_of<T: Copy + PartialEq>(table: &[(&'static str, T)], value: T) -> &'static str {
    table
        .iter()
        .find(|(_, v)| *v == value)
        .map_or("?", |(name, _)| name)
}

/// What to build, on which data, and how to check it. `None` is filled in once the data is known.
#[derive(Debug, Clone, PartialEq)]
pub struct NetworkSpec {
    /// Widths from the features to the outputs; by default chosen for the data and the loss.
    pub layers: Option<Vec<usize>>,
    /// Of the hidden layers.
    pub activation: Activation,
    /// With the output that belongs to it; by default softmax for digits, else binary cross-entropy.
    pub loss: Option<Loss>,
    /// λ.
    pub l2: f64,
    /// Where the examples come from.
    pub data: Source,
    /// How many of them, in file order; by default 64, or all where there are fewer.
    pub rows: Option<usize>,
    /// How to read a file.
    pub csv: CsvOptions,
    /// Whether to bring each feature to mean 0 and deviation 1.
    pub standardize: bool,
    /// Of dropout; 1 is none.
    pub keep_prob: f64,
    /// Whether to draw the dropout masks once and use them on both sides.
    pub frozen_masks: bool,
    /// How the parameters begin.
    pub initialization: Initialization,
    /// Of initialization, synthetic data, mini-batches, masks, samples.
    pub seed: u64,
    /// How to train.
    pub optimizer: Optimizer,
    /// By default 0.1, for Adam 0.01.
    pub learning_rate: Option<f64>,
    /// Examples a training step; by default all.
    pub batch_size: Option<usize>,
    /// Training steps before the second check; 0 for no second check.
    pub steps: usize,
    /// The numeric derivative.
    pub scheme: SchemeName,
    /// An absolute step in place of the scheme's own.
    pub epsilon: Option<f64>,
    /// How J is evaluated around a point; by default the fastest that applies.
    pub engine: Option<Engine>,
    /// Judge so many coordinates, of every block some, instead of all.
    pub sample: Option<usize>,
    /// What the model works in.
    pub precision: Precision,
    /// Whether to plant errors into the gradient and see that each is rejected.
    pub negative_control: bool,
    /// The name of a fault to plant.
    pub fault: Option<String>,
    /// By default as many as there are cores.
    pub threads: Option<NonZeroUsize>,
    /// The most memory to ask for, in bytes.
    pub memory_limit: u64,
    /// How much is read and kept of a file.
    pub read_limit: ReadLimit,
}

impl Default for NetworkSpec {
    /// `gradcheck mlp` without a flag.
    fn default() -> Self {
        Self {
            layers: None,
            activation: Activation::Relu,
            loss: None,
            l2: 0.5,
            data: Source::BreastCancer,
            rows: None,
            csv: CsvOptions::default(),
            standardize: true,
            keep_prob: 1.0,
            frozen_masks: false,
            initialization: Initialization::He,
            seed: 0,
            optimizer: Optimizer::Sgd,
            learning_rate: None,
            batch_size: None,
            steps: 50,
            scheme: SchemeName::Central,
            epsilon: None,
            engine: None,
            sample: None,
            precision: Precision::F64,
            negative_control: false,
            fault: None,
            threads: None,
            memory_limit: 4 << 30,
            read_limit: ReadLimit::default(),
        }
    }
}

impl NetworkSpec {
    /// The number of examples where nobody said.
    pub const DEFAULT_ROWS: usize = 64;

    /// The loss, chosen by the data where nobody said.
    pub fn loss(&self) -> Loss {
        self.loss.unwrap_or(match self.data {
            Source::Digits => Loss::SoftmaxCrossEntropy,
            _ => Loss::BinaryCrossEntropy,
        })
    }

    /// The engine, the fastest that applies where nobody said: layer-wise, but where its steps, which are those
    /// of pre-activations, are not the ones asked for.
    pub fn engine(&self) -> Engine {
        self.engine.unwrap_or(match self.why_not_layerwise() {
            None => Engine::Layerwise,
            Some(_) => Engine::Incremental,
        })
    }

    /// Why the layer-wise engine does not apply, if it doesn't.
    pub fn why_not_layerwise(&self) -> Option<&'static str> {
        if self.scheme == SchemeName::ComplexStep {
            Some("it takes finite differences, and the complex step is none")
        } else if self.scheme == SchemeName::Course {
            Some(
                "the course's step is one of each parameter, and its steps are those of pre-activations",
            )
        } else if self.epsilon.is_some() {
            Some(
                "--epsilon is a step of each parameter, and its steps are those of pre-activations",
            )
        } else {
            None
        }
    }

    /// The learning rate, chosen by the optimizer where nobody said.
    pub fn learning_rate(&self) -> f64 {
        self.learning_rate.unwrap_or(match self.optimizer {
            Optimizer::Adam => 0.01,
            _ => 0.1,
        })
    }
}

/// `f64` or `f32`.
pub fn precision_name(precision: Precision) -> &'static str {
    name_of(&Precision::ALL, precision)
}
