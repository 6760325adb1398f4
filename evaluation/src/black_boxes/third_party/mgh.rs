//! The 35 problems of Moré, Garbow and Hillstrom: residuals, Jacobians by hand, standard starting points, and points
//! near them.
//!
//! J. J. Moré, B. S. Garbow and K. E. Hillstrom, "Testing Unconstrained Optimization Software", ACM Transactions on
//! Mathematical Software 7(1), 1981, pages 17 to 41. The cost is Σ r², its gradient 2Jᵀr.

mod data;
mod medium;
mod small;
mod variable;

use crate::black_boxes::draw::Draw;
use crate::black_boxes::problem::{Planted, Problem};

type Rows = Vec<Vec<f64>>;

/// One problem of the paper.
pub(super) struct LeastSquares {
    number: usize,
    name: &'static str,
    /// The standard starting point.
    start: Vec<f64>,
    residuals: fn(&[f64]) -> Vec<f64>,
    jacobian: fn(&[f64]) -> Rows,
}

/// The kinds of planted errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Error {
    SignFlipped,
    Doubled,
    /// Off by 1 % of the largest entry.
    Percent,
    Dropped,
}

impl Error {
    pub(super) const ALL: [Self; 4] = [
        Self::SignFlipped,
        Self::Doubled,
        Self::Percent,
        Self::Dropped,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::SignFlipped => "sign flipped",
            Self::Doubled => "times 2",
            Self::Percent => "1 % of the scale",
            Self::Dropped => "dropped",
        }
    }
}

/// An entry smaller than this fraction of the largest one is too small for an error in it to matter.
const MATTERS: f64 = 1e-3;

/// All 35 problems.
pub(super) fn problems() -> Vec<LeastSquares> {
    let parts = [small::problems, medium::problems, variable::problems];
    parts.iter().flat_map(|problems| problems()).collect()
}

fn problem(
    number: usize,
    name: &'static str,
    start: &[f64],
    residuals: fn(&[f64]) -> Vec<f64>,
    jacobian: fn(&[f64]) -> Rows,
) -> LeastSquares {
    LeastSquares {
        number,
        name,
        start: start.to_vec(),
        residuals,
        jacobian,
    }
}

impl LeastSquares {
    /// The problem's number and name.
    pub(super) fn title(&self) -> String {
        format!("MGH {:>2} {}", self.number, self.name)
    }

    /// The starting point if `index` is 0; otherwise that point times a factor of ½ to 1½, with each entry shifted by
    /// up to a tenth of its size in the starting point, or of 1 if that is 0.
    pub(super) fn point(&self, index: usize) -> Vec<f64> {
        if index == 0 {
            return self.start.clone();
        }
        let mut draw = Draw::new(&self.title(), index);
        let factor = draw.within(0.5, 1.5);
        let moved = |x: &f64| {
            let size = if *x == 0.0 { 1.0 } else { x.abs() };
            x * factor + 0.1 * size * draw.within(-1.0, 1.0)
        };
        self.start.iter().map(moved).collect()
    }

    /// The sum of squares and its gradient at the point of this number.
    pub(super) fn problem(&self, index: usize) -> Problem {
        let (residuals, jacobian) = (self.residuals, self.jacobian);
        let cost = move |x: &[f64]| residuals(x).iter().map(|r| r * r).sum();
        let gradient = move |x: &[f64]| {
            let mut gradient = vec![0.0; x.len()];
            for (r, row) in residuals(x).iter().zip(jacobian(x)) {
                for (sum, entry) in gradient.iter_mut().zip(row) {
                    *sum += 2.0 * r * entry;
                }
            }
            gradient
        };
        Problem::new(self.point(index), cost, gradient)
    }

    /// This error in a random entry that matters; `None` if the gradient has none.
    pub(super) fn plant(&self, index: usize, error: Error, problem: &Problem) -> Option<Planted> {
        let gradient = problem.gradient();
        let largest = gradient.iter().fold(0.0f64, |most, g| most.max(g.abs()));
        let entries: Vec<usize> = (0..gradient.len())
            .filter(|entry| largest > 0.0 && gradient[*entry].abs() >= MATTERS * largest)
            .collect();
        let mut draw = Draw::new(&format!("{} in {}", error.name(), self.title()), index);
        let entry = *entries.get(draw.below(entries.len().max(1)))?;
        let own = gradient[entry];
        let error = match error {
            Error::SignFlipped => -2.0 * own,
            Error::Doubled => own,
            Error::Percent => 0.01 * largest * draw.sign(),
            Error::Dropped => -own,
        };
        Some(Planted { entry, error })
    }
}

/// The values of a function at 1, 2, … up to `count`.
fn numbered<T>(count: usize, value: impl Fn(f64) -> T) -> Vec<T> {
    (1..=count).map(|i| value(i as f64)).collect()
}

/// A matrix from its entries by row and column, counted from 0.
fn tabulated(rows: usize, columns: usize, entry: impl Fn(usize, usize) -> f64) -> Rows {
    let row = |i: usize| (0..columns).map(|j| entry(i, j)).collect();
    (0..rows).map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::{LeastSquares, problems};
    use crate::black_boxes::problem::Problem;
    use crate::black_boxes::verify::derivative;

    #[test]
    fn there_are_35() {
        let numbers: Vec<usize> = problems().iter().map(|problem| problem.number).collect();
        assert_eq!(numbers, Vec::from_iter(1..=35));
    }

    #[test]
    fn jacobians_are_right() {
        for problem in problems() {
            for index in 0..3 {
                let point = problem.point(index);
                let rows = (problem.jacobian)(&point);
                assert_eq!(rows.len(), (problem.residuals)(&point).len());
                for number in 0..rows.len() {
                    check_row(&problem, &point, number);
                }
            }
        }
    }

    /// Compares every entry of one row relative to the largest: far smaller ones are rounded away in the residual.
    fn check_row(problem: &LeastSquares, point: &[f64], number: usize) {
        let (residuals, jacobian) = (problem.residuals, problem.jacobian);
        let row = jacobian(point)[number].clone();
        let one = Problem::new(
            point.to_vec(),
            move |x| residuals(x)[number],
            move |x| jacobian(x)[number].clone(),
        );
        let scale = row.iter().fold(0.0f64, |most, entry| most.max(entry.abs()));
        for (column, own) in row.iter().enumerate() {
            let (derivative, bar) = derivative(&one, column);
            let place = format!("{} [{number}, {column}] at {point:?}", problem.title());
            assert!(
                bar <= 1e-6 * scale.max(1.0),
                "{place}: ± {bar:e} of {scale:e}"
            );
            let apart = (own - derivative).abs();
            assert!(
                apart <= bar + 1e-8 * scale,
                "{place}: {own:e}, not {derivative:e} ± {bar:e}"
            );
        }
    }

    #[test]
    fn starting_points_have_the_known_cost() {
        let known = [
            (1, 24.2),
            (2, 400.5),
            (4, 999_998_000_003.0),
            (5, 14.203125),
            (7, 2500.0),
            (13, 215.0),
            (14, 19192.0),
            (15, 5.313_172_2e-3),
            (16, 7_926_693.336_997),
            (17, 0.879_026),
            (19, 2.093_42),
            (20, 30.0),
        ];
        for (number, expected) in known {
            let problem = &problems()[number - 1];
            let residuals = (problem.residuals)(&problem.start);
            let cost: f64 = residuals.iter().map(|r| r * r).sum();
            let close = (cost - expected).abs() <= 1e-4 * expected;
            assert!(close, "{}: {cost}", problem.title());
        }
    }
}
