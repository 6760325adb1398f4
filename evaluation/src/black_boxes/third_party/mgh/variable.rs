//! Problems 21 to 35, of any number of variables.

use super::medium::{powell, powell_j};
use super::{LeastSquares, Rows, numbered, problem, tabulated};

/// The number of variables n of most problems.
const N: usize = 10;

/// The number of residuals m of those in which it may be larger than n.
const M: usize = 20;

pub(super) fn problems() -> Vec<LeastSquares> {
    let n = N as f64;
    let counted = numbered(N, |j| j);
    let grid = numbered(N, |j| j / (n + 1.0) * (j / (n + 1.0) - 1.0));
    let down = numbered(N, |j| 1.0 - j / n);
    let even = numbered(8, |j| j / 9.0);
    let pairs = [-1.2, 1.0].repeat(N / 2);
    let fours = [3.0, -1.0, 0.0, 1.0].repeat(3);
    let (ones, minus) = ([1.0; N], [-1.0; N]);
    vec![
        problem(21, "Extended Rosenbrock", &pairs, rosenbrock, rosenbrock_j),
        problem(
            22,
            "Extended Powell singular",
            &fours,
            extended_powell,
            extended_powell_j,
        ),
        problem(23, "Penalty I", &counted, penalty_1, penalty_1_j),
        problem(24, "Penalty II", &[0.5; N], penalty_2, penalty_2_j),
        problem(25, "Variably dimensioned", &down, variably, variably_j),
        problem(
            26,
            "Trigonometric",
            &[1.0 / n; N],
            trigonometric,
            trigonometric_j,
        ),
        problem(
            27,
            "Brown almost-linear",
            &[0.5; N],
            almost_linear,
            almost_linear_j,
        ),
        problem(28, "Discrete boundary value", &grid, boundary, boundary_j),
        problem(
            29,
            "Discrete integral equation",
            &grid,
            integral,
            integral_j,
        ),
        problem(
            30,
            "Broyden tridiagonal",
            &minus,
            tridiagonal,
            tridiagonal_j,
        ),
        problem(31, "Broyden banded", &minus, banded, banded_j),
        problem(32, "Linear, full rank", &ones, full_rank, full_rank_j),
        problem(33, "Linear, rank 1", &ones, rank_1, rank_1_j),
        problem(
            34,
            "Linear, rank 1 with zeros",
            &ones,
            rank_1_zeros,
            rank_1_zeros_j,
        ),
        problem(35, "Chebyquad", &even, chebyquad, chebyquad_j),
    ]
}

fn rosenbrock(x: &[f64]) -> Vec<f64> {
    x.chunks(2)
        .flat_map(|x| [10.0 * (x[1] - x[0] * x[0]), 1.0 - x[0]])
        .collect()
}

fn rosenbrock_j(x: &[f64]) -> Rows {
    tabulated(x.len(), x.len(), |i, j| match (i % 2, i.abs_diff(j)) {
        (0, 0) => -20.0 * x[i],
        (0, 1) if j > i => 10.0,
        (1, 1) if j < i => -1.0,
        _ => 0.0,
    })
}

fn extended_powell(x: &[f64]) -> Vec<f64> {
    x.chunks(4).flat_map(powell).collect()
}

fn extended_powell_j(x: &[f64]) -> Rows {
    let blocks: Vec<Rows> = x.chunks(4).map(powell_j).collect();
    tabulated(x.len(), x.len(), |i, j| match i / 4 == j / 4 {
        true => blocks[i / 4][i % 4][j % 4],
        false => 0.0,
    })
}

/// √a of problems 23 and 24, a = 1e-5.
fn weight() -> f64 {
    1e-5f64.sqrt()
}

fn penalty_1(x: &[f64]) -> Vec<f64> {
    let mut residuals: Vec<f64> = x.iter().map(|x| weight() * (x - 1.0)).collect();
    residuals.push(x.iter().map(|x| x * x).sum::<f64>() - 0.25);
    residuals
}

fn penalty_1_j(x: &[f64]) -> Rows {
    let n = x.len();
    tabulated(n + 1, n, |i, j| match i {
        _ if i == n => 2.0 * x[j],
        _ if i == j => weight(),
        _ => 0.0,
    })
}

fn penalty_2(x: &[f64]) -> Vec<f64> {
    let n = x.len();
    let power = |x: f64| (x / 10.0).exp();
    let mut residuals = vec![x[0] - 0.2];
    residuals.extend((1..n).map(|i| {
        let y = power(i as f64 + 1.0) + power(i as f64);
        weight() * (power(x[i]) + power(x[i - 1]) - y)
    }));
    residuals.extend((1..n).map(|i| weight() * (power(x[i]) - power(-1.0))));
    let squares = x.iter().enumerate().map(|(j, x)| (n - j) as f64 * x * x);
    residuals.push(squares.sum::<f64>() - 1.0);
    residuals
}

