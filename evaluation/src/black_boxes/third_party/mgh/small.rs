//! Problems 1 to 12 of two or three variables, in the paper's order.

use super::{LeastSquares, Rows, data, numbered, problem};

pub(super) fn problems() -> Vec<LeastSquares> {
    vec![
        problem(1, "Rosenbrock", &[-1.2, 1.0], rosenbrock, rosenbrock_j),
        problem(
            2,
            "Freudenstein and Roth",
            &[0.5, -2.0],
            freudenstein,
            freudenstein_j,
        ),
        problem(3, "Powell badly scaled", &[0.0, 1.0], powell, powell_j),
        problem(4, "Brown badly scaled", &[1.0, 1.0], brown, brown_j),
        problem(5, "Beale", &[1.0, 1.0], beale, beale_j),
        problem(6, "Jennrich and Sampson", &[0.3, 0.4], jennrich, jennrich_j),
        problem(7, "Helical valley", &[-1.0, 0.0, 0.0], helical, helical_j),
        problem(8, "Bard", &[1.0, 1.0, 1.0], bard, bard_j),
        problem(9, "Gaussian", &[0.4, 1.0, 0.0], gaussian, gaussian_j),
        problem(10, "Meyer", &[0.02, 4000.0, 250.0], meyer, meyer_j),
        problem(
            11,
            "Gulf research and development",
            &[5.0, 2.5, 0.15],
            gulf,
            gulf_j,
        ),
        problem(
            12,
            "Box three-dimensional",
            &[0.0, 10.0, 20.0],
            box_three,
            box_three_j,
        ),
    ]
}

fn rosenbrock(x: &[f64]) -> Vec<f64> {
    vec![10.0 * (x[1] - x[0] * x[0]), 1.0 - x[0]]
}

fn rosenbrock_j(x: &[f64]) -> Rows {
    vec![vec![-20.0 * x[0], 10.0], vec![-1.0, 0.0]]
}

fn freudenstein(x: &[f64]) -> Vec<f64> {
    vec![
        -13.0 + x[0] + ((5.0 - x[1]) * x[1] - 2.0) * x[1],
        -29.0 + x[0] + ((x[1] + 1.0) * x[1] - 14.0) * x[1],
    ]
}

fn freudenstein_j(x: &[f64]) -> Rows {
    vec![
        vec![1.0, (10.0 - 3.0 * x[1]) * x[1] - 2.0],
        vec![1.0, (3.0 * x[1] + 2.0) * x[1] - 14.0],
    ]
}

fn powell(x: &[f64]) -> Vec<f64> {
    vec![
        1e4 * x[0] * x[1] - 1.0,
        (-x[0]).exp() + (-x[1]).exp() - 1.0001,
    ]
}

fn powell_j(x: &[f64]) -> Rows {
    vec![
        vec![1e4 * x[1], 1e4 * x[0]],
        vec![-(-x[0]).exp(), -(-x[1]).exp()],
    ]
}

fn brown(x: &[f64]) -> Vec<f64> {
    vec![x[0] - 1e6, x[1] - 2e-6, x[0] * x[1] - 2.0]
}

fn brown_j(x: &[f64]) -> Rows {
    vec![vec![1.0, 0.0], vec![0.0, 1.0], vec![x[1], x[0]]]
}

fn beale(x: &[f64]) -> Vec<f64> {
    let residual = |(i, y): (i32, f64)| y - x[0] * (1.0 - x[1].powi(i));
    [(1, 1.5), (2, 2.25), (3, 2.625)].map(residual).to_vec()
}

fn beale_j(x: &[f64]) -> Rows {
    let row = |i: i32| vec![x[1].powi(i) - 1.0, x[0] * f64::from(i) * x[1].powi(i - 1)];
    [1, 2, 3].map(row).to_vec()
}

fn jennrich(x: &[f64]) -> Vec<f64> {
    numbered(10, |i| {
        2.0 + 2.0 * i - ((i * x[0]).exp() + (i * x[1]).exp())
    })
}

fn jennrich_j(x: &[f64]) -> Rows {
    numbered(10, |i| vec![-i * (i * x[0]).exp(), -i * (i * x[1]).exp()])
}

