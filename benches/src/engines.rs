//! The ways to take a gradient numerically, ours and a peer's: a new one is a row of [`ENGINES`].
//!
//! Invariant: knows nothing of what they cost; criterion measures that.

use std::error::Error;
use std::num::NonZeroUsize;

use finite_diff::{EvaluationError, Execution, Objective, Scheme, course, differentiate};
use gradient_check::check_directional;
use gradient_check::directional::DirectionalSettings;
use mlp::{MlpError, NetworkObjective};
use tensor_core::{softplus, softplus_each};

use crate::{Extent, Problem, peer};

/// Why an engine could not run.
pub type Failure = Box<dyn Error>;

/// One thread.
pub const ONE: NonZeroUsize = NonZeroUsize::MIN;
/// Two threads.
pub const TWO: NonZeroUsize = ONE.saturating_add(1);

/// One way to take the derivatives with respect to the coordinates of a problem.
#[derive(Debug, Clone, Copy)]
pub struct Engine {
    /// The name of its group of benchmarks.
    pub name: &'static str,
    /// A description.
    pub is: &'static str,
    /// Evaluations of J per coordinate; `None` for engines that don't work by coordinates.
    pub evaluations: Option<u32>,
    /// The numbers of threads to measure it with; the first is one.
    pub threads: &'static [NonZeroUsize],
    /// Whether a sample of the coordinates is representative of all.
    pub extent: Extent,
    /// Runs the engine and returns the number of derivatives.
    pub run: fn(&Problem, NonZeroUsize) -> Result<usize, Failure>,
}

/// The engine with which all others are compared: it recomputes everything for each evaluation.
pub const REFERENCE: &str = "full";
/// The engine of another crate.
pub const PEER: &str = "finitediff";

/// All engines.
pub const ENGINES: &[Engine] = &[
    Engine {
        name: "course",
        is: "the notebook's loop, `finite_diff::course::gradient`; single-threaded",
        evaluations: Some(2),
        threads: &[ONE],
        extent: Extent::Sample,
        run: |problem, _| {
            let objective = objective(problem)?;
            let theta = problem.parameters.as_flat();
            let restricted = Restricted {
                objective: &objective,
                theta,
                coordinates: &problem.coordinates,
            };
            let point: Vec<f64> = problem.coordinates.iter().map(|&i| theta[i]).collect();
            Ok(course::gradient(&restricted, &point, 1e-7)?.len())
        },
    },
    Engine {
        name: PEER,
        is: "the crate `finitediff` 0.2, `vec::central_diff` on the same forward pass; single-threaded",
        evaluations: Some(2),
        threads: &[ONE],
        extent: Extent::Sample,
        run: |problem, _| Ok(peer::central_differences(problem)?.len()),
    },
    Engine {
        name: REFERENCE,
        is: "`finite_diff::differentiate`, central differences with error bars, everything recomputed for each evaluation",
        evaluations: Some(4),
        threads: &[ONE, TWO],
        extent: Extent::Sample,
        run: |problem, threads| ours(problem, threads, mlp::Engine::Full),
    },
    Engine {
        name: "incremental",
        is: "the same evaluations, each of which recomputes only what the parameter affects",
        evaluations: Some(4),
        threads: &[ONE, TWO],
        extent: Extent::All,
        run: |problem, threads| ours(problem, threads, mlp::Engine::Incremental),
    },
    Engine {
        name: "layerwise",
        is: "the same derivatives and error bars from whole rows of Z_l: Σ n_l probes in place of P, and a product",
        evaluations: Some(4),
        threads: &[ONE, TWO],
        extent: Extent::All,
        run: |problem, threads| ours(problem, threads, mlp::Engine::Layerwise),
    },
    Engine {
        name: "directional",
        is: "`gradient_check::check_directional`, three directions per block and no derivative with respect to a coordinate",
        evaluations: None,
        threads: &[ONE, TWO],
        extent: Extent::All,
        run: directional,
    },
];

/// A way to compute softplus(x) for each of many x.
pub type Terms = fn(&[f64], &mut [f64]);

/// The ways to compute cost terms, by name: the lower bounds use the fastest of them.
pub const TERMS: &[(&str, Terms)] = &[
    ("libm", |logits, losses| {
        for (loss, &z) in losses.iter_mut().zip(logits) {
            *loss = softplus(z);
        }
    }),
    ("softplus_each", softplus_each),
];

/// `differentiate` with error bars, by one of mlp's engines.
fn ours(problem: &Problem, threads: NonZeroUsize, engine: mlp::Engine) -> Result<usize, Failure> {
    let execution = Execution {
        threads: Some(threads),
        ..Execution::default()
    };
    let derivatives = differentiate(
        &*objective(problem)?.by(engine),
        problem.parameters.as_flat(),
        &problem.coordinates,
        &Scheme::CENTRAL,
        &execution,
    )?;
    let entries = derivatives.entries.iter();
    Ok(entries
        .filter(|entry| entry.outcome.estimated().is_some())
        .count())
}

/// The cheap check of the network's own gradient.
fn directional(problem: &Problem, threads: NonZeroUsize) -> Result<usize, Failure> {
    let (architecture, parameters) = (&problem.architecture, &problem.parameters);
    let pass = mlp::forward(architecture, parameters, &problem.batch, None)?;
    let gradient = mlp::backward(architecture, &pass, &problem.batch)?;
    let settings = DirectionalSettings {
        execution: Execution {
            threads: Some(threads),
            ..Execution::default()
        },
        ..DirectionalSettings::exact()
    };
    let report = check_directional(
        &objective(problem)?,
        gradient.as_flat(),
        parameters.as_flat(),
        &mlp::layout(architecture),
        &settings,
    )?;
    Ok(report.evaluations as usize)
}

fn objective(problem: &Problem) -> Result<NetworkObjective<'_, f64>, MlpError> {
    NetworkObjective::new(&problem.architecture, &problem.batch, None)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SIZES;

    #[test]
    fn every_engine_finds_every_derivative_on_every_number_of_threads() {
        let problem = SIZES[0].problem(Extent::All).unwrap();
        for engine in ENGINES {
            assert_eq!(engine.threads[0], ONE, "{}", engine.name);
            for &threads in engine.threads {
                let found = (engine.run)(&problem, threads).unwrap();
                if engine.evaluations.is_some() {
                    assert_eq!(found, problem.coordinates.len(), "{}", engine.name);
                }
                assert!(found > 0, "{}", engine.name);
            }
        }
    }

    #[test]
    fn names_differ_and_the_two_that_are_compared_with_exist() {
        let mut names: Vec<&str> = ENGINES.iter().map(|engine| engine.name).collect();
        assert!(names.contains(&REFERENCE) && names.contains(&PEER));
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ENGINES.len());
    }
}
