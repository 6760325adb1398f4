//! The names of the engines.
//!
//! Invariant: knows nothing of what the engines do.

/// How the cost is evaluated around a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// Runs the whole forward pass for every probe.
    Full,
    /// Recomputes only what the parameter affects: a row, a rank-one term, and full products from two layers on.
    Incremental,
    /// Perturbs whole rows of Z_l at a time; incremental for a single coordinate.
    Layerwise,
}

impl Engine {
    /// All engines, the simplest first.
    pub const ALL: [Self; 3] = [Self::Full, Self::Incremental, Self::Layerwise];

    /// The name of the engine: `full`, `incremental` or `layerwise`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Incremental => "incremental",
            Self::Layerwise => "layerwise",
        }
    }
}
