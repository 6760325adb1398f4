//! A network to be checked, from the options to its data and parameters. Used by `gradcheck mlp` and by the
//! matrix of `cargo xtask check-all`.
//!
//! Invariant: prints nothing and checks no gradient; `mlp-check` does.

mod memory;
mod prepare;

pub(crate) use prepare::why_not;
pub use prepare::{PrepareError, Prepared, prepare, summary, targets};