fn penalty_2_j(x: &[f64]) -> Rows {
    let n = x.len();
    let slope = |j: usize| weight() * (x[j] / 10.0).exp() / 10.0;
    tabulated(2 * n, n, |i, j| match i {
        0 if j == 0 => 1.0,
        0 => 0.0,
        _ if i < n && (j == i || j + 1 == i) => slope(j),
        _ if i < n => 0.0,
        _ if i + 1 == 2 * n => 2.0 * (n - j) as f64 * x[j],
        _ if j == i - n + 1 => slope(j),
        _ => 0.0,
    })
}

fn variably(x: &[f64]) -> Vec<f64> {
    let mut residuals: Vec<f64> = x.iter().map(|x| x - 1.0).collect();
    let sum = variably_sum(x);
    residuals.extend([sum, sum * sum]);
    residuals
}

fn variably_j(x: &[f64]) -> Rows {
    let (n, sum) = (x.len(), variably_sum(x));
    tabulated(n + 2, n, |i, j| {
        let number = (j + 1) as f64;
        match i {
            _ if i == n => number,
            _ if i == n + 1 => 2.0 * sum * number,
            _ if i == j => 1.0,
            _ => 0.0,
        }
    })
}

fn variably_sum(x: &[f64]) -> f64 {
    let terms = x
        .iter()
        .enumerate()
        .map(|(j, x)| (j + 1) as f64 * (x - 1.0));
    terms.sum()
}

fn trigonometric(x: &[f64]) -> Vec<f64> {
    let cosines: f64 = x.iter().map(|x| x.cos()).sum();
    let rest = x.len() as f64 - cosines;
    let residual = |(i, x): (usize, &f64)| rest + (i + 1) as f64 * (1.0 - x.cos()) - x.sin();
    x.iter().enumerate().map(residual).collect()
}

fn trigonometric_j(x: &[f64]) -> Rows {
    tabulated(x.len(), x.len(), |i, j| match i == j {
        true => (i + 2) as f64 * x[j].sin() - x[j].cos(),
        false => x[j].sin(),
    })
}

fn almost_linear(x: &[f64]) -> Vec<f64> {
    let n = x.len();
    let sum: f64 = x.iter().sum();
    let mut residuals: Vec<f64> = x[..n - 1]
        .iter()
        .map(|x| x + sum - (n + 1) as f64)
        .collect();
    residuals.push(x.iter().product::<f64>() - 1.0);
    residuals
}

fn almost_linear_j(x: &[f64]) -> Rows {
    let n = x.len();
    let others = |j: usize| (0..n).filter(|k| *k != j).map(|k| x[k]).product();
    tabulated(n, n, |i, j| match i {
        _ if i + 1 == n => others(j),
        _ if i == j => 2.0,
        _ => 1.0,
    })
}

/// The position t of a grid point.
fn place(x: &[f64], i: usize) -> f64 {
    (i + 1) as f64 / (x.len() + 1) as f64
}

/// x with zeros on both sides.
fn beyond(x: &[f64], i: usize) -> f64 {
    x.get(i).copied().unwrap_or(0.0)
}

fn boundary(x: &[f64]) -> Vec<f64> {
    let square = place(x, 0).powi(2);
    let residual = |i: usize| {
        let sides = beyond(x, i.wrapping_sub(1)) + beyond(x, i + 1);
        2.0 * x[i] - sides + square * (x[i] + place(x, i) + 1.0).powi(3) / 2.0
    };
    (0..x.len()).map(residual).collect()
}

fn boundary_j(x: &[f64]) -> Rows {
    let square = place(x, 0).powi(2);
    tabulated(x.len(), x.len(), |i, j| match i.abs_diff(j) {
        0 => 2.0 + 1.5 * square * (x[i] + place(x, i) + 1.0).powi(2),
        1 => -1.0,
        _ => 0.0,
    })
}

/// The kernel of problem 29 with the h/2 before it.
fn kernel(x: &[f64], i: usize, j: usize) -> f64 {
    let (before, after) = (place(x, i.min(j)), place(x, i.max(j)));
    place(x, 0) / 2.0 * before * (1.0 - after)
}

fn integral(x: &[f64]) -> Vec<f64> {
    let cube = |j: usize| (x[j] + place(x, j) + 1.0).powi(3);
    let sum = |i: usize| (0..x.len()).map(|j| kernel(x, i, j) * cube(j)).sum::<f64>();
    (0..x.len()).map(|i| x[i] + sum(i)).collect()
}

fn integral_j(x: &[f64]) -> Rows {
    tabulated(x.len(), x.len(), |i, j| {
        let own = if i == j { 1.0 } else { 0.0 };
        own + 3.0 * kernel(x, i, j) * (x[j] + place(x, j) + 1.0).powi(2)
    })
}

