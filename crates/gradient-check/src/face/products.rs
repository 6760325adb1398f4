//! The two products with a Jacobian J that are computed without J: Jᵀv, what a backward pass gives, and J·u, what a
//! forward-mode pass gives.

use finite_diff::parallel::evaluate_each;
use finite_diff::sum::compensated_sum;
use finite_diff::{Domain, EvaluationError, ParameterLayout, Real};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

use super::function::named;
use super::jacobian::check_rows;
use super::memo::{Evaluate, Length};
use super::returned::Returned;
use super::setup::Place;
use crate::directions::{Draft, drafts};
use crate::subject::Gradient;
use crate::{CheckError, Report, Settings, Subject, check_subject};

/// How far along a line steps may want to go: more than the first steps of the ladder.
const REACH: f64 = 1.0 / 32.0;

/// Jᵀv of a point and v, or J·u of a point and u.
pub(super) type Product<'b, T> =
    &'b (dyn Fn(&[T], &[T]) -> Result<Returned, EvaluationError> + Sync);

/// v for so many outputs: entries of either sign and of size ½ to 1. Never ones, with which a backward pass that
/// ignores its cotangent is right, and the rows of J can be mixed up unseen.
pub(super) fn cotangent<T: Real>(outputs: usize, seed: u64) -> Vec<T> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut entry = || {
        let size = rng.random_range(0.5..1.0);
        T::narrow(if rng.random::<bool>() { size } else { -size })
    };
    (0..outputs).map(|_| entry()).collect()
}

/// vᵀF(x) with Jᵀv as its gradient.
struct Contracted<'b, T> {
    function: Evaluate<'b, T>,
    product: Product<'b, T>,
    cotangent: Vec<T>,
    layout: &'b ParameterLayout,
    domain: Option<&'b Domain>,
}

impl<T: Real> Subject<T> for Contracted<'_, T> {
    fn value(&self, point: &mut [T]) -> Result<T, EvaluationError> {
        let outputs = (self.function)(point)?;
        if outputs.len() != self.cotangent.len() {
            return Err(Box::new(Length {
                expected: self.cotangent.len(),
                got: outputs.len(),
            }));
        }
        let terms = self.cotangent.iter().zip(&outputs);
        Ok(T::narrow(compensated_sum(
            terms.map(|(v, y)| v.widen() * y),
        )))
    }

    fn backward(&self, point: &mut [T], cotangent: f64) -> Result<Gradient, EvaluationError> {
        let scaled = |v: &T| T::narrow(v.widen() * cotangent);
        let v: Vec<T> = self.cotangent.iter().map(scaled).collect();
        Ok(named((self.product)(point, &v)?, self.layout))
    }

    fn domain(&self) -> Option<&Domain> {
        self.domain
    }
}

/// Checks Jᵀv for one random v as the gradient of vᵀF: structure, linearity in v, every coordinate.
pub(super) fn check_vjp<T: Real>(
    function: Evaluate<'_, T>,
    product: Product<'_, T>,
    outputs: usize,
    place: Place<'_, T>,
) -> Result<Report, CheckError> {
    let Place {
        point,
        domain,
        layout,
        settings,
    } = place;
    let contracted = Contracted {
        function,
        product,
        cotangent: cotangent(outputs, settings.seed),
        layout,
        domain,
    };
    check_subject(&contracted, point, layout, settings)
}

