//! The options of a network: one struct for the flags and for the configuration file, every one
//! optional, and the way from there to a complete specification.

use std::fmt;
use std::num::NonZeroUsize;
use std::path::Path;
use std::str::FromStr;

use clap::Args;
use mlp::{Activation, Initialization, Loss, Optimizer};
use serde::Deserialize;
use thiserror::Error;

use super::numbers;
use crate::data::{CsvOptions, DataError, Header, Source};
use crate::network::{ENGINES, NetworkSpec, Precision, SchemeName};
use crate::source_file::ReadLimit;
use crate::suggest::nearest;

/// Every option of a network. Names are the same in a configuration file.
#[derive(Debug, Clone, Default, PartialEq, Args, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct NetworkOptions {
    /// Layer widths, features first [default: fits the data, 30,16,8,1 for breast-cancer]
    #[arg(long, value_name = "N,N,…", allow_hyphen_values = true)]
    pub layers: Option<Widths>,
    /// Activation of the hidden layers: relu, leaky-relu, tanh, sigmoid, softplus, gelu, identity [default: relu]
    #[arg(long, value_name = "NAME")]
    pub activation: Option<String>,
    /// Output and loss: bce (sigmoid, binary cross-entropy), softmax (softmax, cross-entropy), mse (identity, mean squared error) [default: bce; softmax for digits]
    #[arg(long, value_name = "NAME")]
    pub loss: Option<String>,
    /// breast-cancer, digits, synthetic, or a CSV file [default: breast-cancer]
    #[arg(long, value_name = "DATA")]
    pub data: Option<String>,
    /// How many examples, the first in file order [default: 64, or all if there are fewer]
    #[arg(long, value_name = "N", allow_hyphen_values = true, value_parser = numbers::count)]
    pub rows: Option<usize>,
    /// Whether the CSV file begins with column names: auto, yes, no [default: auto]
    #[arg(long, value_name = "WHEN")]
    pub header: Option<String>,
    /// The label's column in the CSV file: a name, a number counted from 1, or last [default: last]
    #[arg(long, value_name = "COLUMN")]
    pub label: Option<Column>,
    /// Whether to bring each feature to mean 0 and deviation 1 over the examples used [default: true]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub standardize: Option<bool>,
    /// λ of the L2 term λ/(2m)·Σ‖W‖², on both sides [default: 0.5]
    #[arg(long, value_name = "NUMBER", allow_hyphen_values = true, value_parser = numbers::real)]
    pub l2: Option<f64>,
    /// Dropout: the probability to keep a unit; below 1 only with --frozen-masks [default: 1]
    #[arg(long, value_name = "NUMBER", allow_hyphen_values = true, value_parser = numbers::real)]
    pub keep_prob: Option<f64>,
    /// Draw the dropout masks once and use the same ones on both sides
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub frozen_masks: Option<bool>,
    /// Initialization: he, xavier, normal, zeros [default: he]
    #[arg(long, value_name = "NAME")]
    pub init: Option<String>,
    /// The seed of everything random [default: 0]
    #[arg(long, value_name = "N", allow_hyphen_values = true, value_parser = numbers::seed)]
    pub seed: Option<u64>,
    /// sgd, momentum, adam [default: sgd]
    #[arg(long, value_name = "NAME")]
    pub optimizer: Option<String>,
    /// [default: 0.1, for adam 0.01]
    #[arg(long, value_name = "NUMBER", allow_hyphen_values = true, value_parser = numbers::real)]
    pub learning_rate: Option<f64>,
    /// Examples in a training step [default: all]
    #[arg(long, value_name = "N", allow_hyphen_values = true, value_parser = numbers::count)]
    pub batch_size: Option<usize>,
    /// Training steps before the second check; 0 leaves it out [default: 50]
    #[arg(long, value_name = "N", allow_hyphen_values = true, value_parser = numbers::count)]
    pub steps: Option<usize>,
    /// Numeric derivative: central, forward, five-point, complex-step, course [default: central]
    #[arg(long, value_name = "NAME")]
    pub scheme: Option<String>,
    /// An absolute step in place of the scheme's own
    #[arg(long, value_name = "NUMBER", allow_hyphen_values = true, value_parser = numbers::real)]
    pub epsilon: Option<f64>,
    /// How the cost is evaluated around a point: full, incremental, layerwise [default: the fastest that applies]
    #[arg(long, value_name = "NAME")]
    pub engine: Option<String>,
    /// Judge N coordinates, drawn from every block in turn, instead of all
    #[arg(long, value_name = "N", allow_hyphen_values = true, value_parser = numbers::count)]
    pub sample: Option<usize>,
    /// What the model works in: f64, f32 [default: f64]
    #[arg(long, value_name = "TYPE")]
    pub precision: Option<String>,
    /// After each check, plant errors into the gradient and see that the judge rejects each of them
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub negative_control: Option<bool>,
    /// Plant a fault into the backward pass; `gradcheck faults` lists them
    #[arg(long, value_name = "NAME")]
    pub fault: Option<String>,
    /// How many threads [default: one a core]
    #[arg(long, value_name = "N", allow_hyphen_values = true, value_parser = numbers::threads)]
    pub threads: Option<NonZeroUsize>,
    /// Refuse to begin where about more than this would be needed, in GiB [default: 4]
    #[arg(long, value_name = "GIB", allow_hyphen_values = true, value_parser = numbers::real)]
    pub memory_limit: Option<f64>,
    /// Read and keep at most this much of a file, in GiB [default: 1]
    #[arg(long, value_name = "GIB", allow_hyphen_values = true, value_parser = numbers::read_limit)]
    pub read_limit: Option<ReadLimit>,
}