fn tridiagonal(x: &[f64]) -> Vec<f64> {
    let residual = |i: usize| {
        (3.0 - 2.0 * x[i]) * x[i] - beyond(x, i.wrapping_sub(1)) - 2.0 * beyond(x, i + 1) + 1.0
    };
    (0..x.len()).map(residual).collect()
}

fn tridiagonal_j(x: &[f64]) -> Rows {
    tabulated(x.len(), x.len(), |i, j| match (i.abs_diff(j), j > i) {
        (0, _) => 3.0 - 4.0 * x[i],
        (1, false) => -1.0,
        (1, true) => -2.0,
        _ => 0.0,
    })
}

/// Whether an entry is in the band of problem 31, five below the diagonal and one above, and not on it.
fn in_band(i: usize, j: usize) -> bool {
    i != j && j <= i + 1 && i <= j + 5
}

fn banded(x: &[f64]) -> Vec<f64> {
    let n = x.len();
    let sum = |i: usize| {
        let band = (0..n).filter(|j| in_band(i, *j));
        band.map(|j| x[j] * (1.0 + x[j])).sum::<f64>()
    };
    (0..n)
        .map(|i| x[i] * (2.0 + 5.0 * x[i] * x[i]) + 1.0 - sum(i))
        .collect()
}

fn banded_j(x: &[f64]) -> Rows {
    tabulated(x.len(), x.len(), |i, j| match in_band(i, j) {
        _ if i == j => 2.0 + 15.0 * x[i] * x[i],
        true => -1.0 - 2.0 * x[j],
        false => 0.0,
    })
}

fn full_rank(x: &[f64]) -> Vec<f64> {
    let rest = -2.0 / M as f64 * x.iter().sum::<f64>() - 1.0;
    (0..M).map(|i| beyond(x, i) + rest).collect()
}

fn full_rank_j(x: &[f64]) -> Rows {
    let rest = -2.0 / M as f64;
    tabulated(M, x.len(), |i, j| if i == j { 1.0 + rest } else { rest })
}

fn rank_1(x: &[f64]) -> Vec<f64> {
    let terms = x.iter().enumerate().map(|(j, x)| (j + 1) as f64 * x);
    let sum: f64 = terms.sum();
    numbered(M, |i| i * sum - 1.0)
}

fn rank_1_j(x: &[f64]) -> Rows {
    tabulated(M, x.len(), |i, j| ((i + 1) * (j + 1)) as f64)
}

/// The factor of row i in problem 34: the first and the last are zero.
fn row_factor(i: usize) -> usize {
    if i + 1 == M { 0 } else { i }
}

/// The factor of column j in problem 34: the first and the last are zero.
fn column_factor(j: usize, n: usize) -> usize {
    if j == 0 || j + 1 == n { 0 } else { j + 1 }
}

fn rank_1_zeros(x: &[f64]) -> Vec<f64> {
    let n = x.len();
    let terms = x
        .iter()
        .enumerate()
        .map(|(j, x)| column_factor(j, n) as f64 * x);
    let sum: f64 = terms.sum();
    (0..M).map(|i| row_factor(i) as f64 * sum - 1.0).collect()
}

fn rank_1_zeros_j(x: &[f64]) -> Rows {
    let n = x.len();
    tabulated(M, n, |i, j| (row_factor(i) * column_factor(j, n)) as f64)
}

/// The Chebyshev polynomials T₁ to T_n, shifted to [0, 1], and their derivatives at x.
fn chebyshev(x: f64, n: usize) -> Vec<(f64, f64)> {
    let z = 2.0 * x - 1.0;
    let (mut before, mut now) = ((1.0, 0.0), (z, 2.0));
    let mut all = Vec::with_capacity(n);
    for _ in 0..n {
        all.push(now);
        let value = 2.0 * z * now.0 - before.0;
        let slope = 4.0 * now.0 + 2.0 * z * now.1 - before.1;
        (before, now) = (now, (value, slope));
    }
    all
}

fn chebyquad(x: &[f64]) -> Vec<f64> {
    let n = x.len();
    let values: Vec<_> = x.iter().map(|x| chebyshev(*x, n)).collect();
    let residual = |i: usize| {
        let order = (i + 1) as f64;
        let integral = if i % 2 == 1 {
            -1.0 / (order * order - 1.0)
        } else {
            0.0
        };
        values.iter().map(|of_x| of_x[i].0).sum::<f64>() / n as f64 - integral
    };
    (0..n).map(residual).collect()
}

fn chebyquad_j(x: &[f64]) -> Rows {
    let n = x.len();
    let values: Vec<_> = x.iter().map(|x| chebyshev(*x, n)).collect();
    tabulated(n, n, |i, j| values[j][i].1 / n as f64)
}
