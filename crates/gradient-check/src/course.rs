//! The course's rule: one number for a whole gradient, how it is read, and two given gradients held against each
//! other by it.
//!
//! Invariant: knows no error bars.

mod bands;
mod difference;
mod given;
mod rule;
mod stored;

pub use bands::{BUG_FROM, Band, WARN_ABOVE};
pub use difference::difference;
pub(crate) use difference::difference_of_pairs;
pub(crate) use given::compare;
pub use rule::{CompareRule, CompareSettings};
pub use stored::Stored;
