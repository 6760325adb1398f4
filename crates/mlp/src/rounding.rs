//! How far rounding may throw off a backward pass: a running error analysis of forward and backward.
//!
//! Says what to expect of arithmetic, not of the code: nothing here looks at a gradient. Refuses to know
//! who asks, and how many deviations they allow.

use tensor_core::{Matrix, MatrixView, Scalar, product, product_transpose_left, row_sums};

use crate::{
    Activation, Architecture, Batch, DropoutMasks, ForwardPass, Gradient, Loss, MlpError,
    Parameters, forward, input_gradient, output_delta,
};

/// What one operation may be off by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Arithmetic {
    /// Relative to its result: λu, with u the unit roundoff of the type (half its ε) and λ the number of
    /// deviations to allow for.
    pub unit: f64,
    /// In absolute terms, where its result underflows: the smallest normal number of the type.
    pub smallest: f64,
}

/// For each entry of the gradient, how far a right backward pass may be off by rounding, where one
/// operation is off by `unit` times its result, or by `smallest`.
///
/// To first order, each operation adds its own rounding and hands on those of its operands (running
/// error analysis: Higham 2002, "Accuracy and Stability of Numerical Algorithms", section 3.3). A sum
/// of n terms adds √n·unit·Σ|term|, as roundings that are independent of each other do with high
/// probability (Higham & Mary 2019, "A new approach to probabilistic rounding error analysis", SIAM J.
/// Sci. Comput. 41(5), theorem 2.4): with u the unit roundoff of the working type, `unit` = λu is
/// exceeded by a sum with probability 2·exp(−λ²/2) at most, to first order. With e for the error of a
/// matrix, all absolute values taken entry by entry, n the number of terms:
///
/// - forward: e(Z) = |W|·e(A₋) + √n·unit·(|W|·|A₋| + |b|), e(A) = |φ′|∘e(Z) + unit·ρ(φ);
/// - dZ_L = A − Y: e = e(A) + unit·|dZ|, which is where most is lost once the network is sure;
/// - dW = 1/m dZ·A₋ᵀ: e = 1/m (e(dZ)·|A₋|ᵀ + |dZ|·e(A₋)ᵀ + √m·unit·|dZ|·|A₋|ᵀ) + unit·(|dW| + λ/m·|W|);
/// - dA₋ = Wᵀ·dZ: e = |W|ᵀ·e(dZ) + √n·unit·|W|ᵀ·|dZ|;
/// - dZ₋ = dA₋∘φ′: e = |φ′|∘e(dA₋) + |dA₋|∘(|φ″|∘e(Z₋) + unit·ρ(φ′)) + unit·|dZ₋|.
///
/// ρ(φ) and ρ(φ′) are the roundings of the functions themselves; ρ(φ′) = 2 for the curved ones, so that
/// formulas such as 1 − a² for tanh′, which cancel where a unit saturates, count as right too. A unit
/// whose pre-activation is within e(Z) of a kink may be on its other side: there |φ″|∘e(Z₋) is the jump
/// of φ′. To each e, `smallest` is added once for each term.
///
/// ```
/// use mlp::{Activation, Architecture, Arithmetic, Batch, Loss, Parameters, rounding_bound};
/// use tensor_core::Matrix;
/// let net = Architecture::new(&[1, 1], Activation::Relu, Loss::MeanSquaredError)?;
/// let parameters = Parameters::from_flat(&net, vec![1.0, 0.0])?;
/// let nearly = 1.0 - 1e-9;
/// let batch = Batch::new(Matrix::from_vec(1, 1, vec![1.0])?, Matrix::from_vec(1, 1, vec![nearly])?)?;
/// // The gradient is 1e-9, and what A − Y lost is the rounding of 1.
/// let double = Arithmetic { unit: f64::EPSILON / 2.0, smallest: f64::MIN_POSITIVE };
/// let bound = rounding_bound(&net, &parameters, &batch, None, double)?;
/// assert!((1e-16..1e-15).contains(&bound.db(1)[0]));
/// # Ok::<(), mlp::MlpError>(())
/// ```
///
/// # Errors
/// As [`forward`] and [`backward`](crate::backward).
pub fn rounding_bound(
    architecture: &Architecture,
    parameters: &Parameters<f64>,
    batch: &Batch<f64>,
    masks: Option<&DropoutMasks<f64>>,
    arithmetic: Arithmetic,
) -> Result<Gradient<f64>, MlpError> {
    let Arithmetic { unit, smallest } = arithmetic;
    let pass = forward(architecture, parameters, batch, masks)?;
    let activation = architecture.activation();
    let forward_errors = forward_errors(architecture, &pass, arithmetic)?;
    let examples = batch.examples() as f64;

    let mut bound = Gradient::zeros(architecture)?;
    let mut dz = output_delta(architecture.loss(), pass.output.view(), batch.y().view())?;
    let mut dz_error = output_error(
        architecture.loss(),
        &pass,
        &forward_errors[architecture.depth() - 1].z,
        batch.y().view(),
        &dz,
        unit,
    )?;
    for layer in (1..=architecture.depth()).rev() {
        let cache = pass.layer(layer)?;
        let a_prev = cache.a_prev();
        let a_size = magnitude(a_prev)?;
        let a_error = match layer {
            1 => Matrix::zeros(a_prev.rows(), a_prev.cols())?,
            _ => Matrix::from_view(forward_errors[layer - 2].a.view())?,
        };
        let size = magnitude(dz.view())?;
        let mut dw = outer(dz_error.view(), a_size.view())?;
        add(&mut dw, &outer(size.view(), a_error.view())?, 1.0);
        let terms = outer(size.view(), a_size.view())?;
        add(&mut dw, &terms, unit * (examples.sqrt() + 1.0));
        let decay = architecture.l2() / examples;
        for (entry, weight) in dw.as_mut_slice().iter_mut().zip(cache.weights().as_slice()) {
            *entry = *entry / examples + 2.0 * unit * (decay * weight).abs() + 2.0 * smallest;
        }
        let db: Vec<f64> = row_sums(dz_error.view())
            .iter()
            .zip(row_sums(size.view()))
            .map(|(error, terms)| {
                (error + unit * (examples.sqrt() + 1.0) * terms) / examples + smallest
            })
            .collect();
        bound.set_layer(layer, dw.view(), &db)?;
        if layer == 1 {
            break;
        }

        let below = pass.layer(layer - 1)?;
        let weights = magnitude(cache.weights())?;
        let mut da_error = product_transpose_left(weights.view(), dz_error.view())?;
        let terms = product_transpose_left(weights.view(), size.view())?;
        let summands = (dz.rows() as f64).sqrt();
        add(&mut da_error, &terms, unit * summands);
        let da = input_gradient(cache.weights(), dz.view())?;
        let z_error = &forward_errors[layer - 2].z;
        dz = crate::activation_backward(activation, da.map(|x| x), below.z(), below.mask())?;
        for (i, error) in da_error.as_mut_slice().iter_mut().enumerate() {
            let kept = below.mask().map_or(1.0, |mask| mask.as_slice()[i]);
            let z = below.z().as_slice()[i];
            let passed = (kept * da.as_slice()[i]).abs();
            *error = kept * activation.derivative(z).abs() * *error
                + passed * derivative_error(activation, z, z_error.as_slice()[i], unit)
                + unit * dz.as_slice()[i].abs()
                + (weights.rows() as f64 + 2.0) * smallest;
        }
        dz_error = da_error;
    }
    Ok(bound)
}

