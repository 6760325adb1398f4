//! From options to a network with data and parameters: everything that can be rejected is rejected
//! here, before any time is spent.

use finite_diff::printable::printable;
use finite_diff::{Execution, Selection};
use gradient_check::settings::Claim;
use mlp::{Architecture, Batch, DropoutMasks, Engine, Loss, MlpError, Parameters, TrainingOptions};
use mlp_check::{Method, NetworkCheck, Precision, TrainedCheck};
use mlp_faults::{Fault, Shows};
use tensor_core::Matrix;
use thiserror::Error;

use super::memory;
use crate::data::{self, DataError, Dataset, LoadOptions, Source, Task};
use crate::shell_words::number;
use crate::suggest::nearest;
use crate::{NetworkOptions, Widths};

/// Why a network can't be checked.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PrepareError {
    /// The data can't be used.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The network, the data and the training don't fit together.
    #[error("{problem}{}", remedy(.0), problem = .0)]
    Network(#[from] MlpError),
    /// The first width is not the number of features.
    #[error(
        "the first of the layers {layers} is {got}, but {data} has {features} features: \
         use --layers {suggestion}"
    )]
    Features {
        /// The widths.
        layers: String,
        /// The first of them.
        got: usize,
        /// The data.
        data: String,
        /// What it has.
        features: usize,
        /// The widths with the right first one.
        suggestion: String,
    },
    /// Dropout draws new masks for every evaluation, so that there is no function to differentiate.
    #[error(
        "gradient checking does not work with dropout (keep_prob = {keep_prob}): every evaluation \
         drops different units, so that the cost is not a fixed function and finite differences of it are meaningless. \
         Check with --keep-prob 1.0, as the course does, or add --frozen-masks to draw \
         the masks once and use them for the cost and the gradient"
    )]
    Dropout {
        /// The probability to keep a unit.
        keep_prob: f64,
    },
    /// The check would exceed the memory limit.
    #[error(
        "the check would need about {needed} of memory, but the limit is {limit}: use smaller --layers \
         or fewer --rows, or raise --memory-limit"
    )]
    Memory {
        /// The estimate, as text.
        needed: String,
        /// The limit, as text.
        limit: String,
    },
    /// There is no fault of this name.
    #[error(
        "unknown fault '{}'{}; `gradcheck faults` lists them",
        printable(name),
        did_you_mean(suggestion)
    )]
    UnknownFault {
        /// The name given.
        name: String,
        /// The nearest known name.
        suggestion: Option<String>,
    },
    /// The fault needs another network.
    #[error("the fault `{name}` does not apply here: {reason}")]
    Fault {
        /// The fault.
        name: String,
        /// What it needs.
        reason: String,
    },
    /// The step size is not finite and positive.
    #[error(
        "--epsilon {value} is not a valid step size: give a finite number above 0, such as 1e-7"
    )]
    Epsilon {
        /// The value.
        value: f64,
    },
    /// A step size was given for a scheme that has its own.
    #[error(
        "--epsilon has no effect with the complex step, whose step size is always 1e-30: leave \
         it out, or choose another --scheme"
    )]
    EpsilonUnused,
    /// The layerwise engine can't be used with the requested step.
    #[error(
        "--engine layerwise can't be used here: {reason}. Choose --engine incremental, or leave it out"
    )]
    Layerwise {
        /// The reason.
        reason: &'static str,
    },
    /// The sample is empty.
    #[error(
        "--sample 0 leaves nothing to check: give at least 1, or leave it out to check all coordinates"
    )]
    EmptySample,
}

/// The remedy in terms of flags, which the network's own message doesn't know.
fn remedy(error: &MlpError) -> &'static str {
    match error {
        MlpError::LossWidth { .. } => {
            ": end --layers with the number of classes, or choose --loss bce or mse"
        }
        MlpError::TooManyParameters { .. } => ": use smaller --layers",
        _ => "",
    }
}

