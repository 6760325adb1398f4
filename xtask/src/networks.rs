//! The networks of `check-all`, as data.

use gradcheck_cli::{NetworkOptions, Widths};
use mlp::{Activation, Loss, Optimizer};
use mlp_check::{Method, Precision};

/// One line of the table.
pub(crate) struct Entry {
    /// The purpose of the network.
    pub(crate) group: &'static str,
    /// What distinguishes it in the group.
    pub(crate) name: String,
    /// The network.
    pub(crate) spec: NetworkOptions,
}

/// All networks, or one of each kind.
pub(crate) fn matrix(quick: bool) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut add =
        |group, name: String, spec: NetworkOptions| entries.push(Entry { group, name, spec });
    let plain = NetworkOptions::default;

    add(
        "logistic regression, breast-cancer",
        "30-1".to_owned(),
        NetworkOptions {
            layers: Some(Widths(vec![30, 1])),
            ..plain()
        },
    );
    for l2 in [0.0, 0.7] {
        add(
            "the course's network, synthetic",
            format!("4-5-3-1{}", with_l2(l2)),
            NetworkOptions {
                data: "synthetic".to_owned(),
                layers: Some(Widths(vec![4, 5, 3, 1])),
                l2,
                ..plain()
            },
        );
    }
    for activation in Activation::ALL {
        for optimizer in Optimizer::ALL {
            for l2 in [0.0, 0.5] {
                let once = (Activation::Relu, Optimizer::Adam, 0.5);
                if quick && (*activation, *optimizer, l2) != once {
                    continue;
                }
                add(
                    "30-16-8-1, breast-cancer",
                    format!("{activation}, {optimizer}{}", with_l2(l2)),
                    NetworkOptions {
                        activation: *activation,
                        optimizer: *optimizer,
                        l2,
                        ..plain()
                    },
                );
            }
        }
    }
    for activation in [Activation::Relu, Activation::Tanh, Activation::Gelu] {
        if quick && activation != Activation::Tanh {
            continue;
        }
        add(
            "softmax, digits",
            format!("64-16-10 {activation}"),
            NetworkOptions {
                data: "digits".to_owned(),
                activation,
                ..plain()
            },
        );
    }
    for activation in [Activation::Relu, Activation::Softplus] {
        if quick && activation != Activation::Softplus {
            continue;
        }
        add(
            "regression, synthetic",
            format!("6-10-5-1 {activation}"),
            NetworkOptions {
                data: "synthetic".to_owned(),
                layers: Some(Widths(vec![6, 10, 5, 1])),
                loss: Some(Loss::MeanSquaredError),
                activation,
                learning_rate: Some(0.02),
                ..plain()
            },
        );
    }
    let special = "what else there is, breast-cancer";
    add(
        special,
        "dropout 0.8, frozen masks".to_owned(),
        NetworkOptions {
            keep_prob: 0.8,
            frozen_masks: true,
            ..plain()
        },
    );
    add(
        special,
        "f32 model".to_owned(),
        NetworkOptions {
            precision: Precision::F32,
            activation: Activation::Tanh,
            ..plain()
        },
    );
    add(
        special,
        "gelu by the complex step".to_owned(),
        NetworkOptions {
            scheme: Method::ComplexStep,
            activation: Activation::Gelu,
            ..plain()
        },
    );
    add(
        special,
        "mini-batches of 16".to_owned(),
        NetworkOptions {
            batch_size: Some(16),
            ..plain()
        },
    );
    add(
        special,
        "five hidden layers, tanh".to_owned(),
        NetworkOptions {
            layers: Some(Widths(vec![30, 8, 8, 8, 8, 8, 1])),
            activation: Activation::Tanh,
            ..plain()
        },
    );
    entries
}

fn with_l2(l2: f64) -> String {
    if l2 == 0.0 {
        String::new()
    } else {
        format!(", λ = {l2}")
    }
}
