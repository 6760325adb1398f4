//! By what two gradients without error bars are compared.

use super::stored::Stored;

/// How two gradients without error bars are compared.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CompareSettings<'a> {
    /// The type that each block was stored in (the coarser of both sides), in the order of the layout; `f64` for those
    /// that are missing.
    pub stored: Vec<Stored>,
    /// By what an entry is wrong.
    pub rule: CompareRule<'a>,
}

/// By what an entry g of one gradient is wrong beside the entry d of the other; s is the root mean square of d over
/// the block, and one unit in the last place of the storage type is granted in each.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub enum CompareRule<'a> {
    /// The course's bands, applied to blocks and to entries.
    #[default]
    Bands,
    /// |g − d| > atol + rtol·|d|, as in `numpy.allclose`; everything else agrees.
    Close {
        /// The relative tolerance.
        rtol: f64,
        /// The absolute tolerance.
        atol: f64,
    },
    /// |g − d| > a·s, beside the course's bands: up to a·s all agrees.
    Accuracy(f64),
    /// |g − d| is more than 256 ε of the storage type times s: both sides were computed to rounding.
    Exact,
    /// d is a reference, and a baseline says how far from it is acceptable: a block is wrong where ‖g − d‖ is more than
    /// `times` times ‖b − d‖, b the baseline, and an entry where it is farther from d than `times` times the baseline's
    /// farthest and wrong by the course's bands.
    Baseline {
        /// b, in the order of the layout.
        gradient: &'a [f64],
        /// The factor.
        times: f64,
    },
}
