//! What the benchmarks run: networks, engines, a peer, and the least that an engine must do.
//!
//! Each list here is read twice, by the benchmarks, which measure it, and by `cargo xtask
//! bench-report`, which tells of it; so the two can't drift apart. Refuses to know criterion, and
//! measures nothing itself.

mod engines;
mod id;
mod machine;
mod peer;
mod size;
mod work;

pub use engines::{ENGINES, Engine, Failure, ONE, PEER, REFERENCE, TERMS, TWO, Terms};
pub use id::{Floor, Id};
pub use machine::{ALONE, FILE, MEMORY_SIZE, Machine, Memory, output_folder, peak_memory};
pub use size::{Extent, GROWTH, Problem, SAMPLING, SIZES, Series, Size};
pub use work::{Rates, Work, backward_flops, forward, incremental, layer_wise};
