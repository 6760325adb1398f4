//! The peer: central differences of the crate `finitediff`, on our forward pass.
//!
//! That crate perturbs every entry of the vector that it is given, in place, with one copy of the
//! vector per gradient. To measure a sample of the coordinates it is given these alone; they are written
//! into θ before each evaluation, which is some 0.2 % of a forward pass at S3 and S4, and
//! not done if all coordinates are measured. Invariant: knows nothing of our engine.

use std::cell::RefCell;

use anyhow::anyhow;
use mlp::cost_at;

use crate::Problem;

/// The derivatives with respect to the problem's coordinates, two evaluations each.
pub(crate) fn central_differences(problem: &Problem) -> anyhow::Result<Vec<f64>> {
    let theta = problem.parameters.as_flat();
    let cost = |theta: &[f64]| {
        cost_at(&problem.architecture, theta, &problem.batch, None)
            .map_err(|error| anyhow!("the cost of the network: {error}"))
    };
    if problem.coordinates.len() == theta.len() {
        let whole = |point: &Vec<f64>| cost(point);
        return finitediff::vec::central_diff(&whole)(&theta.to_vec());
    }
    let place = RefCell::new(theta.to_vec());
    let restricted = |point: &Vec<f64>| {
        let mut theta = place.borrow_mut();
        for (&i, &x) in problem.coordinates.iter().zip(point) {
            theta[i] = x;
        }
        cost(&theta)
    };
    let point: Vec<f64> = problem.coordinates.iter().map(|&i| theta[i]).collect();
    finitediff::vec::central_diff(&restricted)(&point)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Extent, SAMPLING};

    #[test]
    fn a_sample_gives_the_same_numbers_as_all() {
        let all = central_differences(&SAMPLING.problem(Extent::All).unwrap()).unwrap();
        let problem = SAMPLING.problem(Extent::Sample).unwrap();
        let sample = central_differences(&problem).unwrap();
        let expected: Vec<f64> = problem.coordinates.iter().map(|&i| all[i]).collect();
        assert_eq!(sample, expected);
    }
}
