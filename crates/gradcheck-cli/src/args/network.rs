//! The options of a network check: one struct for the flags, for the configuration file, and for the
//! line that runs the same check again.

use std::ffi::OsStr;
use std::num::NonZeroUsize;

use clap::builder::{PossibleValue, TypedValueParser};
use clap::error::ErrorKind;
use clap::{Arg, Args, Command};
use mlp::{Activation, Engine, Initialization, Loss, Optimizer};
use mlp_check::{Method, Precision};
use serde::{Deserialize, Serialize};

use super::words::{Column, Widths};
use super::{again, choice, numbers};
use crate::data::{CsvOptions, Header};
use crate::network::PrepareError;
use crate::source_file::ReadLimit;
use crate::suggest::nearest;

/// How a network is built, trained and checked. In a configuration file the names are the same.
#[derive(Debug, Clone, PartialEq, Args, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct NetworkOptions {
    /// Widths of the layers, features first [default: to fit the data; 30,16,8,1 for breast-cancer]
    #[arg(
        long,
        value_name = "N,N,…",
        allow_hyphen_values = true,
        help_heading = "Network"
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layers: Option<Widths>,
    /// Activation of the hidden layers
    #[arg(long, value_name = "NAME", default_value_t = Self::default().activation, value_parser = choice::parser::<Activation>(), help_heading = "Network")]
    #[serde(with = "choice::by_name")]
    pub activation: Activation,
    /// Output and loss: sigmoid with binary cross-entropy, softmax with cross-entropy, or identity with mean
    /// squared error [default: bce; softmax for digits]
    #[arg(long, value_name = "NAME", value_parser = choice::parser::<Loss>(), help_heading = "Network")]
    #[serde(
        with = "choice::by_optional_name",
        skip_serializing_if = "Option::is_none"
    )]
    pub loss: Option<Loss>,
    /// λ of the L2 term λ/(2m)·Σ‖W‖², in the cost and in the gradient
    #[arg(long, value_name = "NUMBER", default_value_t = Self::default().l2, allow_hyphen_values = true, value_parser = numbers::real, help_heading = "Network")]
    #[serde(deserialize_with = "numbers::typed::real")]
    pub l2: f64,
    /// Dropout: probability to keep a unit; below 1 only with --frozen-masks
    #[arg(long, value_name = "NUMBER", default_value_t = Self::default().keep_prob, allow_hyphen_values = true, value_parser = numbers::real, help_heading = "Network")]
    #[serde(deserialize_with = "numbers::typed::real")]
    pub keep_prob: f64,
    /// Draw the dropout masks once, and use them for the gradient and for the cost
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_value_t = false, default_missing_value = "true", hide_default_value = true, hide_possible_values = true, help_heading = "Network")]
    pub frozen_masks: bool,
    /// Initialization of the weights
    #[arg(long, value_name = "NAME", default_value_t = Self::default().init, value_parser = choice::parser::<Initialization>(), help_heading = "Network")]
    #[serde(with = "choice::by_name")]
    pub init: Initialization,
    /// Type of the forward and backward pass
    #[arg(long, value_name = "TYPE", default_value_t = Self::default().precision, value_parser = choice::parser::<Precision>(), help_heading = "Network")]
    #[serde(with = "choice::by_name")]
    pub precision: Precision,
    /// Plant this fault in the backward pass; `gradcheck faults` lists them
    #[arg(long, value_name = "NAME", value_parser = FaultName, hide_possible_values = true, help_heading = "Network")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// Seed of everything random
    #[arg(long, value_name = "N", default_value_t = Self::default().seed, allow_hyphen_values = true, value_parser = numbers::seed, help_heading = "Network")]
    pub seed: u64,

    /// breast-cancer, digits, synthetic, or a CSV file
    #[arg(long, value_name = "DATA", default_value_t = Self::default().data, help_heading = "Data")]
    pub data: String,
    /// Use the first N examples [default: 64, or all if there are fewer]
    #[arg(long, value_name = "N", allow_hyphen_values = true, value_parser = numbers::count, help_heading = "Data")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<usize>,
    /// Whether the CSV file begins with column names
    #[arg(long, value_name = "WHEN", default_value_t = Self::default().header, value_parser = choice::parser::<Header>(), help_heading = "Data")]
    #[serde(with = "choice::by_name")]
    pub header: Header,
    /// Column of the label in the CSV file: a name, a number counted from 1, or last
    #[arg(long, value_name = "COLUMN", default_value_t = Self::default().label, help_heading = "Data")]
    pub label: Column,
    /// Scale each feature to mean 0 and standard deviation 1 over the examples used
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_value_t = true, default_missing_value = "true", hide_possible_values = true, help_heading = "Data")]
    pub standardize: bool,

    /// Training steps before the second check; 0 for no second check
    #[arg(long, value_name = "N", default_value_t = Self::default().steps, allow_hyphen_values = true, value_parser = numbers::count, help_heading = "Training")]
    pub steps: usize,
    /// Update rule of the training
    #[arg(long, value_name = "NAME", default_value_t = Self::default().optimizer, value_parser = choice::parser::<Optimizer>(), help_heading = "Training")]
    #[serde(with = "choice::by_name")]
    pub optimizer: Optimizer,
    /// Learning rate [default: 0.1; 0.01 for adam]
    #[arg(long, value_name = "NUMBER", allow_hyphen_values = true, value_parser = numbers::real, help_heading = "Training")]
    #[serde(
        deserialize_with = "numbers::typed::real_option",
        skip_serializing_if = "Option::is_none"
    )]
    pub learning_rate: Option<f64>,
    /// Examples in a training step [default: all]
    #[arg(long, value_name = "N", allow_hyphen_values = true, value_parser = numbers::count, help_heading = "Training")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch_size: Option<usize>,

    /// Method of numeric differentiation
    #[arg(long, value_name = "NAME", default_value_t = Self::default().scheme, value_parser = choice::parser::<Method>(), help_heading = "Numeric derivative")]
    #[serde(with = "choice::by_name")]
    pub scheme: Method,
    /// Absolute step size, in place of the method's own
    #[arg(long, value_name = "NUMBER", allow_hyphen_values = true, value_parser = numbers::positive, help_heading = "Numeric derivative")]
    #[serde(
        deserialize_with = "numbers::typed::positive_option",
        skip_serializing_if = "Option::is_none"
    )]
    pub epsilon: Option<f64>,
    /// How the cost is evaluated around a point [default: the fastest that applies]
    #[arg(long, value_name = "NAME", value_parser = choice::parser::<Engine>(), help_heading = "Numeric derivative")]
    #[serde(
        with = "choice::by_optional_name",
        skip_serializing_if = "Option::is_none"
    )]
    pub engine: Option<Engine>,
    /// Check only N random parameters, spread over all blocks
    #[arg(long, value_name = "N", allow_hyphen_values = true, value_parser = numbers::count, help_heading = "Numeric derivative")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sample: Option<usize>,

    /// Accept differences up to this fraction of the gradient
    #[arg(long, value_name = "NUMBER", allow_hyphen_values = true, value_parser = numbers::part, help_heading = "Check")]
    #[serde(
        deserialize_with = "numbers::typed::part_option",
        skip_serializing_if = "Option::is_none"
    )]
    pub accuracy: Option<f64>,
    /// Fail if an agreement leaves anything untested, such as a parameter that the cost does not depend on
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_value_t = false, default_missing_value = "true", hide_default_value = true, hide_possible_values = true, help_heading = "Check")]
    pub strict: bool,
    /// Self-test: after each check, plant errors into the gradient and verify that each is detected
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_value_t = false, default_missing_value = "true", hide_default_value = true, hide_possible_values = true, help_heading = "Check")]
    pub negative_control: bool,
    /// Number of threads [default: one per core]
    #[arg(long, value_name = "N", allow_hyphen_values = true, value_parser = numbers::threads, help_heading = "Check")]
    #[serde(
        deserialize_with = "numbers::typed::threads_option",
        skip_serializing_if = "Option::is_none"
    )]
    pub threads: Option<NonZeroUsize>,
    /// Refuse to start if the estimated memory exceeds this many GiB
    #[arg(long, value_name = "GIB", default_value_t = Self::default().memory_limit, allow_hyphen_values = true, value_parser = numbers::gib, help_heading = "Check")]
    #[serde(deserialize_with = "numbers::typed::gib")]
    pub memory_limit: f64,
    /// Read and keep at most this much of a file, in GiB
    #[arg(long, value_name = "GIB", default_value = "1", allow_hyphen_values = true, value_parser = numbers::read_limit, help_heading = "Check")]
    pub read_limit: ReadLimit,
}