fn did_you_mean(suggestion: &Option<String>) -> String {
    suggestion
        .as_ref()
        .map_or_else(String::new, |s| format!(" (did you mean '{s}'?)"))
}

/// A network with all that a check of it needs.
pub struct Prepared {
    /// The options it was made from.
    pub options: NetworkOptions,
    /// The network.
    pub architecture: Architecture,
    /// The data set and its names.
    pub dataset: Dataset,
    /// The examples, for the training and for the check.
    pub batch: Batch<f64>,
    /// The frozen dropout masks, if any.
    pub masks: Option<DropoutMasks<f64>>,
    /// The parameters at initialization.
    pub parameters: Parameters<f64>,
    /// How to train.
    pub training: TrainingOptions,
    /// Which coordinates to check.
    pub selection: Selection,
    /// The fault to plant, if any.
    pub fault: Option<&'static Fault>,
}

impl Prepared {
    /// The check at initialization and again after training, on the requested threads, until
    /// `execution` is canceled.
    pub fn trained_check<'a>(&'a self, execution: Execution<'a>) -> TrainedCheck<'a> {
        let NetworkOptions {
            precision,
            scheme,
            epsilon,
            engine,
            accuracy,
            negative_control,
            seed,
            threads,
            ..
        } = self.options;
        let check = NetworkCheck {
            masks: self.masks.as_ref(),
            fault: self.fault,
            precision,
            method: scheme,
            epsilon,
            engine,
            selection: self.selection.clone(),
            claim: Claim {
                accuracy: accuracy.unwrap_or(0.0),
                ..Claim::EXACT
            },
            negative_control,
            seed,
            execution: Execution {
                threads,
                ..execution
            },
            ..NetworkCheck::new(&self.architecture, &self.batch)
        };
        TrainedCheck {
            history_bytes: memory::history_bytes(&self.options),
            ..TrainedCheck::new(check, self.parameters.clone(), self.training.clone())
        }
    }
}

/// Loads the data, builds the network and draws its parameters.
///
/// # Errors
/// [`PrepareError`] if something does not fit.
pub fn prepare(options: &NetworkOptions) -> Result<Prepared, PrepareError> {
    check_numbers(options)?;
    let source: Source = options.data.parse()?;
    let loss = options.loss();
    // Before anything is read or allocated, as far as the sizes are known.
    if let Some(Widths(layers)) = &options.layers {
        let architecture = Architecture::new(layers, options.activation, loss)?;
        let rows = options.rows.unwrap_or(NetworkOptions::DEFAULT_ROWS);
        // A file or a built-in set limits the rows itself, and reports when they are too few.
        let rows = if source == Source::Synthetic { rows } else { 0 };
        check_memory(&architecture, rows, options)?;
    }
    let dataset = load(options, &source, loss)?;
    let layers = options.layers.clone().map_or_else(
        || default_layers(&source, loss, &dataset),
        |widths| widths.0,
    );
    if layers[0] != dataset.features {
        let mut right = layers.clone();
        right[0] = dataset.features;
        return Err(PrepareError::Features {
            layers: join(&layers, "-"),
            got: layers[0],
            data: dataset.name.clone(),
            features: dataset.features,
            suggestion: join(&right, ","),
        });
    }
    let architecture = Architecture::new(&layers, options.activation, loss)?.with_l2(options.l2)?;
    check_memory(&architecture, dataset.examples, options)?;

    let shape_error = |error| PrepareError::Network(MlpError::from(error));
    let x = Matrix::from_vec(dataset.features, dataset.examples, dataset.x.clone())
        .map_err(shape_error)?;
    let outputs = layers[layers.len() - 1];
    let y = Matrix::from_vec(outputs, dataset.examples, targets(&dataset.labels, outputs))
        .map_err(shape_error)?;
    let batch = Batch::new(x, y)?;
    batch.check(&architecture)?;

    let masks = (options.keep_prob < 1.0)
        .then(|| {
            DropoutMasks::draw(
                &architecture,
                dataset.examples,
                options.keep_prob,
                options.seed,
            )
        })
        .transpose()?;
    let fault = options
        .fault
        .as_deref()
        .map(|name| find_fault(name, &architecture, options))
        .transpose()?;
    let parameters = mlp::initialize(&architecture, options.init, options.seed)?;
    let training = TrainingOptions {
        optimizer: options.optimizer,
        learning_rate: options.learning_rate(),
        steps: options.steps,
        batch_size: options.batch_size,
        seed: options.seed,
        keep_prob: options.keep_prob,
    };
    training.check()?;
    Ok(Prepared {
        options: options.clone(),
        selection: match options.sample {
            Some(count) => Selection::Sample {
                count,
                seed: options.seed,
            },
            None => Selection::All,
        },
        architecture,
        dataset,
        batch,
        masks,
        parameters,
        training,
        fault,
    })
}

