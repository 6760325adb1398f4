//! The perturbation loop: numeric derivatives of a network's cost, one coordinate at a time.
//!
//! Every engine on every size, by thread count, in coordinates a second. Judges nothing: no bound
//! on time is asserted anywhere.

use std::error::Error;
use std::num::NonZeroUsize;

use benches::{Problem, SIZES};
use criterion::{BenchmarkId, Criterion, Throughput};
use finite_diff::{EvaluationError, Execution, Objective, Scheme, course, differentiate};
use mlp::NetworkObjective;

/// The derivatives by all coordinates of a problem.
type Numbers = Result<Vec<f64>, Box<dyn Error>>;

/// One way to take them.
struct Engine {
    name: &'static str,
    /// The numbers of threads to measure it with.
    threads: &'static [NonZeroUsize],
    run: fn(&Problem, NonZeroUsize) -> Numbers,
}

const ONE: NonZeroUsize = NonZeroUsize::MIN;
const TWO: NonZeroUsize = ONE.saturating_add(1);

/// Every engine there is; a new one is a row here.
const ENGINES: [Engine; 2] = [
    Engine {
        name: "course",
        // The notebook's loop knows no threads.
        threads: &[ONE],
        run: |problem, _| {
            let objective = objective(problem)?;
            let theta = problem.parameters.as_flat();
            let restricted = Restricted {
                objective: &objective,
                theta,
                coordinates: &problem.coordinates,
            };
            let point: Vec<f64> = problem.coordinates.iter().map(|&i| theta[i]).collect();
            Ok(course::gradient(&restricted, &point, 1e-7)?)
        },
    },
    Engine {
        name: "full",
        threads: &[ONE, TWO],
        run: |problem, threads| {
            let execution = Execution {
                threads: Some(threads),
                ..Execution::default()
            };
            let derivatives = differentiate(
                &objective(problem)?,
                problem.parameters.as_flat(),
                &problem.coordinates,
                &Scheme::CENTRAL,
                &execution,
            )?;
            let numbers = derivatives.entries.iter();
            Ok(numbers
                .filter_map(|entry| Some(entry.outcome.estimated()?.derivative))
                .collect())
        },
    },
];

fn objective(problem: &Problem) -> Result<NetworkObjective<'_, f64>, Box<dyn Error>> {
    Ok(NetworkObjective::new(
        &problem.architecture,
        &problem.batch,
        None,
    )?)
}

/// An objective as a function of some of its coordinates: the notebook's loop runs over all that it
/// is given. It copies θ for every evaluation, as the notebook does.
struct Restricted<'a, O> {
    objective: &'a O,
    theta: &'a [f64],
    coordinates: &'a [usize],
}

impl<O: Objective<f64>> Objective<f64> for Restricted<'_, O> {
    fn dim(&self) -> usize {
        self.coordinates.len()
    }

    fn value(&self, point: &[f64]) -> Result<f64, EvaluationError> {
        let mut theta = self.theta.to_vec();
        for (&i, &x) in self.coordinates.iter().zip(point) {
            theta[i] = x;
        }
        self.objective.value(&theta)
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut criterion = Criterion::default().configure_from_args();
    for engine in &ENGINES {
        let mut group = criterion.benchmark_group(engine.name);
        for size in &SIZES {
            let problem = size.problem()?;
            group.throughput(Throughput::Elements(problem.coordinates.len() as u64));
            group.sample_size(if size.sample.is_some() { 10 } else { 50 });
            for &threads in engine.threads {
                let unit = if threads == ONE { "thread" } else { "threads" };
                let id = BenchmarkId::new(
                    format!("{} {}", size.name, problem.describe()),
                    format!("{threads} {unit}"),
                );
                // A run that fails is fast; it must not pass for a measurement.
                let mut failure = None;
                group.bench_function(id, |bencher| {
                    bencher.iter(|| (engine.run)(&problem, threads).map_err(|e| failure = Some(e)));
                });
                if let Some(error) = failure {
                    return Err(error);
                }
            }
        }
        group.finish();
    }
    criterion.final_summary();
    Ok(())
}
