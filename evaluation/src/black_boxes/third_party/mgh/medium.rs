//! Problems 13 to 20, of four to eleven variables.

use super::{LeastSquares, Rows, data, numbered, problem};

pub(super) fn problems() -> Vec<LeastSquares> {
    let osborne_2_start = [1.3, 0.65, 0.65, 0.7, 0.6, 3.0, 5.0, 7.0, 2.0, 4.5, 5.5];
    vec![
        problem(
            13,
            "Powell singular",
            &[3.0, -1.0, 0.0, 1.0],
            powell,
            powell_j,
        ),
        problem(14, "Wood", &[-3.0, -1.0, -3.0, -1.0], wood, wood_j),
        problem(
            15,
            "Kowalik and Osborne",
            &[0.25, 0.39, 0.415, 0.39],
            kowalik,
            kowalik_j,
        ),
        problem(
            16,
            "Brown and Dennis",
            &[25.0, 5.0, -5.0, -1.0],
            dennis,
            dennis_j,
        ),
        problem(
            17,
            "Osborne 1",
            &[0.5, 1.5, -1.0, 0.01, 0.02],
            osborne_1,
            osborne_1_j,
        ),
        problem(
            18,
            "Biggs EXP6",
            &[1.0, 2.0, 1.0, 1.0, 1.0, 1.0],
            biggs,
            biggs_j,
        ),
        problem(19, "Osborne 2", &osborne_2_start, osborne_2, osborne_2_j),
        problem(20, "Watson", &[0.0; 6], watson, watson_j),
    ]
}

/// Also a block of problem 22.
pub(super) fn powell(x: &[f64]) -> Vec<f64> {
    vec![
        x[0] + 10.0 * x[1],
        5f64.sqrt() * (x[2] - x[3]),
        (x[1] - 2.0 * x[2]).powi(2),
        10f64.sqrt() * (x[0] - x[3]).powi(2),
    ]
}

pub(super) fn powell_j(x: &[f64]) -> Rows {
    let (inner, outer) = (x[1] - 2.0 * x[2], 10f64.sqrt() * (x[0] - x[3]));
    vec![
        vec![1.0, 10.0, 0.0, 0.0],
        vec![0.0, 0.0, 5f64.sqrt(), -5f64.sqrt()],
        vec![0.0, 2.0 * inner, -4.0 * inner, 0.0],
        vec![2.0 * outer, 0.0, 0.0, -2.0 * outer],
    ]
}

fn wood(x: &[f64]) -> Vec<f64> {
    vec![
        10.0 * (x[1] - x[0] * x[0]),
        1.0 - x[0],
        90f64.sqrt() * (x[3] - x[2] * x[2]),
        1.0 - x[2],
        10f64.sqrt() * (x[1] + x[3] - 2.0),
        (x[1] - x[3]) / 10f64.sqrt(),
    ]
}

fn wood_j(x: &[f64]) -> Rows {
    let (ten, ninety) = (10f64.sqrt(), 90f64.sqrt());
    vec![
        vec![-20.0 * x[0], 10.0, 0.0, 0.0],
        vec![-1.0, 0.0, 0.0, 0.0],
        vec![0.0, 0.0, -2.0 * ninety * x[2], ninety],
        vec![0.0, 0.0, -1.0, 0.0],
        vec![0.0, ten, 0.0, ten],
        vec![0.0, 1.0 / ten, 0.0, -1.0 / ten],
    ]
}

fn kowalik(x: &[f64]) -> Vec<f64> {
    let residual = |&(y, u): &(f64, f64)| y - x[0] * (u * u + u * x[1]) / (u * u + u * x[2] + x[3]);
    data::KOWALIK.iter().map(residual).collect()
}

fn kowalik_j(x: &[f64]) -> Rows {
    let row = |&(_, u): &(f64, f64)| {
        let (above, below) = (u * u + u * x[1], u * u + u * x[2] + x[3]);
        let slope = x[0] * above / (below * below);
        vec![-above / below, -x[0] * u / below, slope * u, slope]
    };
    data::KOWALIK.iter().map(row).collect()
}

fn dennis(x: &[f64]) -> Vec<f64> {
    numbered(20, |i| {
        let [a, b] = dennis_parts(x, i / 5.0);
        a * a + b * b
    })
}

fn dennis_j(x: &[f64]) -> Rows {
    numbered(20, |i| {
        let t = i / 5.0;
        let [a, b] = dennis_parts(x, t);
        vec![2.0 * a, 2.0 * a * t, 2.0 * b, 2.0 * b * t.sin()]
    })
}