/// Checks J·u for one random u a block of the point and one over all, as the derivative of t ↦ F(x + t·u) at 0: every
/// output along every u.
pub(super) fn check_jvp<T: Real>(
    function: Evaluate<'_, T>,
    product: Product<'_, T>,
    output: &(String, Vec<usize>),
    place: Place<'_, T>,
) -> Result<Report, CheckError> {
    let Place {
        point,
        domain,
        layout,
        settings,
    } = place;
    let outputs: usize = output.1.iter().product();
    let (drawn, _) = drafts(layout, settings.seed, usize::MAX);
    let mut named = ParameterLayout::new();
    let mut columns = ParameterLayout::new();
    let mut lines: Vec<Vec<f64>> = Vec::new();
    let mut rows: Vec<Vec<f64>> = vec![Vec::new(); outputs];
    // As they are handed to the product, lest it is held against another direction. On a bound they go inwards, and
    // the line to one side.
    let inwards = |draft: &Draft| -> Vec<T> {
        let u = draft.whole(settings.seed, point);
        let u = u.into_iter().enumerate().map(|(i, u)| match domain {
            Some(domain) if u != 0.0 => domain.turned(i, point[i], u, REACH),
            _ => u,
        });
        u.map(T::narrow).collect()
    };
    let drawn: Vec<(&str, Vec<T>)> = drawn
        .iter()
        .map(|draft| (draft.block.as_deref().unwrap_or("(all)"), inwards(draft)))
        // Of a block that is fixed nothing is left.
        .filter(|(_, u)| u.iter().any(|u| *u != T::zero()))
        .collect();
    let seen = evaluate_each(&settings.execution, drawn.len(), |number| {
        Some(product(point, &drawn[number].1))
    })
    .map_err(CheckError::Difference)?;
    for ((along, u), seen) in drawn.iter().zip(seen) {
        let named_block = format!("d{}/d{along}·u", output.0);
        named = named
            .with(named_block, &output.1)
            .map_err(CheckError::Point)?;
        columns = columns.with(*along, &[]).map_err(CheckError::Point)?;
        let failed = |source| CheckError::Backward {
            call: "the Jacobian-vector product",
            source,
        };
        // Where the run was cancelled before it.
        let seen = seen.unwrap_or_else(|| product(point, u));
        let flat = flat(seen.map_err(failed)?);
        if flat.len() != outputs {
            return Err(failed(Box::new(Length {
                expected: outputs,
                got: flat.len(),
            })));
        }
        for (row, entry) in rows.iter_mut().zip(flat) {
            row.push(entry);
        }
        lines.push(u.iter().map(|u| u.widen()).collect());
    }
    let along = |t: &[T]| {
        let mut moved: Vec<f64> = point.iter().map(|x| x.widen()).collect();
        for (line, t) in lines.iter().zip(t) {
            // Each probe moves along one line only.
            if t.widen() != 0.0 {
                for (x, u) in moved.iter_mut().zip(line) {
                    *x += t.widen() * u;
                }
            }
        }
        let moved: Vec<T> = moved.into_iter().map(T::narrow).collect();
        function(&moved)
    };
    let origin = vec![T::zero(); lines.len()];
    let ends = domain
        .map(|domain| ends(domain, point, &lines))
        .transpose()?;
    let settings = Settings {
        selection: finite_diff::Selection::All,
        ..settings.clone()
    };
    let lines = Place {
        point: &origin,
        domain: ends.as_ref(),
        layout: &columns,
        settings: &settings,
    };
    check_rows(&along, &rows, &named, lines)
}

/// How far one can go along each line before it leaves the domain.
fn ends<T: Real>(domain: &Domain, point: &[T], lines: &[Vec<f64>]) -> Result<Domain, CheckError> {
    let end = |line: &Vec<f64>| {
        let mut end = [f64::NEG_INFINITY, f64::INFINITY];
        for (i, (x, u)) in point.iter().zip(line).enumerate() {
            let (lower, upper) = domain.bounds(i);
            let (a, b) = ((lower - x.widen()) / u, (upper - x.widen()) / u);
            if *u != 0.0 {
                end = [end[0].max(a.min(b)), end[1].min(a.max(b))];
            }
        }
        // By a hair less: x + t·u is rounded.
        end.map(|t| t * (1.0 - 4.0 * T::EPSILON))
    };
    let [lower, upper] = [0, 1].map(|side| lines.iter().map(|line| end(line)[side]).collect());
    let (lower, upper): (Vec<f64>, Vec<f64>) = (lower, upper);
    Ok(Domain::new(&lower, &upper)?)
}

/// One vector, whatever it came as.
pub(super) fn flat(returned: Returned) -> Vec<f64> {
    match returned {
        Returned::Flat(flat) | Returned::Matrix { values: flat, .. } => flat,
        Returned::Parts(parts) => parts.concat(),
        Returned::Named(arrays) => arrays.into_iter().flat_map(|array| array.values).collect(),
    }
}
