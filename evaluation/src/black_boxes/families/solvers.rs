//! Costs that a solver iterates to a tolerance, each with the gradient of what it approximates.

use super::{Family, family};
use crate::black_boxes::problem::{Expected, Expected::AgreeWithAccuracy, Problem, Word};

pub(super) fn families() -> Vec<Family> {
    let mut families = Vec::new();
    for tolerance in [1e-6, 1e-9, 1e-12] {
        let expected = to(tolerance);
        families.push(family(
            format!("fixed point 0.9y+0.1a/y³ to {tolerance:e}"),
            expected,
            {
                move |draw| {
                    let point = vec![draw.within(1.0, 4.0), draw.within(0.5, 2.0)];
                    let cost = move |p: &[f64]| {
                        p[1] * iterated(tolerance, 1.0, |y| 0.9 * y + 0.1 * p[0] / y.powi(3))
                    };
                    let root = |p: &[f64]| p[1] * p[0].powf(0.25);
                    let gradient =
                        |p: &[f64]| vec![0.25 * p[1] * p[0].powf(-0.75), p[0].powf(0.25)];
                    Problem::new(point, cost, gradient).reference(root)
                }
            },
        ));
        families.push(family(
            format!("fixed point b·cos(ay) to {tolerance:e}"),
            expected,
            {
                move |draw| {
                    let cosine = |p: &[f64], tolerance| {
                        let (a, b) = (p[0], p[1]);
                        iterated(tolerance, 0.5, |y| b * (a * y).cos())
                    };
                    let gradient = move |p: &[f64]| {
                        let y = cosine(p, 0.0);
                        let (sin, cos) = (p[0] * y).sin_cos();
                        let inner = 1.0 + p[0] * p[1] * sin;
                        vec![-p[1] * y * sin / inner, cos / inner]
                    };
                    let point = vec![draw.within(0.4, 0.9), draw.within(0.5, 1.2)];
                    Problem::new(point, move |p| cosine(p, tolerance), gradient)
                        .reference(move |p| cosine(p, 0.0))
                }
            },
        ));
    }
    families.push(family("Newton for eʸ + ay = b to 1e-8", to(1e-8), |draw| {
        let gradient = |p: &[f64]| {
            let y = newton(p, 1e-15);
            let slope = y.exp() + p[0];
            vec![-y / slope, 1.0 / slope]
        };
        let point = vec![draw.within(0.5, 2.0), draw.within(1.5, 4.0)];
        Problem::new(point, |p| newton(p, 1e-8), gradient).reference(|p| newton(p, 1e-15))
    }));
    for tolerance in [1e-6, 1e-9] {
        let name = format!("Runge-Kutta, steps by {tolerance:e}");
        families.push(family(name, to(tolerance), move |draw| {
            let (rate, capacity) = (draw.within(0.5, 2.0), draw.within(2.0, 5.0));
            let point = vec![rate, capacity, draw.within(0.2, 1.0)];
            Problem::new(point, move |p| growth(p, tolerance), grown_gradient).reference(grown)
        }));
    }
    families.push(family(
        "conjugate gradients to 1e-8, b·x",
        to(1e-8),
        |draw| {
            let b = draw.many(UNKNOWNS, -1.0, 1.0);
            system(draw.many(UNKNOWNS, -1.0, 1.0), b.clone(), b)
        },
    ));
    families.push(family(
        "conjugate gradients to 1e-8, c·x",
        to(1e-8),
        |draw| {
            let (b, c) = (
                draw.many(UNKNOWNS, -1.0, 1.0),
                draw.many(UNKNOWNS, -1.0, 1.0),
            );
            system(draw.many(UNKNOWNS, -1.0, 1.0), b, c)
        },
    ));
    families
}

/// The expected verdict for a solver with this tolerance.
fn to(tolerance: f64) -> Expected {
    AgreeWithAccuracy {
        accuracy: (100.0 * tolerance).max(1e-9),
        default_may: match tolerance <= 1e-7 {
            true => &[Word::Agree, Word::Inexact],
            false => &[Word::Agree, Word::Inexact, Word::Wrong],
        },
    }
}

/// The fixed point, iterated until the change is below the tolerance; with 0, until it no longer changes.
fn iterated(tolerance: f64, start: f64, map: impl Fn(f64) -> f64) -> f64 {
    let mut y = start;
    for _ in 0..2000 {
        let next = map(y);
        let change = (next - y).abs();
        y = next;
        if change < tolerance {
            break;
        }
    }
    y
}

/// y of eʸ + ay = b, by its residual.
fn newton(p: &[f64], tolerance: f64) -> f64 {
    let mut y: f64 = 0.0;
    for _ in 0..100 {
        let residual = y.exp() + p[0] * y - p[1];
        if residual.abs() < tolerance {
            break;
        }
        y -= residual / (y.exp() + p[0]);
    }
    y
}

/// The time at which the growth is evaluated.
const TIME: f64 = 2.0;

