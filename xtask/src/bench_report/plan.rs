//! What a report is about: sizes, engines, series; all of them, or a few in tests.

use benches::{ENGINES, Engine, GROWTH, SAMPLING, SIZES, Series, Size, TERMS, Terms};

/// The lists that the tables run over.
pub(super) struct Plan {
    pub(super) sizes: &'static [Size],
    pub(super) engines: &'static [Engine],
    /// The size at which samples are held against all.
    pub(super) sampling: Size,
    pub(super) growth: &'static [Series],
    /// The ways to compute cost terms.
    pub(super) terms: &'static [(&'static str, Terms)],
}

impl Plan {
    /// All that is measured.
    pub(super) const WHOLE: Self = Self {
        sizes: &SIZES,
        engines: ENGINES,
        sampling: SAMPLING,
        growth: &GROWTH,
        terms: TERMS,
    };
}
