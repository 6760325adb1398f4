//! The names of a network's kinks, for the checker, which knows nothing of units.
//!
//! Invariant: knows nothing of what a kink means for the gradient.

use gradient_check::settings::NamedKink;
use mlp::{Crossing, crossings};

use crate::model::Model;

/// The kinks of `model` within `reach` of `theta` along one coordinate. None if they can't be determined: a
/// name is not part of the verdict.
pub(crate) fn named_kinks(
    model: &Model<'_>,
    theta: &[f64],
    coordinate: usize,
    reach: f64,
) -> Vec<NamedKink> {
    let (architecture, batch, masks) = (model.architecture, model.batch, model.masks);
    crossings(architecture, theta, batch, masks, coordinate, reach)
        .unwrap_or_default()
        .into_iter()
        .map(|crossing| NamedKink {
            name: name(&crossing),
            distance: crossing.distance,
        })
        .collect()
}

/// The name of a kink: indices in brackets and from 0, as in `W2[3,1]`; layers by their number, as in `W2`.
fn name(crossing: &Crossing) -> String {
    let Crossing {
        layer,
        unit,
        example,
        ..
    } = crossing;
    format!("unit[{unit}] of layer {layer} for example[{example}]")
}
