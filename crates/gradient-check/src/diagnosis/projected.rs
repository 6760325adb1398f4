//! One direction taken out of the gradient, or left in it: of the whole block or line by line along its last axis.
//!
//! Invariant: knows nothing of what is normalized.

use super::hypotheses::found;
use super::{Context, Diagnosis, Exhibit};

/// Fewer entries have too few directions to tell one of them from the others.
const FEWEST: usize = 3;

/// A number is 0 where it is this part of what it is summed up from, at most.
const VANISHES: f64 = 1e-4;

/// One way to be projected: the residual in lines of this length, if it fits; its cause; and what is said, `#` in the place
/// of the lines.
type Way = (
    fn(&Exhibit<'_>, usize) -> Option<f64>,
    &'static str,
    &'static str,
);

/// The ways of projecting, in the order in which they are tried: those without a free number first.
const WAYS: [Way; 4] = [
    (
        |e, length| without(e, length, &e.theta),
        "projected",
        "is the numeric gradient without its component along the parameters#: the gradient is projected, as for normalized \
         parameters, but the cost does not normalize them",
    ),
    (
        |e, length| without(e, length, &vec![1.0; e.g.len()]),
        "projected",
        "is the numeric gradient without its mean#: the gradient is projected, but the cost is not",
    ),
    (
        left_in,
        "projection-missing",
        "is off along the parameters only, to which the numeric gradient is orthogonal#: the cost normalizes them, but the \
         derivative of the normalization is missing",
    ),
    (
        |e, length| orthogonal(e, length).then_some(0.0),
        "projected",
        "is the numeric gradient without one of its components, and orthogonal to it#: the gradient is projected, but the \
         cost is not",
    ),
];

/// g = d − (d·n)n for a unit vector n, of each line of the block or of all of it (docs/theory/causes.md, equation 43).
pub(super) fn projected(e: &Exhibit<'_>, _: &[Exhibit<'_>], _: &Context) -> Option<Diagnosis> {
    let whole = e.g.len();
    let last = e.block.shape().last().copied().unwrap_or(1);
    // Line by line says more than all at once.
    let lengths = [(last, ", row by row"), (whole, "")];
    let lengths = lengths
        .into_iter()
        .filter(|(length, lines)| *length >= FEWEST && (*length < whole || lines.is_empty()));
    let lengths: Vec<_> = lengths.filter(|_| e.complete).collect();
    WAYS.iter().find_map(|(way, cause, said)| {
        lengths
            .iter()
            .find_map(|(length, lines)| found(cause, way(e, *length)?, said.replace('#', lines)))
    })
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Σ |n_i|·τ_i.
fn noise_of(n: &[f64], tolerance: &[f64]) -> f64 {
    n.iter().zip(tolerance).map(|(n, t)| n.abs() * t).sum()
}

/// The residual of d without its component along n in each line.
fn without(e: &Exhibit<'_>, length: usize, n: &[f64]) -> Option<f64> {
    let (mut p, mut noise) = (e.d.clone(), e.tolerance.clone());
    for from in (0..e.d.len()).step_by(length) {
        let line = from..from + length;
        let n = &n[line.clone()];
        let square = dot(n, n);
        if square == 0.0 {
            continue;
        }
        let along = dot(&e.d[line.clone()], n) / square;
        let unsure = noise_of(n, &e.tolerance[line.clone()]) / square;
        for (i, n) in line.zip(n) {
            p[i] -= along * n;
            noise[i] += unsure * n.abs() + e.tolerance[i];
        }
    }
    e.explains(&p, |i| noise[i])
}

/// The residual of d with a component along the parameters added in each line, where d itself has none.
fn left_in(e: &Exhibit<'_>, length: usize) -> Option<f64> {
    let (mut p, mut noise) = (e.d.clone(), e.tolerance.clone());
    for from in (0..e.d.len()).step_by(length) {
        let line = from..from + length;
        let (g, d) = (&e.g[line.clone()], &e.d[line.clone()]);
        let (n, tolerance) = (&e.theta[line.clone()], &e.tolerance[line.clone()]);
        let square = dot(n, n);
        let unsure = noise_of(n, tolerance);
        let largest = VANISHES * (dot(d, d) * square).sqrt();
        if square == 0.0 || unsure > largest || dot(d, n).abs() > unsure {
            return None;
        }
        let along = (dot(g, n) - dot(d, n)) / square;
        for (i, n) in line.zip(n) {
            p[i] += along * n;
            noise[i] += unsure / square * n.abs();
        }
    }
    // One number is fitted in each line, and any line of few entries is one.
    let few = (0..e.d.len()).step_by(length).any(|from| {
        e.theta[from..from + length]
            .iter()
            .filter(|t| **t != 0.0)
            .count()
            < FEWEST
    });
    (!few).then(|| e.explains(&p, |i| noise[i]))?
}

/// Whether the error is orthogonal to g in each line, which it is not entry by entry: what one direction less leaves,
/// whatever it is.
fn orthogonal(e: &Exhibit<'_>, length: usize) -> bool {
    let lines = || {
        (0..e.d.len())
            .step_by(length)
            .map(|from| from..from + length)
    };
    let fits = |line: std::ops::Range<usize>| {
        let g = &e.g[line.clone()];
        let error: Vec<f64> = line.clone().map(|i| e.g[i] - e.d[i]).collect();
        let unsure = noise_of(g, &e.tolerance[line]);
        let sizes = (dot(g, g) * dot(&error, &error)).sqrt();
        let summed: f64 = g.iter().zip(&error).map(|(g, e)| (g * e).abs()).sum();
        let terms = g
            .iter()
            .zip(&error)
            .filter(|(g, e)| (*g * *e).abs() > VANISHES * sizes);
        unsure <= VANISHES * sizes
            && dot(g, &error).abs() <= unsure
            && summed > 100.0 * VANISHES * sizes
            && terms.count() >= FEWEST
    };
    lines().all(fits)
}
