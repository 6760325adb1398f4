//! Known noises are measured, and what is no noise is none.

use finite_diff::noise::{Growth, measure_complex_step_noise, measure_field_noise, measure_noise};
use finite_diff::{Execution, Noise, from_fn, try_from_fn};
use num_complex::Complex;

/// How far away noise is measured again, as powers of ε.
const AWAY: [f64; 3] = [0.15, 0.3, 0.45];

#[test]
fn a_known_noise_is_measured() {
    // Rounding to a grid of 2⁻³⁰ is a noise of grid/√12.
    let grid = 2f64.powi(-30);
    let j = from_fn(3, |x: &[f64]| {
        let smooth = x[0].sin() + x[1] * x[2].exp();
        // The widest spacing must cross many cells of the grid to see it as noise.
        (smooth * 1e4 / grid).round() * grid
    });
    let sigma = measure_noise(&j, &[0.3, 0.7, -0.2], 0, &Execution::default())
        .unwrap()
        .sigma
        .unwrap();
    let expected = grid / 12f64.sqrt();
    assert!(
        (0.3..3.0).contains(&(sigma / expected)),
        "{sigma:e} against {expected:e}"
    );
}

/// Values of single precision repeat on the spacings for double precision: what a few of them move by is too little, and what
/// a slope moves them by on wider ones too much.
#[test]
fn noise_of_single_precision_behind_double_is_measured() {
    type Cost = (&'static str, fn(&[f32]) -> f32, fn(&[f64]) -> f64);
    let costs: [Cost; 3] = [
        (
            "softplus",
            |p| p.iter().map(|p| p.exp().ln_1p() * 0.3).sum(),
            |p| p.iter().map(|p| p.exp().ln_1p() * 0.3).sum(),
        ),
        (
            "squares",
            |p| p.iter().map(|p| (p - 0.2) * (p - 0.2)).sum(),
            |p| p.iter().map(|p| (p - 0.2) * (p - 0.2)).sum(),
        ),
        (
            "tanh",
            |p| p.windows(2).map(|p| (p[0] * 1.3 + p[1]).tanh()).sum(),
            |p| p.windows(2).map(|p| (p[0] * 1.3 + p[1]).tanh()).sum(),
        ),
    ];
    for (name, single, double) in costs {
        let mut shares: Vec<f64> = (0..40)
            .map(|k| {
                let entry = |i: usize| (1.7 * (i + 12 * k) as f64 + 0.4).sin();
                let point: Vec<f64> = (0..12).map(entry).collect();
                let narrow = |x: &[f64]| -> Vec<f32> { x.iter().map(|v| *v as f32).collect() };
                let j = from_fn(12, |x: &[f64]| f64::from(single(&narrow(x))));
                // The parameters are rounded as well, the constants only once.
                let off = |i: usize| {
                    let x: Vec<f64> = point.iter().map(|v| v + 1e-4 * i as f64).collect();
                    f64::from(single(&narrow(&x))) - double(&x)
                };
                let off: Vec<f64> = (0..60).map(off).collect();
                let mean = off.iter().sum::<f64>() / 60.0;
                let sigma = (off.iter().map(|o| (o - mean).powi(2)).sum::<f64>() / 60.0).sqrt();
                measure_noise(&j, &point, k as u64, &Execution::default())
                    .unwrap()
                    .sigma
                    .unwrap()
                    / sigma
            })
            .collect();
        shares.sort_by(f64::total_cmp);
        // σ of nine values is known to a third.
        assert!(shares[0] > 0.25 && shares[39] < 3.0, "{name}: {shares:?}");
        assert!((0.6..1.6).contains(&shares[20]), "{name}: {shares:?}");
    }
}

#[test]
fn cancellation_inside_j_is_seen_though_the_value_is_small() {
    let j = from_fn(1, |x: &[f64]| {
        (x[0] + 1e6).sin() * 1e6 - (1e6f64).sin() * 1e6
    });
    let measured = measure_noise(&j, &[1e-9], 0, &Execution::default()).unwrap();
    assert!(measured.epsilon_f::<f64>(1e-3) > 1e-11, "{measured:?}");
}

#[test]
fn noise_that_vanishes_at_a_minimum_grows_away_from_it() {
    // r = x₀ + x₁ is rounded to the spacing of 1, δ = ε/√12, and J = r²/2 has the noise |r|δ.
    let r = |x: &[f64]| (1.0 + x[0] + x[1]) - 1.0;
    let j = from_fn(2, move |x: &[f64]| 0.5 * r(x) * r(x));
    let measured = measure_noise(&j, &[0.0, 0.0], 0, &Execution::default()).unwrap();
    let delta = f64::EPSILON / 12f64.sqrt();
    let away = f64::EPSILON.powf(AWAY[0]);
    assert!(
        measured.sigma.unwrap() < 0.01 * delta * away,
        "{measured:?}"
    );
    assert!(
        (0.1..10.0).contains(&(measured.growth.at(away) / (away * delta))),
        "{measured:?}"
    );

    let far = measure_noise(&j, &[0.5, 0.5], 0, &Execution::default()).unwrap();
    // Where it doesn't grow, no more than what the largest of three differs by by chance.
    let noise = far.noise::<f64>(0.5, Noise::default());
    assert!(
        noise.within(0.5, 0.5, away) < 3.0 * noise.at::<f64>(0.5),
        "{far:?}"
    );
}

#[test]
fn the_complex_step_is_as_noisy_as_the_terms_that_cancel_in_it() {
    let j = from_fn(1, |x: &[Complex<f64>]| {
        let r = (x[0] * 3.0 + 1.0) - 1.0;
        r * r * 0.5
    });
    // r is 3e-9 and known to ε only, and the derivative is 3r.
    let measured = measure_complex_step_noise(&j, &[1e-9], 0, &Execution::default()).unwrap();
    let sigma = measured.sigma.unwrap();
    assert!((1e-17..1e-15).contains(&sigma), "{measured:?}");
    assert_eq!(measured.evaluations, 27);
}

#[test]
fn a_jump_at_the_point_itself_is_no_noise() {
    let step = |x: &[f64]| Ok(vec![if x[0] == 0.0 { 1.0 } else { 0.0 }]);
    assert_eq!(
        measure_field_noise(step, &[0.0], None, 0, &Execution::default()).unwrap(),
        [Some(0.0)]
    );
}

#[test]
fn a_cost_with_few_digits_has_the_noise_of_its_grain() {
    for digits in [1e3, 1e5, 1e7, 1e9] {
        let j = from_fn(2, |x: &[f64]| {
            ((x[0] * x[0] + x[1]) * digits).round() / digits
        });
        let measured = measure_noise(&j, &[0.3, 2.0], 0, &Execution::default()).unwrap();
        let epsilon_f = measured.epsilon_f::<f64>(2.0);
        assert!(
            (0.4..60.0).contains(&(epsilon_f * digits)),
            "{digits:e}: {measured:?}"
        );
    }
}

#[test]
fn a_constant_has_no_noise() {
    let j = from_fn(2, |_: &[f64]| 3.0);
    assert_eq!(
        measure_noise(&j, &[1.0, 2.0], 0, &Execution::default())
            .unwrap()
            .sigma,
        Some(0.0)
    );
}

#[test]
fn a_cost_that_overflows_on_the_way_has_noise_near_the_point() {
    // e^(αd) for α of size 10⁶: 4e-3 away in d it is e^4000.
    for size in [1e3, 1e5, 1e6, 1e7] {
        let j = from_fn(2, move |x: &[f64]| 1.0 + (x[0] * x[1] * size).exp());
        let at = [1.0 / size, 0.7];
        let value = 1.0 + 0.7f64.exp();
        for seed in 0..10 {
            let measured = measure_noise(&j, &at, seed, &Execution::default()).unwrap();
            let noise = measured.noise::<f64>(value, Noise::default());
            let here = noise.at::<f64>(value);
            assert!((1e-16..1e-14).contains(&here), "{measured:?}");
            // A first look goes so far, where J is still of size 1.
            let near = noise.within(value, 0.7, 1e-2 / size);
            assert!(
                near >= here && near < 1e-12,
                "{size:e}: {near:e} {measured:?}"
            );
        }
    }
}

#[test]
fn the_grain_of_a_term_is_noise_though_narrow_rows_see_none_of_it() {
    // eˣ − 1 at x around 1e-8 has steps of ε/2, and beside it are terms that move without any.
    let elu = |t: f64| if t > 0.0 { t } else { t.exp() - 1.0 };
    let at: Vec<f64> = (1..60)
        .map(|i| 0.05 * f64::from(i) * f64::from(1 - 2 * (i % 2)))
        .collect();
    let j = |x: &[f64]| -> f64 { x.iter().map(|x| elu(1e-8 * x)).sum() };
    let there = j(&at);
    let j = from_fn(at.len(), |x: &[f64]| j(x) - there);
    for seed in 0..20 {
        let sigma = measure_noise(&j, &at, seed, &Execution::default())
            .unwrap()
            .sigma
            .unwrap();
        assert!(sigma > 0.05 * f64::EPSILON, "{sigma:e}");
    }
}

#[test]
fn a_length_far_below_the_spacings_is_no_noise() {
    for length in [1e-9, 1e-10, 1e-11] {
        for seed in 0..20 {
            let j = from_fn(1, move |x: &[f64]| (x[0] / length).sin());
            let measured = measure_noise(&j, &[0.5 * length], seed, &Execution::default()).unwrap();
            let epsilon_f = measured.epsilon_f::<f64>(0.5);
            assert!(epsilon_f < 1e-14, "{length:e}: {measured:?}");
        }
    }
}

/// What a cost with little slope beside its size moves by is no grain of it, though most values repeat on narrow rows.
#[test]
fn a_slope_in_double_precision_is_no_grain() {
    type Cost = (&'static str, fn(&[f64]) -> f64, f64);
    let costs: [Cost; 6] = [
        ("4e8 + x", |x| 4e8 + x[0], 0.3),
        ("1e4 + x²", |x| 1e4 + x[0] * x[0], 0.0),
        (
            "1e4 + Σ(x − 0.3)²",
            |x| 1e4 + x.iter().map(|x| (x - 0.3).powi(2)).sum::<f64>(),
            0.30001,
        ),
        ("1 + 1e-3·cosh x", |x| 1.0 + 1e-3 * x[0].cosh(), 0.0),
        (
            "1e6 + Σx²",
            |x| 1e6 + x.iter().map(|x| x * x).sum::<f64>(),
            1e-4,
        ),
        ("100 + x²", |x| 100.0 + x[0] * x[0], 0.1),
    ];
    for (name, cost, at) in costs {
        for seed in 0..50 {
            let j = from_fn(3, cost);
            let measured = measure_noise(&j, &[at; 3], seed, &Execution::default()).unwrap();
            let magnitude = cost(&[at; 3]).abs();
            let epsilon_f = measured.epsilon_f::<f64>(magnitude);
            let rounding = 2.0 * f64::EPSILON * magnitude;
            assert!(
                epsilon_f <= 16.0 * rounding,
                "{name}: {:.1}",
                epsilon_f / rounding
            );
        }
    }
}

/// Where J ends before wider rows do the noise is what the narrow ones say, and no failure.
#[test]
fn a_grain_is_looked_for_as_far_as_j_goes() {
    let single = |x: &[f64]| f64::from((x[0] as f32).sqrt() * x[1] as f32);
    let j = try_from_fn(2, |x: &[f64]| {
        if x[0] < 0.0 {
            Err("no root")
        } else {
            Ok(single(x))
        }
    });
    for seed in 0..20 {
        let measured = measure_noise(&j, &[0.003, 0.7], seed, &Execution::default()).unwrap();
        assert!(measured.sigma.is_some());
    }
}

/// The growth of the noise of a cost that is noisy by `here` at 0, and by these sizes at the distances at which noise is
/// measured, the furthest first.
fn growth(here: f64, sizes: [f64; 3]) -> Growth {
    let [far, amid, near] = AWAY.map(|power| f64::EPSILON.powf(power));
    let j = from_fn(1, |x: &[f64]| {
        let size = match x[0].abs() {
            t if t > (far * amid).sqrt() => sizes[0],
            t if t > (amid * near).sqrt() => sizes[1],
            t if t > 0.25 * near => sizes[2],
            _ => here,
        };
        let bits = x[0].to_bits().wrapping_mul(0x9E37_79B9_7F4A_7C15);
        1.0 + size * ((bits >> 11) as f64 / (1u64 << 53) as f64 - 0.5)
    });
    let measured = measure_noise(&j, &[0.0], 0, &Execution::default());
    measured.unwrap().growth
}

#[test]
fn one_distance_is_a_straight_line_through_the_point() {
    // So little more than at the point that it is not measured nearer.
    let growth = growth(1e-8, [1e-6; 3]);
    let far = f64::EPSILON.powf(AWAY[0]);
    let there = growth.at(far);
    assert!((1e-7..1e-6).contains(&there), "{there:e}");
    assert_eq!(
        [0.0, 0.5, 1.0, 4.0].map(|share| growth.at(share * far)),
        [0.0, 0.5, 1.0, 4.0].map(|share| share * there)
    );
    assert_eq!(growth.times(2.0).at(far), 2.0 * there);
    assert_eq!(Growth::linear(3.0).at(0.5), 1.5);
    assert_eq!(Growth::NONE.at(1e9), 0.0);
}

#[test]
fn more_are_a_line_that_bends_and_never_falls() {
    let [far, amid, near] = AWAY.map(|power| f64::EPSILON.powf(power));
    // What is nearer is no louder than what is further.
    let cases: [([f64; 3], &[f64]); 3] = [
        ([1e-2, 1e-6, 1e-10], &[1e-2, 1e-6, 1e-10]),
        // Not measured at the nearest distance.
        ([1e-6, 1e-4, 1e-4], &[1e-6, 1e-6]),
        ([1e-2, 1e-6, 1e-4], &[1e-2, 1e-6, 1e-6]),
    ];
    for (sizes, expected) in cases {
        let growth = growth(1e-14, sizes);
        for (t, size) in [far, amid, near].into_iter().zip(expected) {
            let share = growth.at(t) * 12f64.sqrt() / size;
            assert!((0.2..3.0).contains(&share), "{share} {growth:?}");
        }
        for (from, to) in [(0.0, near), (near, amid), (amid, far)] {
            assert!(growth.at(from) <= growth.at(to), "{growth:?}");
            let middle = growth.at((from + to) / 2.0);
            let straight = (growth.at(from) + growth.at(to)) / 2.0;
            assert!((middle - straight).abs() <= 1e-12 * straight, "{growth:?}");
        }
        assert_eq!(growth.at(2.0 * far), 2.0 * growth.at(far));
    }
}