/// What one layer's Z and A may be off by.
struct LayerError {
    z: Matrix<f64>,
    a: Matrix<f64>,
}

fn forward_errors(
    architecture: &Architecture,
    pass: &ForwardPass<'_, f64>,
    Arithmetic { unit, smallest }: Arithmetic,
) -> Result<Vec<LayerError>, MlpError> {
    let activation = architecture.activation();
    let mut errors: Vec<LayerError> = Vec::with_capacity(architecture.depth());
    for layer in 1..=architecture.depth() {
        let cache = pass.layer(layer)?;
        let weights = magnitude(cache.weights())?;
        let mut z = product(weights.view(), magnitude(cache.a_prev())?.view())?;
        let summands = (cache.weights().cols() as f64 + 1.0).sqrt();
        let columns = z.cols();
        for (i, entry) in z.as_mut_slice().iter_mut().enumerate() {
            *entry = unit * summands * (*entry + cache.bias()[i / columns].abs())
                + (summands * summands) * smallest;
        }
        if let Some(below) = errors.last() {
            let handed_on = product(weights.view(), below.a.view())?;
            add(&mut z, &handed_on, 1.0);
        }
        let mut a = Matrix::from_view(z.view())?;
        for (i, entry) in a.as_mut_slice().iter_mut().enumerate() {
            let at = cache.z().as_slice()[i];
            let kept = cache.mask().map_or(1.0, |mask| mask.as_slice()[i]);
            *entry = kept
                * (slope_between(activation, at, *entry) * *entry
                    + unit * function_rounding(activation, at)
                    + smallest);
        }
        errors.push(LayerError { z, a });
    }
    Ok(errors)
}

