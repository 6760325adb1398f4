//! The finished gradient: entries changed, blocks put in another order.

use mlp::{Gradient, MlpError};

use super::place::{Block, Layers, same_shape, same_width};
use crate::draw;
use crate::{BackwardRules, Network};

/// The finished gradient goes through this function.
pub(crate) struct Finish(pub(crate) fn(&Network<'_>, &mut Gradient<f64>));

impl BackwardRules for Finish {
    fn finish(&self, network: &Network<'_>, gradient: &mut Gradient<f64>) -> Result<(), MlpError> {
        (self.0)(network, gradient);
        Ok(())
    }
}

/// Every entry of these blocks is this function of the correct one.
pub(crate) struct Entries(pub(crate) &'static [(Block, Wrong)]);

/// The wrong entry as a function of the correct one.
type Wrong = fn(f64) -> f64;

impl BackwardRules for Entries {
    fn finish(&self, network: &Network<'_>, gradient: &mut Gradient<f64>) -> Result<(), MlpError> {
        let depth = network.architecture.depth();
        let at = |layers: Layers| (1..=depth).filter(move |&layer| layers.contain(layer, depth));
        for (block, wrong) in self.0 {
            let put = |entries: &mut [f64]| entries.iter_mut().for_each(|g| *g = wrong(*g));
            match *block {
                Block::Dw(layers) => at(layers).for_each(|layer| put(gradient.dw_mut(layer))),
                Block::Db(layers) => at(layers).for_each(|layer| put(gradient.db_mut(layer))),
            }
        }
        Ok(())
    }
}

/// The derivative with respect to one weight, drawn by a hash among all, is this function of the correct one and of
/// the scale of its block.
pub(crate) struct OneWeight(pub(crate) fn(f64, f64) -> f64);

impl BackwardRules for OneWeight {
    fn finish(&self, network: &Network<'_>, gradient: &mut Gradient<f64>) -> Result<(), MlpError> {
        let (layer, at) = draw::one_weight(network.architecture);
        let entries = gradient.dw_mut(layer);
        let scale = draw::scale(entries);
        if let Some(entry) = entries.get_mut(at) {
            *entry = (self.0)(*entry, scale);
        }
        Ok(())
    }
}

/// The entry of dW1 with the largest magnitude, which is not zero as in a dead unit, is this function of
/// the correct one.
pub(crate) struct LargestWeight(pub(crate) Wrong);

impl BackwardRules for LargestWeight {
    fn finish(&self, _: &Network<'_>, gradient: &mut Gradient<f64>) -> Result<(), MlpError> {
        let entries = gradient.dw_mut(1).iter_mut();
        if let Some(largest) = entries.max_by(|a, b| a.abs().total_cmp(&b.abs())) {
            *largest = (self.0)(*largest);
        }
        Ok(())
    }
}

/// db of the first two hidden layers of the same width, each in the other's place.
pub(crate) fn swap_biases(network: &Network<'_>, gradient: &mut Gradient<f64>) {
    let mut hidden = 1..network.architecture.depth();
    let pair = hidden.find_map(|layer| Some((layer, same_width(network.architecture, layer)?)));
    if let Some((layer, other)) = pair {
        let [first, second] = [layer, other].map(|layer| gradient.db(layer).to_vec());
        gradient.db_mut(layer).copy_from_slice(&second);
        gradient.db_mut(other).copy_from_slice(&first);
    }
}

/// dW of the first two layers of the same shape, each in the other's place.
pub(crate) fn swap_weights(network: &Network<'_>, gradient: &mut Gradient<f64>) {
    let mut layers = 1..=network.architecture.depth();
    let pair = layers.find_map(|layer| Some((layer, same_shape(network.architecture, layer)?)));
    if let Some((layer, other)) = pair {
        let [first, second] = [layer, other].map(|layer| gradient.dw(layer).as_slice().to_vec());
        gradient.dw_mut(layer).copy_from_slice(&second);
        gradient.dw_mut(other).copy_from_slice(&first);
    }
}

/// The rows of dW1 and the entries of db1 from the last unit to the first.
pub(crate) fn reverse_units(_: &Network<'_>, gradient: &mut Gradient<f64>) {
    let dw = gradient.dw(1);
    let rows = dw.as_slice().chunks(dw.cols());
    let reversed: Vec<f64> = rows.rev().flatten().copied().collect();
    gradient.dw_mut(1).copy_from_slice(&reversed);
    gradient.db_mut(1).reverse();
}

/// Every dW column by column, in the vector that is read row by row.
pub(crate) fn flatten_by_columns(network: &Network<'_>, gradient: &mut Gradient<f64>) {
    for layer in 1..=network.architecture.depth() {
        let dw = gradient.dw(layer);
        let by_columns: Vec<_> = (0..dw.cols()).flat_map(|j| dw.column(j)).collect();
        gradient.dw_mut(layer).copy_from_slice(&by_columns);
    }
}

/// Every entry off by at most `size` of the scale of its block, the same at every call.
pub(crate) fn make_noise(network: &Network<'_>, gradient: &mut Gradient<f64>, size: f64) {
    for layer in 1..=network.architecture.depth() {
        for block in [Gradient::dw_mut, Gradient::db_mut] {
            let entries = block(gradient, layer);
            let scale = draw::scale(entries);
            for (at, entry) in entries.iter_mut().enumerate() {
                *entry += size * scale * draw::symmetric(layer as u64, at as u64);
            }
        }
    }
}

/// The first entry of dW of the last layer is not a number.
pub(crate) fn not_a_number(network: &Network<'_>, gradient: &mut Gradient<f64>) {
    if let Some(first) = gradient.dw_mut(network.architecture.depth()).first_mut() {
        *first = f64::NAN;
    }
}