/// More threads than this run into the limits of the system, and have gained nothing long before.
const MOST_THREADS: usize = 1024;

/// A word or number that is not one of those known.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum UsageError {
    /// A name nobody knows.
    #[error(
        "{option}: `{word}` is unknown{}; choose from {known}",
        did_you_mean(suggestion)
    )]
    UnknownName {
        /// The option.
        option: &'static str,
        /// What was typed.
        word: String,
        /// What was probably meant.
        suggestion: Option<String>,
        /// All there are.
        known: String,
    },
    /// No limit.
    #[error("--memory-limit {value} is no size: give a number of GiB above 0")]
    MemoryLimit {
        /// The value.
        value: f64,
    },
    /// So many threads that starting them is all that would happen.
    #[error(
        "--threads {value} is too many: give at most {MOST_THREADS}, or leave it out to use every core"
    )]
    Threads {
        /// The number.
        value: usize,
    },
    /// The data can't be found.
    #[error(transparent)]
    Data(#[from] DataError),
}

fn did_you_mean(suggestion: &Option<String>) -> String {
    suggestion
        .as_ref()
        .map_or_else(String::new, |s| format!(", did you mean `{s}`?"))
}

impl NetworkOptions {
    /// These options, and `other`'s where these say nothing.
    pub fn or(self, other: Self) -> Self {
        Self {
            layers: self.layers.or(other.layers),
            activation: self.activation.or(other.activation),
            loss: self.loss.or(other.loss),
            data: self.data.or(other.data),
            rows: self.rows.or(other.rows),
            header: self.header.or(other.header),
            label: self.label.or(other.label),
            standardize: self.standardize.or(other.standardize),
            l2: self.l2.or(other.l2),
            keep_prob: self.keep_prob.or(other.keep_prob),
            frozen_masks: self.frozen_masks.or(other.frozen_masks),
            init: self.init.or(other.init),
            seed: self.seed.or(other.seed),
            optimizer: self.optimizer.or(other.optimizer),
            learning_rate: self.learning_rate.or(other.learning_rate),
            batch_size: self.batch_size.or(other.batch_size),
            steps: self.steps.or(other.steps),
            scheme: self.scheme.or(other.scheme),
            epsilon: self.epsilon.or(other.epsilon),
            engine: self.engine.or(other.engine),
            sample: self.sample.or(other.sample),
            precision: self.precision.or(other.precision),
            negative_control: self.negative_control.or(other.negative_control),
            fault: self.fault.or(other.fault),
            threads: self.threads.or(other.threads),
            memory_limit: self.memory_limit.or(other.memory_limit),
            read_limit: self.read_limit.or(other.read_limit),
        }
    }

    /// The same, with a data file taken relative to `folder`. A word that is no file there stays as
    /// it is where it looks like a misspelt built-in name, so that the message is about that.
    pub fn relative_to(mut self, folder: &Path) -> Self {
        let names = || Source::BUILT_IN.iter().map(|(name, _)| *name);
        if let Some(data) = &mut self.data
            && names().all(|name| name != data)
        {
            let path = folder.join(&*data);
            if path.exists() || nearest(data, names()).is_none() {
                *data = path.to_string_lossy().into_owned();
            }
        }
        self
    }

