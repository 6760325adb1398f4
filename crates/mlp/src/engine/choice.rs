//! The names of the engines.
//!
//! Refuses to know what they do.

/// How the cost is evaluated around a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// The whole forward pass for every probe.
    Full,
    /// Only what the parameter touches: a row, a rank-one term, and full products from two layers on.
    Incremental,
    /// Whole rows of Z_l at a time; incremental where a coordinate is looked at alone.
    Layerwise,
}

impl Engine {
    /// Each of them, the plainest first.
    pub const ALL: [Self; 3] = [Self::Full, Self::Incremental, Self::Layerwise];

    /// `full`, `incremental` or `layerwise`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Incremental => "incremental",
            Self::Layerwise => "layerwise",
        }
    }
}
