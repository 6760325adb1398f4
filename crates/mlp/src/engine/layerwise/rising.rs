//! The perturbation of a unit in some of the examples.
//!
//! Invariant: knows nothing of the effect on the losses.

/// A unit that is perturbed in some of the examples.
pub(super) struct Rising<'k> {
    pub(super) unit: usize,
    /// The examples, in ascending order, filled up to whole vectors.
    pub(super) picked: &'k [usize],
    /// The changes of the unit, one row of the picked examples per probe.
    pub(super) rises: &'k [f64],
    /// The indices of the widest probes.
    pub(super) ends: &'k [usize],
}

impl Rising<'_> {
    pub(super) fn row(&self, number: usize) -> &[f64] {
        let columns = self.picked.len();
        &self.rises[number * columns..(number + 1) * columns]
    }
}
