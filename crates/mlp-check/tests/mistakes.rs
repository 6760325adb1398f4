//! Mistakes that the model tries, made with numbers that are not among the candidates of the fit.

#![allow(
    clippy::unwrap_used,
    reason = "a failure is a failed test, in helpers too"
)]

use gradient_check::Verdict;
use mlp::{Activation, Architecture, Batch, Initialization, Loss, forward, initialize};
use mlp_check::NetworkCheck;
use mlp_faults::{BackwardRules, Network, UpdatedWeights, backward_with};
use tensor_core::Matrix;

/// Whether `rules` are diagnosed as `cause`, in every block that is wrong, with `number` in the message.
fn check(
    activation: Activation,
    loss_scale: f64,
    rules: &dyn BackwardRules,
    cause: &str,
    number: &str,
) {
    let net = Architecture::new(&[4, 6, 5, 1], activation, Loss::BinaryCrossEntropy);
    let net = net.unwrap().with_l2(0.5).unwrap();
    let wave = |i: usize, j: usize| ((i * 37 + j * 101) as f64 * 0.37).sin();
    let x = Matrix::from_fn(4, 12, wave).unwrap();
    let y = Matrix::from_fn(1, 12, |_, j| f64::from(wave(0, j) > 0.0)).unwrap();
    let batch = Batch::new(x, y).unwrap();
    let parameters = initialize(&net, Initialization::He, 7).unwrap();
    let pass = forward(&net, &parameters, &batch, None).unwrap();
    let network = Network {
        architecture: &net,
        pass: &pass,
        batch: &batch,
    };
    let mut wrong = backward_with(rules, &network, &mut |_, _| {})
        .unwrap()
        .into_flat();
    for entry in &mut wrong {
        *entry *= loss_scale;
    }
    let checked = NetworkCheck {
        loss_scale,
        ..NetworkCheck::new(&net, &batch)
    };
    let report = checked
        .at(&parameters)
        .unwrap()
        .check_gradient(&wrong)
        .unwrap();
    assert_eq!(report.verdict, Verdict::Disagree);
    for block in report
        .blocks
        .iter()
        .filter(|block| block.verdict == Verdict::Disagree)
    {
        let found = block.diagnosis.as_ref().unwrap();
        assert_eq!(
            found.cause, cause,
            "{number}: {} in {}",
            found.message, block.name
        );
        assert!(
            found.message.contains(number),
            "{number}: {}",
            found.message
        );
    }
}

#[test]
fn the_rate_of_an_early_update_is_found() {
    for activation in [Activation::Relu, Activation::Tanh] {
        for (rate, told) in [
            (0.07, "with rate 0.07 "),
            (0.0034, "with rate 0.0034 "),
            (2.5, "with rate 2.5 "),
            (-0.02, "with rate -0.02 "),
        ] {
            for loss_scale in [1.0, 8.0] {
                check(
                    activation,
                    loss_scale,
                    &UpdatedWeights(rate),
                    "early-update",
                    told,
                );
            }
        }
    }
}