fn dennis_parts(x: &[f64], t: f64) -> [f64; 2] {
    [x[0] + t * x[1] - t.exp(), x[2] + x[3] * t.sin() - t.cos()]
}

fn osborne_1(x: &[f64]) -> Vec<f64> {
    let fitted = numbered(33, |i| {
        let t = 10.0 * (i - 1.0);
        x[0] + x[1] * (-t * x[3]).exp() + x[2] * (-t * x[4]).exp()
    });
    data::OSBORNE_1
        .iter()
        .zip(fitted)
        .map(|(y, fitted)| y - fitted)
        .collect()
}

fn osborne_1_j(x: &[f64]) -> Rows {
    numbered(33, |i| {
        let t = 10.0 * (i - 1.0);
        let (first, second) = ((-t * x[3]).exp(), (-t * x[4]).exp());
        vec![-1.0, -first, -second, t * x[1] * first, t * x[2] * second]
    })
}

fn biggs(x: &[f64]) -> Vec<f64> {
    numbered(13, |i| {
        let t = 0.1 * i;
        let y = (-t).exp() - 5.0 * (-10.0 * t).exp() + 3.0 * (-4.0 * t).exp();
        x[2] * (-t * x[0]).exp() - x[3] * (-t * x[1]).exp() + x[5] * (-t * x[4]).exp() - y
    })
}

fn biggs_j(x: &[f64]) -> Rows {
    numbered(13, |i| {
        let t = 0.1 * i;
        let [a, b, c] = [x[0], x[1], x[4]].map(|rate| (-t * rate).exp());
        vec![-t * x[2] * a, t * x[3] * b, a, -b, -t * x[5] * c, c]
    })
}

/// The heights, rates and places of the three bells of problem 19.
const BELLS: [[usize; 3]; 3] = [[1, 5, 8], [2, 6, 9], [3, 7, 10]];

fn osborne_2(x: &[f64]) -> Vec<f64> {
    let fitted = numbered(65, |i| {
        let t = (i - 1.0) / 10.0;
        let bell = |[height, rate, place]: [usize; 3]| {
            x[height] * (-(t - x[place]).powi(2) * x[rate]).exp()
        };
        x[0] * (-t * x[4]).exp() + BELLS.map(bell).iter().sum::<f64>()
    });
    data::OSBORNE_2
        .iter()
        .zip(fitted)
        .map(|(y, fitted)| y - fitted)
        .collect()
}

fn osborne_2_j(x: &[f64]) -> Rows {
    numbered(65, |i| {
        let t = (i - 1.0) / 10.0;
        let mut row = vec![0.0; 11];
        let decay = (-t * x[4]).exp();
        row[0] = -decay;
        row[4] = t * x[0] * decay;
        for [height, rate, place] in BELLS {
            let away = t - x[place];
            let bell = (-away * away * x[rate]).exp();
            row[height] = -bell;
            row[rate] = x[height] * away * away * bell;
            row[place] = -2.0 * x[height] * x[rate] * away * bell;
        }
        row
    })
}

fn watson(x: &[f64]) -> Vec<f64> {
    let mut residuals = numbered(29, |i| {
        let t = i / 29.0;
        let slope: f64 = (1..x.len())
            .map(|j| j as f64 * x[j] * t.powi(j as i32 - 1))
            .sum();
        slope - watson_sum(x, t).powi(2) - 1.0
    });
    residuals.extend([x[0], x[1] - x[0] * x[0] - 1.0]);
    residuals
}

fn watson_j(x: &[f64]) -> Rows {
    let mut rows = numbered(29, |i| {
        let t = i / 29.0;
        let sum = watson_sum(x, t);
        let slope = |j: usize| match j {
            0 => 0.0,
            _ => j as f64 * t.powi(j as i32 - 1),
        };
        let entry = |j: usize| slope(j) - 2.0 * sum * t.powi(j as i32);
        (0..x.len()).map(entry).collect()
    });
    let mut first = vec![0.0; x.len()];
    first[0] = 1.0;
    let mut second = vec![0.0; x.len()];
    (second[0], second[1]) = (-2.0 * x[0], 1.0);
    rows.extend([first, second]);
    rows
}

fn watson_sum(x: &[f64], t: f64) -> f64 {
    x.iter().rev().fold(0.0, |sum, x| sum * t + x)
}
