//! The backward pass of mlp, line by line, with one line replaced.
//!
//! Made from mlp's own functions, one of them put to a wrong use each time. Refuses to know which
//! replacement anybody believes in.

use mlp::{
    ForwardPass, Gradient, MlpError, Parameters, activation_backward, add_weight_decay,
    bias_gradient, forward, input_gradient, output_delta, weight_gradient,
};
use tensor_core::{Matrix, MatrixView};

use crate::model::Model;

/// One thing done wrongly.
pub(super) enum Mistake<'a> {
    /// φ′ from (A, Z, dA).
    Derivative(&'a dyn Fn(f64, f64, f64) -> f64),
    /// dZ_L from (A_L, Y).
    OutputDelta(&'a dyn Fn(f64, f64) -> f64),
    /// The mask applied on the way back, from the one applied forwards.
    Mask(&'a dyn Fn(f64) -> f64),
    ZForA,
    OtherZ,
    NotTransposed,
    /// Another layer's W of the same shape: the first there is, or the last.
    OtherWeights {
        last: bool,
    },
    /// No mistake at all.
    None,
    /// No mistake but a batch of other examples, of which the mean is over so many.
    Divisor(usize),
}

/// The gradient with one mistake in it; `None` where the shape leaves no room for the mistake.
pub(super) fn variant(
    model: &Model<'_>,
    theta: &[f64],
    mistake: &Mistake<'_>,
) -> Result<Option<Gradient<f64>>, MlpError> {
    let parameters = Parameters::from_flat(model.architecture, theta.to_vec())?;
    let pass = forward(model.architecture, &parameters, model.batch, model.masks)?;
    backward_with(model, &pass, model.batch.y().view(), mistake)
}

pub(super) fn without_example(
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
            Mistake::OtherWeights { last } => {
                let shape = cache.weights().shape();
                let mut others = (1..=architecture.depth())
                    .filter(|other| *other != layer)
                    .filter_map(|other| Some(pass.layer(other).ok()?.weights()))
                    .filter(|weights| weights.shape() == shape);
                let other = if *last {
                    others.next_back()
                } else {
                    others.next()
                };
                input_gradient(other.unwrap_or(cache.weights()), dz.view())?
            }
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
