//! The backward pass against dual numbers through a second forward pass, which shares no code with
//! the crate's: loops over one example after the other.

use mlp::{Activation, Architecture, Initialization, Loss, backward, forward, initialize};
use num_dual::{Dual64, DualNum};

use crate::{apart, batch_for};

fn phi(activation: Activation, z: Dual64) -> Dual64 {
    let one = Dual64::from_re(1.0);
    match activation {
        Activation::Relu => {
            if z.re > 0.0 {
                z
            } else {
                Dual64::from_re(0.0)
            }
        }
        Activation::Tanh => z.tanh(),
        Activation::Sigmoid => one / (one + (-z).exp()),
        Activation::Softplus => (one + z.exp()).ln(),
        _ => z,
    }
}

fn loss(kind: Loss, z: &[Dual64], y: &[f64]) -> Dual64 {
    let one = Dual64::from_re(1.0);
    let powers: Dual64 = z.iter().map(|z| z.exp()).sum();
    z.iter()
        .zip(y)
        .map(|(&z, &y)| match kind {
            Loss::BinaryCrossEntropy => {
                let a = one / (one + (-z).exp());
                -(a.ln() * y + (one - a).ln() * (1.0 - y))
            }
            Loss::SoftmaxCrossEntropy => -(z.exp() / powers).ln() * y,
            _ => (z - y) * (z - y) * 0.5,
        })
        .sum()
}

#[test]
fn backward_is_what_dual_numbers_say() {
    let activations = [
        Activation::Relu,
        Activation::Tanh,
        Activation::Sigmoid,
        Activation::Softplus,
    ];
    for (&kind, activation) in Loss::ALL.iter().flat_map(|l| activations.map(|a| (l, a))) {
        let net = Architecture::new(&[4, 5, 3, 2], activation, kind)
            .unwrap()
            .with_l2(0.3)
            .unwrap();
        let parameters = initialize(&net, Initialization::He, 3).unwrap();
        let batch = batch_for(&net, 5, 1);
        let examples = batch.examples();
        let cost = |theta: &[Dual64]| {
            let mut total = Dual64::from_re(0.0);
            for j in 0..examples {
                let mut a: Vec<_> = batch.x().view().column(j).map(Dual64::from_re).collect();
                let mut rest = theta;
                for (layer, pair) in net.widths().windows(2).enumerate() {
                    let (weights, after) = rest.split_at(pair[0] * pair[1]);
                    let (bias, after) = after.split_at(pair[1]);
                    rest = after;
                    let rows = weights.chunks(pair[0]).zip(bias);
                    a = rows
                        .map(|(row, &b)| {
                            b + row.iter().zip(&a).map(|(&w, &a)| w * a).sum::<Dual64>()
                        })
                        .map(|z| {
                            if layer + 1 < net.depth() {
                                phi(activation, z)
                            } else {
                                z
                            }
                        })
                        .collect();
                    let squares: Dual64 = weights.iter().map(|&w| w * w).sum();
                    total += squares * (net.l2() / 2.0 / examples as f64);
                }
                let y: Vec<_> = batch.y().view().column(j).collect();
                total += loss(kind, &a, &y);
            }
            total / examples as f64
        };
        let mut theta: Vec<_> = parameters
            .as_flat()
            .iter()
            .map(|&value| Dual64::from_re(value))
            .collect();
        let pass = forward(&net, &parameters, &batch, None).unwrap();
        assert!((cost(&theta).re - pass.cost).abs() < 1e-13);
        let expected: Vec<f64> = (0..theta.len())
            .map(|i| {
                theta[i].eps = 1.0;
                let slope = cost(&theta).eps;
                theta[i].eps = 0.0;
                slope
            })
            .collect();
        let gradient = backward(&net, &pass, &batch).unwrap();
        let apart = apart(gradient.as_flat(), &expected);
        assert!(apart < 1e-13, "{net}: {apart:e}");
    }
}
