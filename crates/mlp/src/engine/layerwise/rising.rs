//! A unit that was raised in some of the examples.
//!
//! Refuses to know what that does to the losses.

/// A unit that rises in some of the examples.
pub(super) struct Rising<'k> {
    pub(super) unit: usize,
    /// The examples, in ascending order, filled up to whole vectors.
    pub(super) picked: &'k [usize],
    /// How far it rises, one row of the picked examples a probe.
    pub(super) rises: &'k [f64],
    /// The widest of them.
    pub(super) ends: &'k [usize],
}

impl Rising<'_> {
    pub(super) fn row(&self, number: usize) -> &[f64] {
        let columns = self.picked.len();
        &self.rises[number * columns..(number + 1) * columns]
    }
}
