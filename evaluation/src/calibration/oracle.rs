//! The true gradient: dual numbers of 32 digits through a forward pass that shares no code with the
//! network's, loops over one example after the other.
//!
//! Invariant: knows nothing of finite differences, and of how the network computes anything.

use std::ops::{Add, Mul};

use mlp::{Activation, Architecture, Batch, DropoutMasks, LEAKY_SLOPE, Loss};

use super::double_double::DoubleDouble;

/// A value and its derivative: value + slope·ε, ε² = 0.
#[derive(Debug, Clone, Copy)]
struct Dual {
    value: DoubleDouble,
    slope: DoubleDouble,
}

impl From<f64> for Dual {
    fn from(value: f64) -> Self {
        Self {
            value: value.into(),
            slope: DoubleDouble::ZERO,
        }
    }
}

impl Add for Dual {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self {
            value: self.value + other.value,
            slope: self.slope + other.slope,
        }
    }
}

impl Mul for Dual {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        Self {
            value: self.value * other.value,
            slope: self.slope * other.value + self.value * other.slope,
        }
    }
}

/// σ(z) = 1/(1 + e^(−z)), to full accuracy on either side.
fn sigmoid(z: DoubleDouble) -> DoubleDouble {
    let one = DoubleDouble::from(1.0);
    if z.to_f64() < 0.0 {
        let e = z.exp();
        e / (one + e)
    } else {
        one / (one + (-z).exp())
    }
}

/// φ(z).
fn activate(activation: Activation, z: Dual) -> Dual {
    let one = DoubleDouble::from(1.0);
    let (value, derivative) = match activation {
        Activation::Relu if z.value.to_f64() > 0.0 => (z.value, one),
        Activation::Relu => (DoubleDouble::ZERO, DoubleDouble::ZERO),
        Activation::LeakyRelu if z.value.to_f64() > 0.0 => (z.value, one),
        Activation::LeakyRelu => (z.value * LEAKY_SLOPE.into(), LEAKY_SLOPE.into()),
        Activation::Identity => (z.value, one),
        Activation::Tanh => {
            // σ(2z) − σ(−2z), and 4σ(2z)σ(−2z).
            let (up, down) = (sigmoid(z.value + z.value), sigmoid(-(z.value + z.value)));
            (up - down, up * down * 4.0.into())
        }
        Activation::Sigmoid => {
            let (up, down) = (sigmoid(z.value), sigmoid(-z.value));
            (up, up * down)
        }
        Activation::Softplus => {
            let negative = z.value.to_f64() < 0.0;
            let (above, e) = match negative {
                true => (DoubleDouble::ZERO, z.value.exp()),
                false => (z.value, (-z.value).exp()),
            };
            (above + e.ln_1p(), sigmoid(z.value))
        }
        Activation::Gelu => {
            let below = z.value.normal_distribution();
            (z.value * below, below + z.value * z.value.normal_density())
        }
    };
    Dual {
        value,
        slope: derivative * z.slope,
    }
}

/// The derivative of one example's loss.
fn loss_slope(loss: Loss, z: &[Dual], y: &[f64]) -> DoubleDouble {
    let mut sum = DoubleDouble::ZERO;
    for (k, (z_k, &y_k)) in z.iter().zip(y).enumerate() {
        let label = DoubleDouble::from(y_k);
        sum = sum
            + match loss {
                // −y ln σ(z) − (1 − y) ln σ(−z).
                Loss::BinaryCrossEntropy => {
                    let other = DoubleDouble::from(1.0) - label;
                    (other * sigmoid(z_k.value) - label * sigmoid(-z_k.value)) * z_k.slope
                }
                Loss::SoftmaxCrossEntropy if y_k == 0.0 => DoubleDouble::ZERO,
                // y_k·ln Σ_j e^(z_j − z_k), shifted by the largest z.
                Loss::SoftmaxCrossEntropy => {
                    let largest =
                        z.iter()
                            .fold(z_k.value, |most, z| match (z.value - most).to_f64() > 0.0 {
                                true => z.value,
                                false => most,
                            });
                    let (mut powers, mut slopes) = (DoubleDouble::ZERO, DoubleDouble::ZERO);
                    for (j, z_j) in z.iter().enumerate() {
                        let power = (z_j.value - largest).exp();
                        powers = powers + power;
                        if j != k {
                            slopes = slopes + power * (z_j.slope - z_k.slope);
                        }
                    }
                    label * slopes / powers
                }
                Loss::MeanSquaredError => (z_k.value - label) * z_k.slope,
            };
    }
    sum
}

/// ∂J/∂θ at `theta`, each entry rounded once, at the end.
pub(super) fn gradient(
    architecture: &Architecture,
    theta: &[f64],
    batch: &Batch<f64>,
    masks: Option<&DropoutMasks<f64>>,
) -> Vec<DoubleDouble> {
    let mut dual: Vec<Dual> = theta.iter().map(|&x| x.into()).collect();
    let mut gradient = Vec::with_capacity(theta.len());
    for i in 0..dual.len() {
        dual[i].slope = 1.0.into();
        gradient.push(slope(architecture, &dual, batch, masks));
        dual[i].slope = DoubleDouble::ZERO;
    }
    gradient
}

/// The derivative of J along the slopes in `theta`.
fn slope(
    architecture: &Architecture,
    theta: &[Dual],
    batch: &Batch<f64>,
    masks: Option<&DropoutMasks<f64>>,
) -> DoubleDouble {
    let examples = DoubleDouble::from(batch.examples() as f64);
    let mut total = DoubleDouble::ZERO;
    for example in 0..batch.examples() {
        let mut a: Vec<Dual> = batch.x().view().column(example).map(Dual::from).collect();
        let mut rest = theta;
        for (number, pair) in architecture.widths().windows(2).enumerate() {
            let (weights, after) = rest.split_at(pair[0] * pair[1]);
            let (bias, after) = after.split_at(pair[1]);
            rest = after;
            let hidden = number + 1 < architecture.depth();
            let mask = masks.and_then(|masks| masks.mask(number + 1));
            let unit = |(i, (row, &b)): (usize, (&[Dual], &Dual))| {
                let z = row.iter().zip(&a).fold(b, |sum, (&w, &a)| sum + w * a);
                match (&mask, hidden) {
                    (_, false) => z,
                    (None, true) => activate(architecture.activation(), z),
                    (Some(mask), true) => {
                        let kept = mask.as_slice()[i * mask.cols() + example];
                        activate(architecture.activation(), z) * kept.into()
                    }
                }
            };
            a = weights
                .chunks(pair[0])
                .zip(bias)
                .enumerate()
                .map(unit)
                .collect();
        }
        let y: Vec<f64> = batch.y().view().column(example).collect();
        total = total + loss_slope(architecture.loss(), &a, &y);
    }
    if architecture.l2() != 0.0 {
        let mut rest = theta;
        for pair in architecture.widths().windows(2) {
            let (weights, after) = rest.split_at(pair[0] * pair[1]);
            rest = &after[pair[1]..];
            for w in weights {
                total = total + w.value * w.slope * architecture.l2().into();
            }
        }
    }
    total / examples
}
