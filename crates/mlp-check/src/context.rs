//! The meaning of numbers in a network, for the checker, which knows nothing of networks.

use gradient_check::diagnosis::{Context, NamedFactor};
use mlp::DropoutMasks;

use crate::model::Model;

/// The factors and the decay by which wrong gradients of c·J are typically off, with their causes; `loss_scale` is c.
pub(crate) fn context(model: &Model<'_>, loss_scale: f64) -> Context {
    let examples = model.batch.examples() as f64;
    let outputs = model.batch.y().rows() as f64;
    let keep_prob = model.masks.map_or(1.0, DropoutMasks::keep_prob);
    let named = |value, cause, meaning: &str| NamedFactor {
        value,
        cause,
        meaning: meaning.to_owned(),
        unlikely: cause == "outputs",
    };
    let mut factors = Vec::new();
    if examples > 1.0 {
        factors.push(named(
            examples,
            "missing-1-over-m",
            "1/m is missing, m the number of examples",
        ));
        factors.push(named(
            1.0 / examples,
            "one-over-m-twice",
            "1/m is applied twice, m the number of examples",
        ));
    }
    if keep_prob < 1.0 {
        factors.push(named(
            keep_prob,
            "keep-prob",
            "the division by keep_prob is missing",
        ));
        factors.push(named(
            1.0 / keep_prob,
            "keep-prob",
            "it is divided by keep_prob twice",
        ));
    }
    if outputs > 1.0 {
        factors.push(named(
            outputs,
            "outputs",
            "a mean over the outputs is missing",
        ));
        factors.push(named(
            1.0 / outputs,
            "outputs",
            "a mean over the outputs is too many",
        ));
    }
    let lambda = model.architecture.l2();
    Context {
        factors,
        decay: (lambda > 0.0).then_some(loss_scale * (lambda / examples)),
        axes: Some(["unit", "input"].map(str::to_owned)),
    }
}
