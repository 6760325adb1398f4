//! Mistakes without a free number, the more common first.

use gradient_check::diagnosis::Alternative;
use mlp::{Activation, Architecture, Gradient};
use mlp_faults::{
    BackwardRules, HiddenDelta, NotTransposed, OtherWeights, OtherZ, OutputDelta, ZForA,
};

use super::variant::{variant, without_example};
use crate::model::Model;

/// The hypotheses for `model` at `theta`; those that can't be computed for its shape are left out.
pub(super) fn alternatives(model: &Model<'_>, theta: &[f64]) -> Vec<Alternative> {
    let mut all = Vec::new();
    let mut add = |cause, message: String, gradient: Option<Gradient<f64>>| {
        if let Some(gradient) = gradient {
            all.push(Alternative {
                cause,
                message,
                gradient: gradient.into_flat(),
            });
        }
    };
    // A hypothesis that does not fit the network's shape does not apply to it.
    let by = |rules: &dyn BackwardRules| variant(model, theta, rules).ok();
    let used = model.architecture.activation();
    add(
        "activation-derivative",
        format!("the derivative of {used} is missing (taken as 1) in dZ = dA·φ′(Z)"),
        by(&HiddenDelta(|e| e.masked())),
    );
    for &other in Activation::ALL.iter().filter(|other| **other != used) {
        add(
            "activation-derivative",
            format!("the derivative is that of {other}, and the activation is {used}"),
            by(&HiddenDelta(|e| e.masked() * other.derivative(e.z))),
        );
    }
    add(
        "activation-derivative",
        format!("the derivative of {used} is taken at A and not at Z"),
        by(&HiddenDelta(|e| e.masked() * e.slope(used.apply(e.z)))),
    );
    add(
        "activation-derivative",
        format!("the derivative of {used} is taken at dA and not at Z"),
        by(&HiddenDelta(|e| e.masked() * e.slope(e.masked()))),
    );
    add(
        "activation-derivative",
        format!("the derivative of {used} is applied twice"),
        by(&HiddenDelta(|e| e.masked() * e.slope(e.z).powi(2))),
    );
    add(
        "activation-derivative",
        format!("{used} itself is taken for its derivative"),
        by(&HiddenDelta(|e| e.masked() * used.apply(e.z))),
    );
    let side = |z: f64| if z >= 0.0 { 1.0 } else { 0.0 };
    add(
        "activation-derivative",
        "the derivative at exactly 0 is taken as 1 (≥ for >)".to_owned(),
        by(&HiddenDelta(|e| e.masked() * side(e.z))),
    );
    add(
        "output-delta",
        "dZ of the output layer lacks the labels: A in place of A − Y".to_owned(),
        by(&OutputDelta(|e| e.a)),
    );
    add(
        "output-delta",
        "dZ of the output layer has an extra factor of A(1 − A)".to_owned(),
        by(&OutputDelta(|e| (e.a - e.y) * e.a * (1.0 - e.a))),
    );
    add(
        "output-delta",
        "dZ of the output layer is −Y/A·A(1 − A), the diagonal of softmax alone".to_owned(),
        by(&OutputDelta(|e| -e.y * (1.0 - e.a))),
    );
    add(
        "wrong-cache",
        "dW takes Z of the layer before and not its A".to_owned(),
        by(&ZForA),
    );
    add(
        "wrong-cache",
        "the derivative is taken at another layer's Z".to_owned(),
        by(&OtherZ(|net, layer| same_width(net, layer).next())),
    );
    add(
        "wrong-weights",
        "dA = W·dZ: the weights are not transposed on the way back".to_owned(),
        by(&NotTransposed),
    );
    // The first of the layers there are, or the last.
    for other in [
        by(&OtherWeights(|net, layer| same_shape(net, layer).next())),
        by(&OtherWeights(|net, layer| {
            same_shape(net, layer).next_back()
        })),
    ] {
        add(
            "wrong-weights",
            "dA = Wᵀ·dZ takes the weights of another layer".to_owned(),
            other,
        );
    }
    if model.masks.is_some() {
        add(
            "dropout-mask",
            "the dropout mask is not applied on the way back".to_owned(),
            by(&HiddenDelta(|e| e.da * e.slope(e.z))),
        );
        add(
            "dropout-mask",
            "the division by keep_prob is missing on the way back".to_owned(),
            by(&HiddenDelta(|e| {
                e.da * f64::from(e.kept != 0.0) * e.slope(e.z)
            })),
        );
    }
    let examples = model.batch.examples();
    for dropped in 0..examples.min(MOST_EXAMPLES) {
        let name = match dropped {
            0 => "the first example".to_owned(),
            last if last + 1 == examples => "the last example".to_owned(),
            other => format!("example[{other}]"),
        };
        for (divisor, by) in [(examples, "m"), (examples - 1, "m − 1")] {
            add(
                "example-dropped",
                format!("{name} is left out, and the sum divided by {by}"),
                without_example(model, theta, dropped, divisor)
                    .ok()
                    .flatten(),
            );
        }
    }
    all
}

/// The largest number of examples for which leaving out each one is worth its cost.
const MOST_EXAMPLES: usize = 64;

/// The other hidden layers as wide as `layer`.
fn same_width(net: &Architecture, layer: usize) -> impl DoubleEndedIterator<Item = usize> {
    let widths = net.widths();
    (1..net.depth()).filter(move |&other| other != layer && widths[other] == widths[layer])
}

/// The other layers whose W has the shape of that of `layer`.
fn same_shape(net: &Architecture, layer: usize) -> impl DoubleEndedIterator<Item = usize> {
    let shape = |layer: usize| net.widths().get(layer - 1..=layer);
    (1..=net.depth()).filter(move |&other| other != layer && shape(other) == shape(layer))
}