/// e(dZ_L).
fn output_error(
    loss: Loss,
    pass: &ForwardPass<'_, f64>,
    z_error: &Matrix<f64>,
    y: MatrixView<'_, f64>,
    dz: &Matrix<f64>,
    unit: f64,
) -> Result<Matrix<f64>, MlpError> {
    let a = &pass.output;
    let z = pass.logits();
    let (outputs, examples) = a.shape();
    let mut error = Matrix::from_view(z_error.view())?;
    for j in 0..examples {
        let column = |matrix: MatrixView<'_, f64>| matrix.column(j).collect::<Vec<_>>();
        let (a, z, y) = (column(a.view()), column(z), column(y));
        let (z_error, dz) = (column(z_error.view()), column(dz.view()));
        let largest = z.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let shared: f64 = a.iter().zip(&z_error).map(|(a, e)| a * e).sum();
        let labels: f64 = y.iter().sum();
        for k in 0..outputs {
            let own = match loss {
                Loss::BinaryCrossEntropy => a[k] * (1.0 - a[k]) * z_error[k] + 2.0 * unit * a[k],
                Loss::SoftmaxCrossEntropy => {
                    let roundings = 4.0 + (outputs as f64).sqrt() + (z[k] - largest).abs();
                    labels * a[k] * (z_error[k] + shared + unit * roundings)
                }
                Loss::MeanSquaredError => z_error[k],
            };
            error.as_mut_slice()[k * examples + j] = own + unit * dz[k].abs();
        }
    }
    Ok(error)
}

/// The largest |φ′| within `error` of z: a kink may lie between.
fn slope_between(activation: Activation, z: f64, error: f64) -> f64 {
    let here = activation.derivative(z).abs();
    if !activation.is_smooth() && z.abs() <= error {
        return 1.0;
    }
    here
}

/// ρ(φ): what evaluating φ adds, in units. GELU's Φ(z) = ½(1 + erf) cancels below zero.
fn function_rounding(activation: Activation, z: f64) -> f64 {
    match activation {
        Activation::Relu | Activation::LeakyRelu | Activation::Identity => 0.0,
        Activation::Gelu => 2.0 * activation.apply(z).abs() + z.abs(),
        Activation::Tanh | Activation::Sigmoid | Activation::Softplus => {
            2.0 * activation.apply(z).abs()
        }
    }
}

/// |φ″|·e(Z) + unit·ρ(φ′), or the jump of φ′ where the kink is in reach.
fn derivative_error(activation: Activation, z: f64, error: f64, unit: f64) -> f64 {
    match activation {
        Activation::Identity => 0.0,
        Activation::Relu | Activation::LeakyRelu => {
            let jump = 1.0 - activation.derivative(-1.0f64);
            if z.abs() <= error && error > 0.0 {
                jump
            } else {
                0.0
            }
        }
        smooth => second_derivative(smooth, z).abs() * error + 2.0 * unit,
    }
}

fn second_derivative(activation: Activation, z: f64) -> f64 {
    let slope = |of: Activation, at: f64| of.derivative(at);
    match activation {
        Activation::Relu | Activation::LeakyRelu | Activation::Identity => 0.0,
        // −2·tanh·tanh′.
        Activation::Tanh => -2.0 * activation.apply(z) * slope(activation, z),
        // σ′(1 − 2σ).
        Activation::Sigmoid => slope(activation, z) * (1.0 - 2.0 * activation.apply(z)),
        Activation::Softplus => slope(Activation::Sigmoid, z),
        // Φ′(z)(2 − z²).
        Activation::Gelu => {
            (-0.5 * z * z).exp() / (2.0 * std::f64::consts::PI).sqrt() * (2.0 - z * z)
        }
    }
}

fn magnitude(matrix: MatrixView<'_, f64>) -> Result<Matrix<f64>, MlpError> {
    Ok(Matrix::from_view(matrix)?.map(f64::abs))
}

/// a·bᵀ.
fn outer(a: MatrixView<'_, f64>, b: MatrixView<'_, f64>) -> Result<Matrix<f64>, MlpError> {
    Ok(tensor_core::product_transpose_right(a, b)?)
}

/// a ← a + factor·b.
fn add<T: Scalar>(a: &mut Matrix<T>, b: &Matrix<T>, factor: T) {
    for (a, b) in a.as_mut_slice().iter_mut().zip(b.as_slice()) {
        *a += factor * *b;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn second_derivatives_are_those_of_the_first() {
        for &activation in Activation::ALL.iter().filter(|a| a.is_smooth()) {
            for z in [-4.0, -1.3, -0.2, 0.0, 0.7, 2.5] {
                let h = 1e-5;
                let slope: f64 = activation.derivative(z + h) - activation.derivative(z - h);
                let numeric = slope / (2.0 * h);
                let exact = second_derivative(activation, z);
                assert!(
                    (numeric - exact).abs() < 1e-9,
                    "{activation} at {z}: {numeric} against {exact}"
                );
            }
        }
    }
}
