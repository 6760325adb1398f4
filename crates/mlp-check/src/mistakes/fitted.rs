//! Mistakes with a free number: a slope, a limit, a rate. The checker fits it.

use gradient_check::diagnosis::Family;
use mlp::{Gradient, MlpError, Parameters, forward};
use mlp_faults::{HiddenDelta, OutputDelta, UpdatedWeights};

use super::variant::{Right, variant};
use crate::model::Model;

/// The largest number of values of a limit that are tried, spread over those that make a difference.
const MOST_CANDIDATES: usize = 256;

/// The families for `model` at `theta`, the more common mistake first.
pub(super) fn families<'a>(
    model: &'a Model<'a>,
    theta: &'a [f64],
    analytic: &'a [f64],
    factor: f64,
) -> Vec<Family<'a>> {
    let mut families = vec![stale(model, theta, analytic, factor)];
    if model.architecture.depth() > 1 {
        families.push(updated_early(model, theta));
    }
    let parameters = Parameters::from_flat(model.architecture, theta.to_vec());
    let Some(sizes) = parameters.ok().and_then(|p| Sizes::of(model, &p).ok()) else {
        return families;
    };
    let activation = model.architecture.activation();
    if activation.is_smooth() {
        families.push(cut_off(model, theta, &sizes.hidden));
    } else {
        families.push(slope_below_zero(model, theta));
    }
    families.push(clamped(model, theta, &sizes.deltas));
    families.push(clipped(model, theta, &sizes.margins));
    families
}

/// Common learning rates, and 0, as starting points of the fit: there may be kinks between the fit and any single one.
const RATES: [f64; 14] = [
    0.0, 1e-6, 1e-5, 1e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.2, 0.3, 0.5, 1.0, -0.01,
];

/// The gradient at θ + η·g, g the one under test, of a cost multiplied by `factor`: that of the parameters
/// before a step of gradient descent with rate η, whose gradient g then is.
fn stale<'a>(
    model: &'a Model<'a>,
    theta: &'a [f64],
    analytic: &'a [f64],
    factor: f64,
) -> Family<'a> {
    Family {
        cause: "stale",
        candidates: RATES.to_vec(),
        smooth: true,
        gradient: Box::new(move |rate| {
            let step = rate / factor;
            let before: Vec<f64> = theta
                .iter()
                .zip(analytic)
                .map(|(x, g)| x + step * g)
                .collect();
            flat(variant(model, &before, &Right))
        }),
        message: Box::new(|rate| {
            let when = if rate > 0.0 {
                "before the last"
            } else {
                "after the next"
            };
            format!(
                "the gradient is that of other parameters: those {when} step of gradient descent with \
                 rate {}; something kept from that step is used",
                short(rate.abs())
            )
        }),
    }
}

/// dA through weights that gradient descent with rate η has changed already. The forward pass is the right one, so that
/// no kink can be between a candidate and the fit.
fn updated_early<'a>(model: &'a Model<'a>, theta: &'a [f64]) -> Family<'a> {
    Family {
        cause: "early-update",
        candidates: RATES.to_vec(),
        smooth: true,
        gradient: Box::new(move |rate| flat(variant(model, theta, &UpdatedWeights(rate)))),
        message: Box::new(|rate| {
            format!(
                "dA = Wᵀ·dZ takes weights that a step of gradient descent with rate {} has changed already; \
                 compute the gradients of all layers before you update any",
                short(rate)
            )
        }),
    }
}

/// φ′ = s below zero.
fn slope_below_zero<'a>(model: &'a Model<'a>, theta: &'a [f64]) -> Family<'a> {
    let activation = model.architecture.activation();
    let right: f64 = activation.derivative(-1.0);
    Family {
        cause: "activation-derivative",
        candidates: vec![0.01, 0.1, 0.2, 0.3, 0.5],
        smooth: true,
        gradient: Box::new(move |slope| {
            let rules = HiddenDelta(|e| e.masked() * if e.z > 0.0 { 1.0 } else { slope });
            flat(variant(model, theta, &rules))
        }),
        message: Box::new(move |slope| {
            format!(
                "the derivative of {activation} below zero is taken as {} and not as {}",
                short(slope),
                short(right)
            )
        }),
    }
}