/// Rejects what can be rejected without the data.
fn check_numbers(options: &NetworkOptions) -> Result<(), PrepareError> {
    if let Some(value) = options.epsilon {
        if !value.is_finite() || value <= 0.0 {
            return Err(PrepareError::Epsilon { value });
        }
        if options.scheme == Method::ComplexStep {
            return Err(PrepareError::EpsilonUnused);
        }
    }
    if let (Some(Engine::Layerwise), Some(reason)) = (
        options.engine,
        options.scheme.why_not_layerwise(options.epsilon),
    ) {
        return Err(PrepareError::Layerwise { reason });
    }
    if options.sample == Some(0) {
        return Err(PrepareError::EmptySample);
    }
    let in_range = options.keep_prob > 0.0 && options.keep_prob <= 1.0;
    if !in_range {
        return Err(MlpError::KeepProbability {
            value: options.keep_prob,
        }
        .into());
    }
    if options.keep_prob < 1.0 && !options.frozen_masks {
        return Err(PrepareError::Dropout {
            keep_prob: options.keep_prob,
        });
    }
    Ok(())
}

fn load(options: &NetworkOptions, source: &Source, loss: Loss) -> Result<Dataset, PrepareError> {
    let outputs = match &options.layers {
        Some(Widths(layers)) => layers.last().copied().unwrap_or(1),
        None => match (source, loss) {
            (Source::File(_), Loss::SoftmaxCrossEntropy) => MOST_CLASSES,
            _ => default_outputs(source, loss),
        },
    };
    let task = match (loss, outputs) {
        (Loss::BinaryCrossEntropy, 1) => Task::Binary,
        (Loss::MeanSquaredError, 1) => Task::Regression,
        (_, outputs) => Task::Classes(outputs),
    };
    let features = options
        .layers
        .as_ref()
        .and_then(|Widths(layers)| layers.first().copied());
    let how = LoadOptions {
        rows: match options.rows {
            Some(rows) => data::Rows::Exactly(rows),
            None => data::Rows::UpTo(NetworkOptions::DEFAULT_ROWS),
        },
        csv: options.csv(),
        standardize: options.standardize,
        seed: options.seed,
        synthetic_features: features.unwrap_or(DEFAULT_SYNTHETIC_FEATURES),
        task,
        limit: options.read_limit,
    };
    Ok(data::load(source, &how)?)
}

/// The number of features of the synthetic data, as in the course's own exercise.
const DEFAULT_SYNTHETIC_FEATURES: usize = 4;

fn default_outputs(data: &Source, loss: Loss) -> usize {
    match (data, loss) {
        (Source::Digits, Loss::SoftmaxCrossEntropy) => 10,
        (_, Loss::SoftmaxCrossEntropy) => 2,
        _ => 1,
    }
}

/// The most classes that the labels of a file can ask for without `--layers`: those of ImageNet-21k fit twice, and labels of
/// a regression are refused before they become the width of a layer.
const MOST_CLASSES: usize = 50_000;

