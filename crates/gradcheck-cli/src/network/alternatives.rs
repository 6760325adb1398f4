//! What the gradient of a network would be under the mistakes that people make in a backward pass:
//! hypotheses for the diagnosis, computed only when a gradient is wrong.
//!
//! Made from mlp's own functions, with one of them put to a wrong use each time. Knows nothing of the
//! zoo of planted faults, and decides nothing.

use gradient_check::Alternative;
use mlp::{
    Activation, ForwardPass, Gradient, MlpError, Parameters, activation_backward, add_weight_decay,
    bias_gradient, forward, input_gradient, output_delta, weight_gradient,
};
use tensor_core::{Matrix, MatrixView};

use super::model::Model;

/// The hypotheses for `model` at `theta`; those that can't be computed for its shape are left out.
pub(crate) fn alternatives(model: &Model<'_>, theta: &[f64]) -> Vec<Alternative> {
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
            other => format!("example {}", other + 1),
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

/// One thing done wrongly.
enum Mistake<'a> {
    /// φ′ from (A, Z, dA).
    Derivative(&'a dyn Fn(f64, f64, f64) -> f64),
    /// dZ_L from (A_L, Y).
    OutputDelta(&'a dyn Fn(f64, f64) -> f64),
    /// The mask applied on the way back, from the one applied forwards.
    Mask(&'a dyn Fn(f64) -> f64),
    ZForA,
    OtherZ,
    NotTransposed,
    /// No mistake but a batch of other examples, of which the mean is over so many.
    Divisor(usize),
}

/// The gradient with one mistake in it; `None` where the shape leaves no room for the mistake.
fn variant(
    model: &Model<'_>,
    theta: &[f64],
    mistake: &Mistake<'_>,
) -> Result<Option<Gradient<f64>>, MlpError> {
    let parameters = Parameters::from_flat(model.architecture, theta.to_vec())?;
    let pass = forward(model.architecture, &parameters, model.batch, model.masks)?;
    backward_with(model, &pass, model.batch.y().view(), mistake)
}

fn without_example(
    model: &Model<'_>,
    theta: &[f64],
    dropped: usize,
    divisor: usize,
) -> Result<Option<Gradient<f64>>, MlpError> {
    let kept: Vec<usize> = (0..model.batch.examples())
        .filter(|i| *i != dropped)
        .collect();
    if kept.is_empty() || model.masks.is_some() {
        return Ok(None);
    }
    let batch = model.batch.select(&kept)?;
    let parameters = Parameters::from_flat(model.architecture, theta.to_vec())?;
    let pass = forward(model.architecture, &parameters, &batch, None)?;
    backward_with(model, &pass, batch.y().view(), &Mistake::Divisor(divisor))
}

/// mlp's backward pass, line by line, with one line replaced.
fn backward_with(
    model: &Model<'_>,
    pass: &ForwardPass<'_, f64>,
    y: MatrixView<'_, f64>,
    mistake: &Mistake<'_>,
) -> Result<Option<Gradient<f64>>, MlpError> {
    let architecture = model.architecture;
    let activation = architecture.activation();
    let mut gradient = Gradient::zeros(architecture)?;
    let mut dz = output_delta(architecture.loss(), pass.output.view(), y)?;
    if let Mistake::OutputDelta(delta) = mistake {
        let pairs = pass.output.as_slice().iter().zip(y.as_slice());
        for (entry, (a, y)) in dz.as_mut_slice().iter_mut().zip(pairs) {
            *entry = delta(*a, *y);
        }
    }
    // The L2 term is λ/m with the m of the whole batch, whatever examples were left out.
    let m = model.batch.examples();
    let present = y.cols();
    let scale = match mistake {
        Mistake::Divisor(divisor) if *divisor == 0 => return Ok(None),
        Mistake::Divisor(divisor) => present as f64 / *divisor as f64,
        _ => 1.0,
    };
    for layer in (1..=architecture.depth()).rev() {
        let cache = pass.layer(layer)?;
        let incoming = match mistake {
            Mistake::ZForA if layer > 1 => pass.layer(layer - 1)?.z(),
            _ => cache.a_prev(),
        };
        let mut dw = weight_gradient(dz.view(), incoming)?;
        let mut db = bias_gradient(dz.view());
        dw.as_mut_slice()
            .iter_mut()
            .chain(&mut db)
            .for_each(|entry| *entry *= scale);
        add_weight_decay(&mut dw, cache.weights(), architecture.l2(), m)?;
        gradient.set_layer(layer, dw.view(), &db)?;
        if layer == 1 {
            break;
        }
        let below = pass.layer(layer - 1)?;
        let mut da = match mistake {
            Mistake::NotTransposed => match not_transposed(cache.weights(), dz.view())? {
                Some(da) => da,
                None => input_gradient(cache.weights(), dz.view())?,
            },
            _ => input_gradient(cache.weights(), dz.view())?,
        };
        dz = match mistake {
            Mistake::Derivative(derivative) => {
                let a = Matrix::from_view(below.z())?;
                if let Some(mask) = below.mask() {
                    for (da, kept) in da.as_mut_slice().iter_mut().zip(mask.as_slice()) {
                        *da *= kept;
                    }
                }
                for (da, z) in da.as_mut_slice().iter_mut().zip(a.as_slice()) {
                    *da *= derivative(activation.apply(*z), *z, *da);
                }
                da
            }
            Mistake::Mask(kept) => {
                if let Some(mask) = below.mask() {
                    for (da, k) in da.as_mut_slice().iter_mut().zip(mask.as_slice()) {
                        *da *= kept(*k);
                    }
                }
                activation_backward(activation, da, below.z(), None)?
            }
            Mistake::OtherZ => {
                let other = (1..architecture.depth())
                    .filter(|other| *other != layer - 1)
                    .find_map(|other| {
                        let z = pass.layer(other).ok()?.z();
                        (z.shape() == below.z().shape()).then_some(z)
                    });
                activation_backward(activation, da, other.unwrap_or(below.z()), below.mask())?
            }
            _ => activation_backward(activation, da, below.z(), below.mask())?,
        };
    }
    Ok(Some(gradient))
}

/// W·dZ, where W is square.
fn not_transposed(
    weights: MatrixView<'_, f64>,
    dz: MatrixView<'_, f64>,
) -> Result<Option<Matrix<f64>>, MlpError> {
    if weights.rows() != weights.cols() {
        return Ok(None);
    }
    Ok(Some(tensor_core::product(weights, dz)?))
}