    /// The specification these options make, defaults filled in.
    ///
    /// # Errors
    /// [`UsageError`] for a name nobody knows; ranges are checked when the network is prepared.
    pub fn spec(self) -> Result<NetworkSpec, UsageError> {
        let default = NetworkSpec::default();
        let gib = self.memory_limit.unwrap_or(4.0);
        if !gib.is_finite() || gib <= 0.0 {
            return Err(UsageError::MemoryLimit { value: gib });
        }
        if let Some(threads) = self.threads
            && threads.get() > MOST_THREADS
        {
            let value = threads.get();
            return Err(UsageError::Threads { value });
        }
        let headers = [
            ("auto", Header::Auto),
            ("yes", Header::Yes),
            ("no", Header::No),
        ];
        let csv = CsvOptions {
            header: choose("--header", self.header, &headers, Header::Auto)?,
            label: self.label.map_or_else(Default::default, |column| column.0),
        };
        let activations: Vec<_> = Activation::ALL.iter().map(|a| (a.name(), *a)).collect();
        let engines = ENGINES.map(|(name, engine)| (name, Some(engine)));
        let losses: Vec<_> = Loss::ALL.iter().map(|l| (l.name(), Some(*l))).collect();
        let initializations: Vec<_> = Initialization::ALL.iter().map(|i| (i.name(), *i)).collect();
        let optimizers: Vec<_> = Optimizer::ALL.iter().map(|o| (o.name(), *o)).collect();
        let data = match self.data {
            Some(word) => word.parse()?,
            None => default.data,
        };
        Ok(NetworkSpec {
            layers: self.layers.map(|widths| widths.0),
            activation: choose(
                "--activation",
                self.activation,
                &activations,
                default.activation,
            )?,
            loss: choose("--loss", self.loss, &losses, None)?,
            l2: self.l2.unwrap_or(default.l2),
            data,
            rows: self.rows,
            csv,
            standardize: self.standardize.unwrap_or(true),
            keep_prob: self.keep_prob.unwrap_or(1.0),
            frozen_masks: self.frozen_masks.unwrap_or(false),
            initialization: choose(
                "--init",
                self.init,
                &initializations,
                default.initialization,
            )?,
            seed: self.seed.unwrap_or(default.seed),
            optimizer: choose(
                "--optimizer",
                self.optimizer,
                &optimizers,
                default.optimizer,
            )?,
            learning_rate: self.learning_rate,
            batch_size: self.batch_size,
            steps: self.steps.unwrap_or(default.steps),
            scheme: choose("--scheme", self.scheme, &SchemeName::ALL, default.scheme)?,
            epsilon: self.epsilon,
            engine: choose("--engine", self.engine, &engines, None)?,
            sample: self.sample,
            precision: choose(
                "--precision",
                self.precision,
                &Precision::ALL,
                default.precision,
            )?,
            negative_control: self.negative_control.unwrap_or(default.negative_control),
            fault: self.fault,
            threads: self.threads,
            memory_limit: (gib * f64::from(1 << 30)) as u64,
            read_limit: self.read_limit.unwrap_or_default(),
        })
    }
}

/// The value named `word` in `table`, `default` where there is no word.
fn choose<T: Clone>(
    option: &'static str,
    word: Option<String>,
    table: &[(&'static str, T)],
    default: T,
) -> Result<T, UsageError> {
    let Some(word) = word else { return Ok(default) };
    if let Some((_, value)) = table.iter().find(|(name, _)| *name == word) {
        return Ok(value.clone());
    }
    let names = || table.iter().map(|(name, _)| *name);
    Err(UsageError::UnknownName {
        option,
        suggestion: nearest(&word, names()).map(str::to_owned),
        word,
        known: names().collect::<Vec<_>>().join(", "),
    })
}

/// Layer widths: `30,16,8,1` or `30-16-8-1` as a flag, an array in a file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Widths(pub Vec<usize>);

impl FromStr for Widths {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let example = "give whole numbers with commas between them, as in 30,16,8,1";
        if text.trim().is_empty() {
            return Err(format!("there are no widths: {example}"));
        }
        if text.trim_start().starts_with('-') || text.contains(",-") || text.contains("--") {
            return Err(format!("a width can't be negative: {example}"));
        }
        text.split([',', '-'])
            .map(|word| {
                word.trim().parse().map_err(|_| {
                    let word: String = word.chars().take(40).collect();
                    format!("`{word}` is no width: {example}")
                })
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

/// The label's column: a word as a flag, a string or a number in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column(pub crate::data::LabelColumn);

impl FromStr for Column {
    type Err = std::convert::Infallible;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        word.parse().map(Self)
    }
}

impl<'de> Deserialize<'de> for Column {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Column;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a column's name or its number counted from 1")
            }

            fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Column, E> {
                let number = usize::try_from(number)
                    .map_err(|_| E::custom("a column's number is counted from 1"))?;
                Ok(Column(crate::data::LabelColumn::Number(number)))
            }

            fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<Column, E> {
                Ok(Column(word.parse().unwrap_or_default()))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}
