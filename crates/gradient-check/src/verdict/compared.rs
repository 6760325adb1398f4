//! The comparisons of one block, as a list or made one at a time.
//!
//! Those of two given gradients follow from their numbers, and ten million of them would take gigabytes.

use super::Comparison;

/// The comparisons of one block, in the order of its coordinates.
pub(crate) trait Comparisons {
    /// How many there are.
    fn count(&self) -> usize;

    /// That of one coordinate, counted within the block.
    fn get(&self, index: usize) -> Option<Comparison>;
}

impl Comparisons for Vec<Comparison> {
    fn count(&self) -> usize {
        self.len()
    }

    fn get(&self, index: usize) -> Option<Comparison> {
        self.as_slice().get(index).copied()
    }
}

impl<'a> dyn Comparisons + 'a {
    /// All of them, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Comparison> + Clone + '_ {
        (0..self.count()).filter_map(|index| self.get(index))
    }
}