/// Logistic growth of y' = ry(1 − y/K), y(0) = y₀ at p = (r, K, y₀), by Dormand and Prince's pair with steps
/// to a relative tolerance.
fn growth(p: &[f64], tolerance: f64) -> f64 {
    let slope = |y: f64| p[0] * y * (1.0 - y / p[1]);
    let (mut t, mut y, mut h) = (0.0, p[2], 0.1f64);
    while t < TIME {
        h = h.min(TIME - t);
        let k1 = slope(y);
        let k2 = slope(y + h * k1 / 5.0);
        let k3 = slope(y + h * (3.0 * k1 + 9.0 * k2) / 40.0);
        let k4 = slope(y + h * (44.0 / 45.0 * k1 - 56.0 / 15.0 * k2 + 32.0 / 9.0 * k3));
        let k5 = slope(
            y + h
                * (19372.0 / 6561.0 * k1 - 25360.0 / 2187.0 * k2 + 64448.0 / 6561.0 * k3
                    - 212.0 / 729.0 * k4),
        );
        let k6 = slope(
            y + h
                * (9017.0 / 3168.0 * k1 - 355.0 / 33.0 * k2
                    + 46732.0 / 5247.0 * k3
                    + 49.0 / 176.0 * k4
                    - 5103.0 / 18656.0 * k5),
        );
        let next = y + h
            * (35.0 / 384.0 * k1 + 500.0 / 1113.0 * k3 + 125.0 / 192.0 * k4 - 2187.0 / 6784.0 * k5
                + 11.0 / 84.0 * k6);
        let error = h
            * (71.0 / 57600.0 * k1 - 71.0 / 16695.0 * k3 + 71.0 / 1920.0 * k4
                - 17253.0 / 339_200.0 * k5
                + 22.0 / 525.0 * k6
                - slope(next) / 40.0);
        let share = (tolerance * next.abs() / error.abs().max(1e-300)).powf(0.2);
        if share >= 1.0 {
            (t, y) = (t + h, next);
        }
        h *= (0.9 * share).clamp(0.2, 5.0);
    }
    y
}

/// The solution of the logistic growth in closed form.
fn grown(p: &[f64]) -> f64 {
    p[1] / (1.0 + (p[1] / p[2] - 1.0) * (-p[0] * TIME).exp())
}

fn grown_gradient(p: &[f64]) -> Vec<f64> {
    let (capacity, start, decay) = (p[1], p[2], (-p[0] * TIME).exp());
    let below = 1.0 + (capacity / start - 1.0) * decay;
    vec![
        capacity * (capacity / start - 1.0) * decay * TIME / (below * below),
        1.0 / below - capacity * decay / (start * below * below),
        (capacity / (start * below)).powi(2) * decay,
    ]
}

/// The size of the system.
const UNKNOWNS: usize = 40;

/// The dominance of the diagonal at p = 0: so small that a tolerance of 1e-8 is reached early.
const WEIGHT: f64 = 0.1;

/// J = c·x of (L + 0.1 diag eᵖ)x = b, L the second differences, x by conjugate gradients.
fn system(point: Vec<f64>, b: Vec<f64>, c: Vec<f64>) -> Problem {
    let (b_again, c_again) = (b.clone(), c.clone());
    let gradient = move |p: &[f64]| -> Vec<f64> {
        let (x, adjoint) = (thomas(p, &b_again), thomas(p, &c_again));
        (0..UNKNOWNS)
            .map(|i| -adjoint[i] * x[i] * WEIGHT * p[i].exp())
            .collect()
    };
    let (b_exact, c_exact) = (b.clone(), c.clone());
    Problem::new(
        point,
        move |p| dot(&c, &conjugate_gradients(p, &b, 1e-8)),
        gradient,
    )
    .reference(move |p| dot(&c_exact, &thomas(p, &b_exact)))
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn conjugate_gradients(p: &[f64], b: &[f64], tolerance: f64) -> Vec<f64> {
    let applied = |x: &[f64]| -> Vec<f64> {
        let at = |i: usize| x.get(i).copied().unwrap_or(0.0);
        let row = |i: usize| (2.0 + WEIGHT * p[i].exp()) * x[i] - at(i.wrapping_sub(1)) - at(i + 1);
        (0..x.len()).map(row).collect()
    };
    let mut x = vec![0.0; b.len()];
    let (mut residual, mut along) = (b.to_vec(), b.to_vec());
    let mut square = dot(&residual, &residual);
    let enough = tolerance * tolerance * square;
    while square > enough {
        let image = applied(&along);
        let step = square / dot(&along, &image);
        for i in 0..x.len() {
            x[i] += step * along[i];
            residual[i] -= step * image[i];
        }
        let next = dot(&residual, &residual);
        for i in 0..x.len() {
            along[i] = residual[i] + next / square * along[i];
        }
        square = next;
    }
    x
}

/// The solution of the same system by a direct method.
fn thomas(p: &[f64], b: &[f64]) -> Vec<f64> {
    let n = b.len();
    let (mut diagonal, mut x) = (Vec::with_capacity(n), b.to_vec());
    diagonal.push(2.0 + WEIGHT * p[0].exp());
    for i in 1..n {
        diagonal.push(2.0 + WEIGHT * p[i].exp() - 1.0 / diagonal[i - 1]);
        x[i] += x[i - 1] / diagonal[i - 1];
    }
    x[n - 1] /= diagonal[n - 1];
    for i in (0..n - 1).rev() {
        x[i] = (x[i] + x[i + 1]) / diagonal[i];
    }
    x
}
