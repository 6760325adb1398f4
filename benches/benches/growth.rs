//! How the time of each engine grows with the parameters and with the examples, on one thread.

mod common;

use std::error::Error;

use benches::{ENGINES, GROWTH, Id, ONE};
use common::measure;
use criterion::{Criterion, Throughput};

fn main() -> Result<(), Box<dyn Error>> {
    let mut criterion = Criterion::default().configure_from_args();
    for series in &GROWTH {
        let mut group = criterion.benchmark_group(format!("growth in {}", series.name));
        group.sample_size(10);
        for size in series.sizes {
            for engine in ENGINES {
                let problem = size.problem(engine.extent)?;
                group.throughput(Throughput::Elements(problem.coordinates.len() as u64));
                let id = Id::growth(series, engine, size);
                measure(&mut group, &id, || (engine.run)(&problem, ONE))?;
            }
        }
        group.finish();
    }
    criterion.final_summary();
    Ok(())
}
