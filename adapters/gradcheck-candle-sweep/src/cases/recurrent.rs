//! Recurrent layers.

use std::sync::Arc;

use candle_core::{DType, Device, Result, Tensor};
use candle_nn::rnn::Direction;
use candle_nn::{GRUConfig, LSTMConfig, RNN, VarBuilder, VarMap};

use crate::book::{Book, Function, Layer};
use crate::input::input;

/// The states after each step of a sequence, one beside the other.
fn sequence<L: RNN + Send + Sync + 'static>(
    make: impl Fn(VarBuilder<'_>) -> Result<L> + Send + Sync + 'static,
) -> Layer {
    Arc::new(move |map: &VarMap, dtype: DType| {
        let layer = make(VarBuilder::from_varmap(map, dtype, &Device::Cpu))?;
        let function: Function =
            Arc::new(move |t: &[Tensor]| layer.states_to_tensor(&layer.seq(&t[0])?));
        Ok(function)
    })
}

pub(super) fn write(book: &mut Book) {
    let x = || [input("x", &[2, 3, 2])];
    for (label, config) in [
        ("", LSTMConfig::default()),
        ("no bias", LSTMConfig::default_no_bias()),
        (
            "backward",
            LSTMConfig {
                direction: Direction::Backward,
                ..Default::default()
            },
        ),
    ] {
        book.layer(
            "LSTM",
            label,
            x(),
            &[],
            sequence(move |vb| candle_nn::lstm(2, 2, config, vb)),
        );
    }
    for (label, config) in [
        ("", GRUConfig::default()),
        ("no bias", GRUConfig::default_no_bias()),
    ] {
        book.layer(
            "GRU",
            label,
            x(),
            &[],
            sequence(move |vb| candle_nn::gru(2, 2, config, vb)),
        );
    }
}
