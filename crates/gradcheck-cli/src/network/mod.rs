//! A network to be checked: what to build, how to train it, how to check it. Used by `gradcheck mlp`
//! and by the matrix of `cargo xtask check-all`.
//!
//! Knows neither flags nor files of flags, and prints nothing.

mod bisect;
mod command_line;
mod context;
mod delta;
mod history;
mod job;
mod kinks;
mod memory;
mod mistakes;
mod model;
mod prepare;
mod saturation;
mod scaled;
mod since;
mod spec;
mod subject;

pub use command_line::{command_line, number, quoted};
pub(crate) use context::context;
pub use delta::Delta;
pub use job::{Checked, Outcome, Stage, Watch, run};
pub(crate) use mistakes::NetworkMistakes;
pub(crate) use model::Model;
pub(crate) use prepare::targets;
pub use prepare::{PrepareError, Prepared, prepare, summary};
pub use saturation::{Changes, Grown, Quantity, Saturated, State};
pub(crate) use scaled::Scaled;
pub use since::{Limit, Since};
pub use spec::{ENGINES, NetworkSpec, Precision, SchemeName, precision_name};
