//! Normalisations, attention, and rotary embeddings as functions.

use candle_core::{DType, Result, Tensor};
use candle_nn::attention::{AttnMask, flash_attn};
use candle_nn::{ops, rotary_emb};

use crate::book::Book;
use crate::input::{Input, input};

type Rotary = fn(&Tensor, &Tensor, &Tensor) -> Result<Tensor>;

pub(super) fn write(book: &mut Book) {
    let x = || input("x", &[2, 3, 5]);
    let (alpha, beta) = (|| input("alpha", &[5]), || input("beta", &[5]));
    book.op("rms_norm", "", [x(), alpha()], |t| {
        ops::rms_norm(&t[0], &t[1], 1e-5)
    });
    book.op("rms_norm_slow", "", [x(), alpha()], |t| {
        ops::rms_norm_slow(&t[0], &t[1], 1e-5)
    });
    book.op("layer_norm", "", [x(), alpha(), beta()], |t| {
        ops::layer_norm(&t[0], &t[1], &t[2], 1e-5)
    });
    book.op("layer_norm_slow", "", [x(), alpha(), beta()], |t| {
        ops::layer_norm_slow(&t[0], &t[1], &t[2], 1e-5)
    });
    let rotary: [(&'static str, Rotary); 5] = [
        ("rope", rotary_emb::rope),
        ("rope_slow", rotary_emb::rope_slow),
        ("rope_i", rotary_emb::rope_i),
        ("rope_i_slow", rotary_emb::rope_i_slow),
        ("rope_thd", rotary_emb::rope_thd),
    ];
    for (name, op) in rotary {
        let inputs: [Input; 3] = [
            input("x", &[2, 3, 3, 4]),
            input("cos", &[3, 2]),
            input("sin", &[3, 2]),
        ];
        book.op(name, "", inputs, move |t| op(&t[0], &t[1], &t[2]));
    }
    let qkv = || {
        [
            input("q", &[1, 3, 2, 4]),
            input("k", &[1, 3, 2, 4]),
            input("v", &[1, 3, 2, 4]),
        ]
    };
    for (label, causal) in [("no mask", false), ("causal", true)] {
        book.once("flash_attn", label, qkv(), move |t| {
            let mask = if causal {
                AttnMask::causal()
            } else {
                AttnMask::None
            };
            match t[0].dtype() {
                DType::F32 => flash_attn::<f32>(&t[0], &t[1], &t[2], 0.5, mask, None, None),
                _ => flash_attn::<f64>(&t[0], &t[1], &t[2], 0.5, mask, None, None),
            }
        });
    }
}
