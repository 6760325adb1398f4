//! The layers of candle-nn with their parameters.

use std::sync::Arc;

use candle_core::{DType, Device, Module, ModuleT, Result, Tensor};
use candle_nn::{
    BatchNormConfig, Conv1dConfig, Conv2dConfig, ConvTranspose1dConfig, ConvTranspose2dConfig,
    LayerNormConfig, VarBuilder, VarMap,
};

use super::ids;
use crate::book::{Book, Function, Layer};
use crate::input::input;

/// A layer that a builder makes.
fn made<M: Send + Sync + 'static>(
    make: impl Fn(VarBuilder<'_>) -> Result<M> + Send + Sync + 'static,
    forward: impl Fn(&M, &Tensor) -> Result<Tensor> + Clone + Send + Sync + 'static,
) -> Layer {
    Arc::new(move |map: &VarMap, dtype: DType| {
        let layer = make(VarBuilder::from_varmap(map, dtype, &Device::Cpu))?;
        let forward = forward.clone();
        let function: Function = Arc::new(move |t: &[Tensor]| forward(&layer, &t[0]));
        Ok(function)
    })
}

pub(super) fn write(book: &mut Book) {
    let x = |shape: &[usize]| [input("x", shape)];
    let linear = |vb: VarBuilder<'_>| candle_nn::linear(3, 4, vb);
    for (label, shape) in [
        ("", vec![2, 3]),
        ("three axes", vec![2, 2, 3]),
        ("four axes", vec![2, 1, 2, 3]),
    ] {
        book.layer(
            "Linear",
            label,
            x(&shape),
            &[],
            made(linear, candle_nn::Linear::forward),
        );
    }
    let bare = |vb: VarBuilder<'_>| candle_nn::linear_no_bias(3, 4, vb);
    book.layer(
        "Linear",
        "no bias",
        x(&[2, 3]),
        &[],
        made(bare, candle_nn::Linear::forward),
    );

    let config = Conv1dConfig {
        padding: 1,
        stride: 2,
        groups: 2,
        ..Default::default()
    };
    let conv = move |vb: VarBuilder<'_>| candle_nn::conv1d(2, 4, 3, config, vb);
    book.layer(
        "Conv1d",
        "groups 2",
        x(&[2, 2, 6]),
        &[],
        made(conv, candle_nn::Conv1d::forward),
    );
    let config = Conv2dConfig {
        padding: 1,
        stride: 2,
        ..Default::default()
    };
    let conv = move |vb: VarBuilder<'_>| candle_nn::conv2d(2, 2, 3, config, vb);
    book.layer(
        "Conv2d",
        "",
        x(&[2, 2, 4, 5]),
        &[],
        made(conv, candle_nn::Conv2d::forward),
    );
    let config = ConvTranspose1dConfig {
        stride: 2,
        output_padding: 1,
        ..Default::default()
    };
    let conv = move |vb: VarBuilder<'_>| candle_nn::conv_transpose1d(2, 2, 3, config, vb);
    let layer = made(conv, candle_nn::ConvTranspose1d::forward);
    book.layer("ConvTranspose1d", "", x(&[2, 2, 3]), &[], layer);
    let config = ConvTranspose2dConfig {
        stride: 2,
        output_padding: 1,
        ..Default::default()
    };
    let conv = move |vb: VarBuilder<'_>| candle_nn::conv_transpose2d(2, 2, 3, config, vb);
    let layer = made(conv, candle_nn::ConvTranspose2d::forward);
    book.layer("ConvTranspose2d", "", x(&[2, 2, 2, 3]), &[], layer);

    let table = |vb: VarBuilder<'_>| candle_nn::embedding(4, 3, vb);
    // The rows that are looked up are scaled, so that the layer has an input of its own.
    let looked_up = |layer: &candle_nn::Embedding, x: &Tensor| {
        layer
            .forward(&ids(&[2, 0, 2, 3], &[2, 2])?)?
            .broadcast_mul(x)
    };
    book.layer(
        "Embedding",
        "repeated",
        x(&[2, 2, 3]),
        &[],
        made(table, looked_up),
    );

    let norm = |vb: VarBuilder<'_>| candle_nn::layer_norm(5, 1e-5, vb);
    book.layer(
        "LayerNorm",
        "",
        x(&[2, 3, 5]),
        &[],
        made(norm, candle_nn::LayerNorm::forward),
    );
    let norm = |vb: VarBuilder<'_>| candle_nn::layer_norm_no_bias(5, 1e-5, vb);
    book.layer(
        "LayerNorm",
        "no bias",
        x(&[2, 3, 5]),
        &[],
        made(norm, candle_nn::LayerNorm::forward),
    );
    let config = LayerNormConfig {
        remove_mean: false,
        ..Default::default()
    };
    let norm = move |vb: VarBuilder<'_>| candle_nn::layer_norm(5, config, vb);
    let layer = made(norm, candle_nn::LayerNorm::forward);
    book.layer("LayerNorm", "mean not removed", x(&[2, 3, 5]), &[], layer);
    let norm = |vb: VarBuilder<'_>| candle_nn::rms_norm(5, 1e-5, vb);
    book.layer(
        "RmsNorm",
        "forward",
        x(&[2, 3, 5]),
        &[],
        made(norm, candle_nn::RmsNorm::forward),
    );
    let layer = made(norm, candle_nn::RmsNorm::forward_diff);
    book.layer("RmsNorm", "forward_diff", x(&[2, 3, 5]), &[], layer);
    let norm = |vb: VarBuilder<'_>| candle_nn::group_norm(2, 4, 1e-5, vb);
    book.layer(
        "GroupNorm",
        "",
        x(&[2, 4, 3]),
        &[],
        made(norm, candle_nn::GroupNorm::forward),
    );
    batch_norms(book);
    for (label, channels) in [("one weight", None), ("a weight a channel", Some(3))] {
        let layer = made(
            move |vb| candle_nn::prelu(channels, vb),
            candle_nn::PReLU::forward,
        );
        book.layer("PReLU", label, x(&[2, 3, 4]), &[], layer);
    }
    let still = |_: VarBuilder<'_>| Ok(candle_nn::Dropout::new(0.5));
    let layer = made(still, |layer: &candle_nn::Dropout, x: &Tensor| {
        layer.forward(x, false)
    });
    book.layer("Dropout", "evaluation", x(&[2, 3]), &[], layer);
}

fn batch_norms(book: &mut Book) {
    let running = ["running_mean", "running_var"];
    let x = || [input("x", &[3, 2, 4])];
    for (label, remove_mean, affine) in [
        ("", true, true),
        ("not affine", true, false),
        ("mean not removed", false, true),
    ] {
        let config = BatchNormConfig {
            remove_mean,
            affine,
            ..Default::default()
        };
        for train in [true, false] {
            let mode = if train { "training" } else { "evaluation" };
            let label = match label {
                "" => mode.to_owned(),
                label => format!("{mode}, {label}"),
            };
            let norm = move |vb: VarBuilder<'_>| candle_nn::batch_norm(2, config, vb);
            let forward = move |layer: &candle_nn::BatchNorm, x: &Tensor| layer.forward_t(x, train);
            book.layer("BatchNorm", &label, x(), &running, made(norm, forward));
        }
    }
}
