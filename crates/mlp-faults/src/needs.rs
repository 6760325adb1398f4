//! What faults need of a network, with the reason where it is not there.
//!
//! Refuses to know the faults.

use mlp::{Activation, Architecture};

/// At least `count` hidden layers.
pub(crate) fn hidden_layers(architecture: &Architecture, count: usize) -> Result<(), String> {
    if architecture.depth() > count {
        return Ok(());
    }
    Err(match count {
        1 => "it needs a hidden layer".into(),
        _ => format!("it needs {count} hidden layers"),
    })
}

/// None of these activations, under which the fault would be right.
pub(crate) fn other_activation(
    architecture: &Architecture,
    right: &[Activation],
) -> Result<(), String> {
    let activation = architecture.activation();
    if right.contains(&activation) {
        return Err(format!(
            "with the activation {activation} it happens to be right"
        ));
    }
    Ok(())
}

/// An L2 term.
pub(crate) fn l2(architecture: &Architecture) -> Result<(), String> {
    if architecture.l2() > 0.0 {
        Ok(())
    } else {
        Err("it needs an L2 term, lambda above 0".into())
    }
}

/// Two hidden layers of the same width.
pub(crate) fn twins(architecture: &Architecture) -> Result<(), String> {
    if (1..architecture.depth()).any(|layer| twin(architecture, layer).is_some()) {
        return Ok(());
    }
    Err("it needs two hidden layers of the same width, as in 6-5-5-1".into())
}

/// Another hidden layer as wide as `layer`.
pub(crate) fn twin(architecture: &Architecture, layer: usize) -> Option<usize> {
    let widths = architecture.widths();
    (1..architecture.depth()).find(|&other| other != layer && widths[other] == widths[layer])
}

/// Two layers whose weights have the same shape, one of them above the first.
pub(crate) fn shape_twins(architecture: &Architecture) -> Result<(), String> {
    if (2..=architecture.depth()).any(|layer| shape_twin(architecture, layer).is_some()) {
        return Ok(());
    }
    Err("it needs two layers whose weights have the same shape, as in 6-5-5-5-1".into())
}

/// Another layer whose weights have the shape of those of `layer`, and more than one of them.
pub(crate) fn shape_twin(architecture: &Architecture, layer: usize) -> Option<usize> {
    let widths = architecture.widths();
    let shape = |layer: usize| (widths[layer], widths[layer - 1]);
    (1..=architecture.depth())
        .find(|&other| other != layer && shape(other) == shape(layer) && shape(layer) != (1, 1))
}

/// An activation with a kink at 0.
pub(crate) fn kink(architecture: &Architecture) -> Result<(), String> {
    let activation = architecture.activation();
    if activation.is_smooth() {
        return Err(format!(
            "it is about ReLU and leaky ReLU, and the activation is {activation}"
        ));
    }
    Ok(())
}
