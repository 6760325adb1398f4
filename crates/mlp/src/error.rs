//! What can be wrong with a network, its data or its training.
//!
//! Each says what, where, and what to do. Refuses to carry other crates' error types but tensor-core's.

use tensor_core::ShapeError;
use thiserror::Error;

/// Everything that this crate can refuse.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum MlpError {
    /// Fewer widths than an input and an output.
    #[error("{got} layer widths: give at least two, the features and the outputs, as in 30-16-1")]
    TooFewWidths {
        /// The number of widths.
        got: usize,
    },
    /// A layer without units.
    #[error("layer {layer} of {widths} has no units: every width must be at least 1")]
    ZeroWidth {
        /// The layer, 0 for the input.
        layer: usize,
        /// The widths, `30-0-1`.
        widths: String,
    },
    /// The loss can't be used with so few outputs.
    #[error("the loss {loss} needs at least {needed} outputs, but the last width is {got}")]
    LossWidth {
        /// The loss.
        loss: &'static str,
        /// The outputs that it needs.
        needed: usize,
        /// The outputs that there are.
        got: usize,
    },
    /// More parameters than memory can address.
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
    /// The probability to keep a unit is outside (0, 1].
    #[error("the probability to keep a unit is {value}: it must be above 0 and at most 1")]
    KeepProbability {
        /// The value that came.
        value: f64,
    },
    /// A mini-batch of no examples.
    #[error("the batch size is 0: give at least 1, or leave it out to take all examples")]
    BatchSize,
    /// A batch of no examples.
    #[error("the data has no examples: give at least one column")]
    NoExamples,
    /// Inputs and labels have different numbers of examples.
    #[error(
        "X is {}×{} and Y is {}×{}: both need one column an example",
        x.0, x.1, y.0, y.1
    )]
    ExamplesDiffer {
        /// Shape of X.
        x: (usize, usize),
        /// Shape of Y.
        y: (usize, usize),
    },
    /// An example that is asked for is not there.
    #[error("example[{index}] of a batch of {examples}, counted from 0")]
    NoSuchExample {
        /// The index asked for.
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
        "the loss of example[0] is {together} in its batch and {copies} among copies of itself: examples \
         depend on one another, and can't be moved all at once. Use the engine `incremental`"
    )]
    ExamplesCoupled {
        /// Its loss in its batch.
        together: f64,
        /// Its loss in a batch of nothing else.
        copies: f64,
    },
    /// The losses around a unit's pre-activations are not finite.
    #[error(
        "unit {unit} of layer {layer} can't be moved: the losses next to it are infinite or NaN, or the \
         step vanishes beside its pre-activations"
    )]
    NotFiniteDelta {
        /// The layer, counted from 1.
        layer: usize,
        /// The unit, counted from 0.
        unit: usize,
    },
    /// The data doesn't fit the widths.
    #[error(
        "{what} is {}×{}, but a network of widths {widths} needs {expected} rows there",
        got.0, got.1
    )]
    DataShape {
        /// X or Y.
        what: &'static str,
        /// The widths.
        widths: String,
        /// The rows that it needs.
        expected: usize,
        /// The shape that came.
        got: (usize, usize),
    },
    /// A label that the loss can't take.
    #[error("Y[{row},{col}] is {value}, but the loss {loss} takes {range}")]
    Label {
        /// The loss.
        loss: &'static str,
        /// What it takes.
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
        "the labels of example[{col}] add up to {sum}, but the loss {loss} takes one probability \
         an output, which add up to 1 (one-hot, as a rule)"
    )]
    LabelSum {
        /// The loss.
        loss: &'static str,
        /// The column: the example.
        col: usize,
        /// Their sum.
        sum: f64,
    },
    /// A flat vector has not one entry a parameter.
    #[error("{got} parameters for a network of widths {widths}, which has {expected}")]
    ParameterCount {
        /// The widths.
        widths: String,
        /// The number of parameters.
        expected: usize,
        /// The length that came.
        got: usize,
    },
    /// There is no such parameter.
    #[error("parameter {index} of a network that has {parameters}, counted from 0")]
    NoSuchParameter {
        /// The index asked for.
        index: usize,
        /// The number of parameters.
        parameters: usize,
    },
    /// Parameters, a gradient or a forward pass belong to another network.
    #[error("{what} of widths {got} for a network of widths {expected}")]
    OtherNetwork {
        /// What came.
        what: &'static str,
        /// The widths of the network.
        expected: String,
        /// The widths of what came.
        got: String,
    },
    /// There is no such layer.
    #[error("layer {layer} of a network whose layers are 1 to {depth}")]
    NoSuchLayer {
        /// The layer asked for.
        layer: usize,
        /// The number of layers.
        depth: usize,
    },
    /// Not one dropout mask a hidden layer.
    #[error("{got} dropout masks for {expected} hidden layers: give one a hidden layer")]
    MaskCount {
        /// The hidden layers.
        expected: usize,
        /// The masks that came.
        got: usize,
    },
    /// A dropout mask has not one entry a unit and example.
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
        "{left_name} is {}×{} and {right_name} is {}×{}: they must have the same shape",
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
    /// A name that nothing has.
    #[error("there is no {what} `{name}`: known are {}", known.join(", "))]
    UnknownName {
        /// The kind of thing.
        what: &'static str,
        /// The name that came.
        name: String,
        /// The names that there are.
        known: Vec<&'static str>,
    },
    /// The cost left the numbers during training.
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

/// Fails with [`MlpError::EntryWise`] where the two shapes differ.
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