/// The parser of a planted bug's name: completions offer all of them, and an error the nearest one only.
#[derive(Clone)]
struct FaultName;

impl TypedValueParser for FaultName {
    type Value = String;

    fn parse_ref(
        &self,
        _: &Command,
        _: Option<&Arg>,
        value: &OsStr,
    ) -> Result<String, clap::Error> {
        let name = value.to_string_lossy();
        match mlp_faults::find(&name) {
            Some(fault) => Ok(fault.name().to_owned()),
            None => {
                let suggestion = nearest(&name, mlp_faults::all().iter().map(|fault| fault.name()));
                let error = PrepareError::UnknownFault {
                    suggestion: suggestion.map(str::to_owned),
                    name: name.into_owned(),
                };
                Err(clap::Error::raw(
                    ErrorKind::InvalidValue,
                    format!("{error}\n"),
                ))
            }
        }
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let names = mlp_faults::all().iter().map(|fault| fault.name());
        Some(Box::new(names.map(PossibleValue::new)))
    }
}

impl Default for NetworkOptions {
    /// `gradcheck mlp` without a flag.
    fn default() -> Self {
        Self {
            layers: None,
            activation: Activation::Relu,
            loss: None,
            l2: 0.5,
            keep_prob: 1.0,
            frozen_masks: false,
            init: Initialization::He,
            precision: Precision::F64,
            fault: None,
            seed: 0,
            data: "breast-cancer".to_owned(),
            rows: None,
            header: Header::Auto,
            label: Column::default(),
            standardize: true,
            steps: 50,
            optimizer: Optimizer::Sgd,
            learning_rate: None,
            batch_size: None,
            scheme: Method::Central,
            epsilon: None,
            engine: None,
            sample: None,
            accuracy: None,
            strict: false,
            negative_control: false,
            threads: None,
            memory_limit: 4.0,
            read_limit: ReadLimit::default(),
        }
    }
}

