//! Draws that are the same at every call: a hash of the position.
//!
//! Invariant: no other randomness, so that a fault is a function of the network and its parameters.

use mlp::Architecture;

/// The layer of one weight of the network and its index in dW, drawn from the network's shape.
pub(crate) fn one_weight(architecture: &Architecture) -> (usize, usize) {
    let shapes = || {
        architecture
            .widths()
            .windows(2)
            .map(|pair| pair[0] * pair[1])
    };
    let seed = architecture.widths().iter();
    let seed = seed.fold(0, |seed, &width| hash(seed, width as u64));
    let mut at = (seed % shapes().sum::<usize>().max(1) as u64) as usize;
    for (layer, weights) in (1..).zip(shapes()) {
        if at < weights {
            return (layer, at);
        }
        at -= weights;
    }
    (1, 0)
}

/// A typical magnitude of a block: the root mean square of its entries.
pub(crate) fn scale(entries: &[f64]) -> f64 {
    let sum: f64 = entries.iter().map(|entry| entry * entry).sum();
    (sum / entries.len().max(1) as f64).sqrt()
}

/// A number from −1 to 1.
pub(crate) fn symmetric(block: u64, at: u64) -> f64 {
    // The upper 53 bits, as many as an f64 holds.
    (hash(block, at) >> 11) as f64 / (1u64 << 52) as f64 - 1.0
}

/// SplitMix64 (Steele, Lea & Flood 2014) of both numbers.
fn hash(seed: u64, value: u64) -> u64 {
    let mut z = seed
        .wrapping_mul(0x2545_f491_4f6c_dd1d)
        .wrapping_add(value)
        .wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
