//! Mistakes that leave no number open, the more common first.

use gradient_check::diagnosis::Alternative;
use mlp::{Activation, Gradient, MlpError};

use super::variant::{Mistake, variant, without_example};
use crate::model::Model;

/// The hypotheses for `model` at `theta`; those that can't be computed for its shape are left out.
pub(super) fn alternatives(model: &Model<'_>, theta: &[f64]) -> Vec<Alternative> {
    let mut all = Vec::new();
    let mut add = |cause, message: String, gradient: Result<Option<Gradient<f64>>, MlpError>| {
        // A hypothesis that does not fit the network's shape is no hypothesis about it.
        if let Ok(Some(gradient)) = gradient {
            all.push(Alternative {
                cause,
                message,
                gradient: gradient.into_flat(),
            });
        }
    };
    let used = model.architecture.activation();
    add(
        "activation-derivative",
        format!("the derivative of {used} is missing (taken as 1) in dZ = dA·φ′(Z)"),
        variant(model, theta, &Mistake::Derivative(&|_, _, _| 1.0)),
    );
    for &other in Activation::ALL.iter().filter(|other| **other != used) {
        add(
            "activation-derivative",
            format!("the derivative is that of {other}, and the activation is {used}"),
            variant(
                model,
                theta,
                &Mistake::Derivative(&move |_, z, _| other.derivative(z)),
            ),
        );
    }
    add(
        "activation-derivative",
        format!("the derivative of {used} is taken at A and not at Z"),
        variant(
            model,
            theta,
            &Mistake::Derivative(&move |_, z, _| used.derivative(used.apply(z))),
        ),
    );
    add(
        "activation-derivative",
        format!("the derivative of {used} is taken at dA and not at Z"),
        variant(
            model,
            theta,
            &Mistake::Derivative(&move |_, _, da| used.derivative(da)),
        ),
    );
    add(
        "activation-derivative",
        format!("the derivative of {used} is applied twice"),
        variant(
            model,
            theta,
            &Mistake::Derivative(&move |_, z, _| used.derivative(z).powi(2)),
        ),
    );
    add(
        "activation-derivative",
        format!("{used} itself is taken for its derivative"),
        variant(
            model,
            theta,
            &Mistake::Derivative(&move |_, z, _| used.apply(z)),
        ),
    );
    let side = |z: f64| if z >= 0.0 { 1.0 } else { 0.0 };
    add(
        "activation-derivative",
        "the derivative at exactly 0 is taken as 1 (≥ for >)".to_owned(),
        variant(model, theta, &Mistake::Derivative(&move |_, z, _| side(z))),
    );
    add(
        "output-delta",
        "dZ of the output layer lacks the labels: A in place of A − Y".to_owned(),
        variant(model, theta, &Mistake::OutputDelta(&|a, _| a)),
    );
    add(
        "output-delta",
        "dZ of the output layer has a factor A(1 − A) too many".to_owned(),
        variant(
            model,
            theta,
            &Mistake::OutputDelta(&|a, y| (a - y) * a * (1.0 - a)),
        ),
    );
    add(
        "output-delta",
        "dZ of the output layer is −Y/A·A(1 − A), the diagonal of softmax alone".to_owned(),
        variant(model, theta, &Mistake::OutputDelta(&|a, y| -y * (1.0 - a))),
    );
    add(
        "wrong-cache",
        "dW takes Z of the layer before and not its A".to_owned(),
        variant(model, theta, &Mistake::ZForA),
    );
    add(
        "wrong-cache",
        "the derivative is taken at another layer's Z".to_owned(),
        variant(model, theta, &Mistake::OtherZ),
    );
    add(
        "wrong-weights",
        "dA = W·dZ: the weights are not transposed on the way back".to_owned(),
        variant(model, theta, &Mistake::NotTransposed),
    );
    for last in [false, true] {
        add(
            "wrong-weights",
            "dA = Wᵀ·dZ takes the weights of another layer".to_owned(),
            variant(model, theta, &Mistake::OtherWeights { last }),
        );
    }
    if model.masks.is_some() {
        add(
            "dropout-mask",
            "the dropout mask is not applied on the way back".to_owned(),
            variant(model, theta, &Mistake::Mask(&|_| 1.0)),
        );
        add(
            "dropout-mask",
            "the division by keep_prob is missing on the way back".to_owned(),
            variant(model, theta, &Mistake::Mask(&|kept| f64::from(kept != 0.0))),
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
                without_example(model, theta, dropped, divisor),
            );
        }
    }
    all
}

/// Leaving out each of more examples than this would cost more than it tells.
const MOST_EXAMPLES: usize = 64;
