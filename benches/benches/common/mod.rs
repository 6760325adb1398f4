//! What every benchmark of the workspace does: run a function under its name, and stop where it fails.

use std::error::Error;
use std::hint::black_box;

use benches::Id;
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId};

/// Measures `run`. A run that fails is fast; it must not pass for a measurement.
pub(crate) fn measure<R, E: Into<Box<dyn Error>>>(
    group: &mut BenchmarkGroup<'_, WallTime>,
    id: &Id,
    mut run: impl FnMut() -> Result<R, E>,
) -> Result<(), Box<dyn Error>> {
    let mut failure = None;
    group.bench_function(BenchmarkId::new(&id.function, &id.value), |bencher| {
        bencher.iter(|| {
            black_box(run())
                .map_err(|error| failure = Some(error.into()))
                .ok()
        });
    });
    failure.map_or(Ok(()), |error| Err(format!("{id}: {error}").into()))
}