fn default_layers(source: &Source, loss: Loss, dataset: &Dataset) -> Vec<usize> {
    let features = dataset.features;
    let outputs = match (source, loss) {
        // The labels were checked: integers from 0.
        (Source::File(_), Loss::SoftmaxCrossEntropy) => {
            dataset.labels.iter().copied().fold(1.0, f64::max) as usize + 1
        }
        _ => default_outputs(source, loss),
    };
    match source {
        Source::Synthetic => vec![features, 5, 3, outputs],
        Source::Digits => vec![features, 16, outputs],
        _ => vec![features, 16, 8, outputs],
    }
}

/// Labels as a matrix with one row per output: unchanged for one output, otherwise one-hot.
pub fn targets(labels: &[f64], outputs: usize) -> Vec<f64> {
    if outputs == 1 {
        return labels.to_vec();
    }
    (0..outputs)
        .flat_map(|class| {
            labels
                .iter()
                .map(move |label| f64::from(*label == class as f64))
        })
        .collect()
}

fn find_fault(
    name: &str,
    architecture: &Architecture,
    options: &NetworkOptions,
) -> Result<&'static Fault, PrepareError> {
    let Some(fault) = mlp_faults::find(name) else {
        let suggestion = nearest(name, mlp_faults::all().iter().map(|fault| fault.name()));
        return Err(PrepareError::UnknownFault {
            name: name.to_owned(),
            suggestion: suggestion.map(str::to_owned),
        });
    };
    match why_not(fault, architecture, options) {
        None => Ok(fault),
        Some(reason) => Err(PrepareError::Fault {
            name: name.to_owned(),
            reason,
        }),
    }
}

/// Why a fault has no effect on this network, if so.
pub(crate) fn why_not(
    fault: &Fault,
    architecture: &Architecture,
    options: &NetworkOptions,
) -> Option<String> {
    let dropout = || match fault.shows() {
        Shows::WithDropout if options.keep_prob == 1.0 => Some(
            "it has an effect only with dropout: add --keep-prob 0.8 --frozen-masks".to_owned(),
        ),
        _ => None,
    };
    fault.applies_to(architecture).err().or_else(dropout)
}

/// Rejects a check that would exceed the memory limit.
fn check_memory(
    architecture: &Architecture,
    examples: usize,
    options: &NetworkOptions,
) -> Result<(), PrepareError> {
    let needed = memory::needed(architecture, examples, options);
    let limit = options.memory_bytes() as f64;
    if needed <= limit {
        return Ok(());
    }
    Err(PrepareError::Memory {
        needed: memory::readable(needed),
        limit: memory::readable(limit),
    })
}

/// Widths with `separator` between them.
fn join(widths: &[usize], separator: &str) -> String {
    widths
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(separator)
}

fn plural(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// The network, its data and its seed, in the parts of a heading.
pub fn summary(prepared: &Prepared) -> Vec<String> {
    let Prepared {
        options,
        architecture,
        dataset,
        ..
    } = prepared;
    let mut parts = vec![
        format!(
            "{} {}",
            join(architecture.widths(), "-"),
            architecture.activation()
        ),
        architecture.loss().to_string(),
    ];
    if architecture.l2() > 0.0 {
        parts.push(format!("λ = {}", number(architecture.l2())));
    }
    let mut data = vec![parts.join(", ")];
    if options.keep_prob < 1.0 {
        data.push(format!(
            "dropout with frozen masks, keep_prob {}",
            number(options.keep_prob)
        ));
    }
    if options.precision == Precision::F32 {
        data.push("f32, compared with an f64 forward pass".to_owned());
    }
    data.extend([
        format!(
            "{} ({})",
            printable(&dataset.name),
            plural(dataset.examples, "example")
        ),
        plural(architecture.parameter_count(), "parameter"),
        format!("seed {}", options.seed),
    ]);
    if let Some(fault) = prepared.fault {
        data.push(format!("planted fault: {}", fault.name()));
    }
    data
}