/// dZ of the output layer clamped to ±c.
fn clamped<'a>(model: &'a Model<'a>, theta: &'a [f64], deltas: &[f64]) -> Family<'a> {
    Family {
        cause: "saturation",
        candidates: spread(between(deltas.to_vec())),
        smooth: true,
        gradient: Box::new(move |limit| {
            let rules = OutputDelta(|e| (e.a - e.y).clamp(-limit.abs(), limit.abs()));
            flat(variant(model, theta, &rules))
        }),
        message: Box::new(|limit| {
            format!(
                "dZ of the output layer is cut off at ±{}: right for the examples that are nearly learnt, \
                 wrong for the rest",
                short(limit.abs())
            )
        }),
    }
}

/// φ′ = 0 where |Z| is above c.
fn cut_off<'a>(model: &'a Model<'a>, theta: &'a [f64], hidden: &[f64]) -> Family<'a> {
    let activation = model.architecture.activation();
    Family {
        cause: "saturation",
        candidates: spread(between(hidden.to_vec())),
        smooth: false,
        gradient: Box::new(move |limit| {
            let rules = HiddenDelta(|e| match e.z.abs() > limit {
                true => e.masked() * 0.0,
                false => e.dz,
            });
            flat(variant(model, theta, &rules))
        }),
        message: Box::new(move |limit| {
            format!(
                "the derivative of {activation} is taken as 0 where |Z| is above about {limit:.2}, where \
                 it is not yet"
            )
        }),
    }
}

/// dZ = 0 where the output is within c of 0 or 1.
fn clipped<'a>(model: &'a Model<'a>, theta: &'a [f64], margins: &[f64]) -> Family<'a> {
    Family {
        cause: "saturation",
        candidates: spread(between(margins.to_vec())),
        smooth: false,
        gradient: Box::new(move |margin| {
            let rules = OutputDelta(|e| match e.a < margin || e.a > 1.0 - margin {
                true => 0.0,
                false => e.a - e.y,
            });
            flat(variant(model, theta, &rules))
        }),
        message: Box::new(|margin| {
            format!(
                "dZ of the output layer is 0 where the output is within about {} of 0 or 1, as if it were \
                 clipped there",
                short(margin)
            )
        }),
    }
}

/// The sizes between which limits can be drawn.
struct Sizes {
    /// |Z| of all hidden units and examples.
    hidden: Vec<f64>,
    /// |A − Y| of the output.
    deltas: Vec<f64>,
    /// min(A, 1 − A) of the output.
    margins: Vec<f64>,
}

impl Sizes {
    fn of(model: &Model<'_>, parameters: &Parameters<f64>) -> Result<Self, MlpError> {
        let pass = forward(model.architecture, parameters, model.batch, model.masks)?;
        let mut hidden = Vec::new();
        for layer in 1..model.architecture.depth() {
            let z = pass.layer(layer)?.z().as_slice();
            hidden.extend(z.iter().map(|z| z.abs()));
        }
        let a = pass.output.as_slice();
        let pairs = a.iter().zip(model.batch.y().as_slice());
        Ok(Self {
            hidden,
            deltas: pairs.map(|(a, y)| (a - y).abs()).collect(),
            margins: a.iter().map(|a| a.min(1.0 - a)).collect(),
        })
    }
}

/// The middles between neighbors.
fn between(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_by(f64::total_cmp);
    values.dedup();
    values
        .windows(2)
        .map(|pair| 0.5 * (pair[0] + pair[1]))
        .collect()
}

/// At most [`MOST_CANDIDATES`] of the values, evenly spread.
fn spread(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_by(f64::total_cmp);
    values.dedup();
    let stride = values.len().div_ceil(MOST_CANDIDATES).max(1);
    values.into_iter().step_by(stride).collect()
}

fn flat(gradient: Result<Gradient<f64>, MlpError>) -> Option<Vec<f64>> {
    Some(gradient.ok()?.into_flat())
}

/// A number with three digits, without an exponent if it is not needed.
fn short(value: f64) -> String {
    if value != 0.0 && !(1e-3..1e4).contains(&value.abs()) {
        return format!("{value:.2e}");
    }
    let digits = format!("{value:.4}");
    digits
        .trim_end_matches('0')
        .trim_end_matches('.')
        .to_owned()
}
