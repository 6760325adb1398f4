//! The errors of a network, its data and its training.
//!
//! Each says what is wrong, where, and what to do. Invariant: contains no other crate's errors except tensor-core's.

use tensor_core::ShapeError;
use thiserror::Error;

/// Why this crate rejects a network, data or options.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum MlpError {
    /// There are fewer than two widths.
    #[error(
        "there are too few layer widths ({got}): give at least two, the features and the outputs, as in 30-16-1"
    )]
    TooFewWidths {
        /// The number of widths.
        got: usize,
    },
    /// A layer has no units.
    #[error("layer {layer} of {widths} has no units: every width must be at least 1")]
    ZeroWidth {
        /// The layer, 0 for the input.
        layer: usize,
        /// The widths, `30-0-1`.
        widths: String,
    },
    /// The loss needs more outputs.
    #[error("the loss {loss} needs at least {needed} outputs, but the last width is {got}")]
    LossWidth {
        /// The loss.
        loss: &'static str,
        /// The outputs that it needs.
        needed: usize,
        /// The number of outputs of the network.
        got: usize,
    },
    /// There are more parameters than memory can address.
    #[error("a network of widths {widths} has more parameters than memory can address")]
    TooManyParameters {
        /// The widths.
        widths: String,
    },
    /// The factor of the L2 term is negative or not finite.
    #[error("the L2 factor lambda is {value}: it must be 0 or larger, and finite")]
    Lambda {
        /// The value that came.
        value: f64,
    },
    /// The learning rate is not a positive number.
    #[error("the learning rate is {value}: it must be larger than 0, and finite")]
    LearningRate {
        /// The value that came.
        value: f64,
    },
    /// The probability of keeping a unit is outside (0, 1].
    #[error("the probability of keeping a unit is {value}: it must be above 0 and at most 1")]
    KeepProbability {
        /// The value that came.
        value: f64,
    },
    /// The batch size is 0.
    #[error("the batch size is 0: give at least 1, or leave it out to take all examples")]
    BatchSize,
    /// A batch has no examples.
    #[error("the data has no examples: give at least one column")]
    NoExamples,
    /// Inputs and labels have different numbers of examples.
    #[error(
        "X is {}×{}, but Y is {}×{}: both need one column per example",
        x.0, x.1, y.0, y.1
    )]
    ExamplesDiffer {
        /// Shape of X.
        x: (usize, usize),
        /// Shape of Y.
        y: (usize, usize),
    },
    /// A requested example does not exist.
    #[error("there is no example[{index}] in a batch of {examples}: examples are counted from 0")]
    NoSuchExample {
        /// The requested index.
        index: usize,
        /// The number of examples.
        examples: usize,
    },
    /// An entry of the data is infinite or NaN.
    #[error("{what}[{row},{col}] is {value}: the data must be finite")]
    NotFiniteData {
        /// X or Y.
        what: &'static str,
        /// The row: the feature or output.
        row: usize,
        /// The column: the example.
        col: usize,
        /// The value.
        value: f64,
    },
    /// The loss of an example depends on others of its batch.
    #[error(
        "the loss of example[0] is {together} in its batch but {copies} among copies of itself: the examples \
         depend on one another, so that they can't be perturbed together. Use the engine `incremental`"
    )]
    ExamplesCoupled {
        /// The loss of example 0 in its batch.
        together: f64,
        /// Its loss in a batch of copies of itself.
        copies: f64,
    },
    /// The losses around a unit's pre-activations are not finite.
    #[error(
        "unit {unit} of layer {layer} can't be perturbed: the losses nearby are infinite or NaN, or its \
         pre-activations are too large for the step to change them"
    )]
    NotFiniteDelta {
        /// The layer, counted from 1.
        layer: usize,
        /// The unit, counted from 0.
        unit: usize,
    },
    /// The data doesn't fit the widths.
    #[error(
        "{what} is {}×{}, but a network of widths {widths} needs {expected} rows",
        got.0, got.1
    )]
    DataShape {
        /// X or Y.
        what: &'static str,
        /// The widths.
        widths: String,
        /// The rows that it needs.
        expected: usize,
        /// The shape given.
        got: (usize, usize),
    },
    /// A label is outside the range of the loss.
    #[error("Y[{row},{col}] is {value}, but the loss {loss} requires {range}")]
    Label {
        /// The loss.
        loss: &'static str,
        /// The range that it requires.
        range: &'static str,
        /// The row: the output.
        row: usize,
        /// The column: the example.
        col: usize,
        /// The value.
        value: f64,
    },
    /// The labels of an example don't add up to 1.
    #[error(
        "the labels of example[{col}] add up to {sum}, but the loss {loss} requires one probability \
         per output, which add up to 1 (usually one-hot)"
    )]
    LabelSum {
        /// The loss.
        loss: &'static str,
        /// The column: the example.
        col: usize,
        /// Their sum.
        sum: f64,
    },
    /// A flat vector doesn't have one entry for each parameter.
    #[error("{got} parameters were given, but a network of widths {widths} has {expected}")]
    ParameterCount {
        /// The widths.
        widths: String,
        /// The number of parameters.
        expected: usize,
        /// The length of the vector.
        got: usize,
    },
    /// A requested parameter does not exist.
    #[error(
        "there is no parameter {index} in a network with {parameters}: parameters are counted from 0"
    )]
    NoSuchParameter {
        /// The requested index.
        index: usize,
        /// The number of parameters.
        parameters: usize,
    },
    /// Parameters, a gradient or a forward pass belong to another network.
    #[error(
        "{what} of widths {got} were given for a network of widths {expected}: both must be of the same network"
    )]
    OtherNetwork {
        /// What was given.
        what: &'static str,
        /// The widths of the network.
        expected: String,
        /// The widths of what was given.
        got: String,
    },
    /// A requested layer does not exist.
    #[error("there is no layer {layer}: the layers of the network are counted from 1 to {depth}")]
    NoSuchLayer {
        /// The requested layer.
        layer: usize,
        /// The number of layers.
        depth: usize,
    },
    /// There isn't one dropout mask for each hidden layer.
    #[error("{got} dropout masks were given for {expected} hidden layers: give one for each")]
    MaskCount {
        /// The hidden layers.
        expected: usize,
        /// The number of masks given.
        got: usize,
    },
    /// A dropout mask doesn't have one entry for each unit and example.
    #[error(
        "the dropout mask of layer {layer} is {}×{}, but its activations are {}×{}",
        got.0, got.1, expected.0, expected.1
    )]
    MaskShape {
        /// The hidden layer.
        layer: usize,
        /// The shape of its activations.
        expected: (usize, usize),
        /// The shape of the mask.
        got: (usize, usize),
    },
    /// Two matrices that are combined entry by entry have different shapes.
    #[error(
        "{left_name} is {}×{}, but {right_name} is {}×{}: they must have the same shape",
        left.0, left.1, right.0, right.1
    )]
    EntryWise {
        /// What the left one is.
        left_name: &'static str,
        /// Its shape.
        left: (usize, usize),
        /// What the right one is.
        right_name: &'static str,
        /// Its shape.
        right: (usize, usize),
    },
    /// A name is unknown.
    #[error("unknown {what} `{name}`: choose from {}", known.join(", "))]
    UnknownName {
        /// The kind of thing.
        what: &'static str,
        /// The name given.
        name: String,
        /// The known names.
        known: Vec<&'static str>,
    },
    /// The cost became infinite or NaN during training.
    #[error(
        "the cost is {cost} at step {step} of training: lower the learning rate, which is \
         {learning_rate:?}, or look for outliers in the data"
    )]
    Diverged {
        /// The step, counted from 0.
        step: usize,
        /// The cost.
        cost: f64,
        /// The learning rate.
        learning_rate: f64,
    },
    /// A product or an allocation failed.
    #[error(transparent)]
    Shape(#[from] ShapeError),
}

/// `30-16-1`.
pub(crate) fn display_widths(widths: &[usize]) -> String {
    widths
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("-")
}

/// Fails with [`MlpError::EntryWise`] if the two shapes differ.
pub(crate) fn same_shape(
    left_name: &'static str,
    left: (usize, usize),
    right_name: &'static str,
    right: (usize, usize),
) -> Result<(), MlpError> {
    if left == right {
        return Ok(());
    }
    Err(MlpError::EntryWise {
        left_name,
        left,
        right_name,
        right,
    })
}
