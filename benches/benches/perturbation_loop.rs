//! The perturbation loop: numeric derivatives of a network's cost, one coordinate at a time.
//!
//! Every engine on every size, by thread count, in coordinates a second. Judges nothing: no bound
//! on time is asserted anywhere.

mod common;

use std::error::Error;

use benches::{ENGINES, Extent, Id, ONE, SAMPLING, SIZES};
use common::measure;
use criterion::{Criterion, Throughput};

fn main() -> Result<(), Box<dyn Error>> {
    let mut criterion = Criterion::default().configure_from_args();
    for engine in ENGINES {
        let mut group = criterion.benchmark_group(engine.name);
        let mut sizes = SIZES.to_vec();
        if engine.extent == Extent::Sample {
            sizes.push(SAMPLING);
        }
        for size in &sizes {
            let problem = size.problem(engine.extent)?;
            group.throughput(Throughput::Elements(problem.coordinates.len() as u64));
            group.sample_size(if size.parameters() > 1000 { 10 } else { 50 });
            // The check of the samples needs no second thread.
            let threads = if *size == SAMPLING {
                &[ONE]
            } else {
                engine.threads
            };
            for &threads in threads {
                let id = Id::engine(engine, size, threads);
                measure(&mut group, &id, || (engine.run)(&problem, threads))?;
            }
        }
        group.finish();
    }
    criterion.final_summary();
    Ok(())
}