impl NetworkOptions {
    /// The default number of examples.
    pub const DEFAULT_ROWS: usize = 64;

    /// The loss: the one asked for, else softmax for digits and binary cross-entropy for the rest.
    pub fn loss(&self) -> Loss {
        self.loss.unwrap_or(match self.data.as_str() {
            "digits" => Loss::SoftmaxCrossEntropy,
            _ => Loss::BinaryCrossEntropy,
        })
    }

    /// The learning rate: the one asked for, else 0.01 for Adam and 0.1 for the rest.
    pub fn learning_rate(&self) -> f64 {
        self.learning_rate.unwrap_or(match self.optimizer {
            Optimizer::Adam => 0.01,
            _ => 0.1,
        })
    }

    /// How the cost is evaluated around a point: by the engine asked for, else by the fastest that applies.
    pub fn engine(&self) -> Engine {
        self.engine
            .unwrap_or_else(|| self.scheme.fastest_engine(self.epsilon))
    }

    /// The memory limit in bytes.
    pub fn memory_bytes(&self) -> u64 {
        (self.memory_limit * f64::from(1 << 30)) as u64
    }

    /// The line that checks the same network again. The number of threads changes nothing.
    pub fn command_line(&self) -> String {
        let mut words = vec!["gradcheck mlp".to_owned()];
        words.extend(again::flags(self, &Self::default(), &["threads"]));
        words.join(" ")
    }

    /// How the CSV file is read.
    pub fn csv(&self) -> CsvOptions {
        CsvOptions {
            header: self.header,
            label: self.label.0.clone(),
        }
    }
}