fn helical(x: &[f64]) -> Vec<f64> {
    let half = if x[0] < 0.0 { 0.5 } else { 0.0 };
    let turns = (x[1] / x[0]).atan() / std::f64::consts::TAU + half;
    vec![
        10.0 * (x[2] - 10.0 * turns),
        10.0 * (x[0].hypot(x[1]) - 1.0),
        x[2],
    ]
}

fn helical_j(x: &[f64]) -> Rows {
    let radius = x[0].hypot(x[1]);
    let turning = 100.0 / (std::f64::consts::TAU * radius * radius);
    vec![
        vec![turning * x[1], -turning * x[0], 10.0],
        vec![10.0 * x[0] / radius, 10.0 * x[1] / radius, 0.0],
        vec![0.0, 0.0, 1.0],
    ]
}

fn bard(x: &[f64]) -> Vec<f64> {
    let fitted = numbered(15, |u| {
        let (v, w) = bard_weights(u);
        x[0] + u / (v * x[1] + w * x[2])
    });
    data::BARD
        .iter()
        .zip(fitted)
        .map(|(y, fitted)| y - fitted)
        .collect()
}

fn bard_j(x: &[f64]) -> Rows {
    numbered(15, |u| {
        let (v, w) = bard_weights(u);
        let square = (v * x[1] + w * x[2]).powi(2);
        vec![-1.0, u * v / square, u * w / square]
    })
}

fn bard_weights(u: f64) -> (f64, f64) {
    (16.0 - u, u.min(16.0 - u))
}

fn gaussian(x: &[f64]) -> Vec<f64> {
    let fitted = numbered(15, |i| x[0] * bell(x, i));
    data::GAUSSIAN
        .iter()
        .zip(fitted)
        .map(|(y, fitted)| fitted - y)
        .collect()
}

fn gaussian_j(x: &[f64]) -> Rows {
    numbered(15, |i| {
        let (bell, away) = (bell(x, i), (8.0 - i) / 2.0 - x[2]);
        vec![
            bell,
            -x[0] * bell * away * away / 2.0,
            x[0] * x[1] * bell * away,
        ]
    })
}

fn bell(x: &[f64], i: f64) -> f64 {
    (-x[1] * ((8.0 - i) / 2.0 - x[2]).powi(2) / 2.0).exp()
}

fn meyer(x: &[f64]) -> Vec<f64> {
    let fitted = numbered(16, |i| x[0] * (x[1] / (45.0 + 5.0 * i + x[2])).exp());
    data::MEYER
        .iter()
        .zip(fitted)
        .map(|(y, fitted)| fitted - y)
        .collect()
}

fn meyer_j(x: &[f64]) -> Rows {
    numbered(16, |i| {
        let below = 45.0 + 5.0 * i + x[2];
        let power = (x[1] / below).exp();
        vec![
            power,
            x[0] * power / below,
            -x[0] * x[1] * power / (below * below),
        ]
    })
}

/// As the authors meant it: what is printed as `y_i m i x₂` is y_i − x₂.
fn gulf(x: &[f64]) -> Vec<f64> {
    numbered(99, |i| {
        (-gulf_away(x, i).abs().powf(x[2]) / x[0]).exp() - i / 100.0
    })
}

fn gulf_j(x: &[f64]) -> Rows {
    numbered(99, |i| {
        let away = gulf_away(x, i);
        let power = away.abs().powf(x[2]);
        let share = (-power / x[0]).exp() * power / x[0];
        vec![share / x[0], share * x[2] / away, -share * away.abs().ln()]
    })
}

fn gulf_away(x: &[f64], i: f64) -> f64 {
    25.0 + (-50.0 * (i / 100.0).ln()).powf(2.0 / 3.0) - x[1]
}

fn box_three(x: &[f64]) -> Vec<f64> {
    numbered(10, |i| {
        let t = 0.1 * i;
        (-t * x[0]).exp() - (-t * x[1]).exp() - x[2] * ((-t).exp() - (-10.0 * t).exp())
    })
}

fn box_three_j(x: &[f64]) -> Rows {
    numbered(10, |i| {
        let t = 0.1 * i;
        vec![
            -t * (-t * x[0]).exp(),
            t * (-t * x[1]).exp(),
            (-10.0 * t).exp() - (-t).exp(),
        ]
    })
}
