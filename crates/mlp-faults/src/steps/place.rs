//! Where in a network: which layers, which blocks of the gradient, which other layer of the same shape.
//!
//! Invariant: knows nothing of what happens there.

use mlp::Architecture;

/// Some layers of a network, whatever its depth.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Layers {
    Each,
    First,
    /// The second layer; the first if there is no second.
    Second,
    Last,
}

impl Layers {
    /// Whether `layer`, counted from 1, is one of them in a network of `depth` layers.
    pub(crate) fn contain(self, layer: usize, depth: usize) -> bool {
        match self {
            Self::Each => true,
            Self::First => layer == 1,
            Self::Second => layer == depth.min(2),
            Self::Last => layer == depth,
        }
    }
}

/// Some blocks of the gradient.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Block {
    Dw(Layers),
    Db(Layers),
}

/// Another hidden layer as wide as `layer`, the first there is.
pub(crate) fn same_width(architecture: &Architecture, layer: usize) -> Option<usize> {
    let widths = architecture.widths();
    (1..architecture.depth()).find(|&other| other != layer && widths[other] == widths[layer])
}

/// Another layer whose weights have the shape of those of `layer`, and more than one of them, the first
/// there is.
pub(crate) fn same_shape(architecture: &Architecture, layer: usize) -> Option<usize> {
    let widths = architecture.widths();
    let shape = |layer: usize| (widths[layer], widths[layer - 1]);
    (1..=architecture.depth())
        .find(|&other| other != layer && shape(other) == shape(layer) && shape(layer) != (1, 1))
}
