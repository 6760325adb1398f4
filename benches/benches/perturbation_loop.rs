//! The perturbation loop: numeric derivatives of a network's cost, one coordinate at a time.
//!
//! Every engine on every size, by thread count, in coordinates a second. The engines of one size run
//! one after the other, since they are held against each other and a machine has better and worse
//! minutes. Judges nothing: no bound on time is asserted anywhere.

mod common;

use std::error::Error;

use benches::{ENGINES, Extent, Id, ONE, SAMPLING, SIZES};
use common::measure;
use criterion::{Criterion, Throughput};

fn main() -> Result<(), Box<dyn Error>> {
    let mut criterion = Criterion::default().configure_from_args();
    for size in SIZES.into_iter().chain([SAMPLING]) {
        for engine in ENGINES {
            // The check of the samples needs no engine without one, and no second thread.
            if size == SAMPLING && engine.extent == Extent::All {
                continue;
            }
            let threads = if size == SAMPLING {
                &[ONE]
            } else {
                engine.threads
            };
            let problem = size.problem(engine.extent)?;
            let mut group = criterion.benchmark_group(engine.name);
            group.throughput(Throughput::Elements(problem.coordinates.len() as u64));
            group.sample_size(if size.parameters() > 1000 { 10 } else { 50 });
            for &threads in threads {
                let id = Id::engine(engine, &size, threads);
                measure(&mut group, &id, || (engine.run)(&problem, threads))?;
            }
            group.finish();
        }
    }
    criterion.final_summary();
    Ok(())
}
