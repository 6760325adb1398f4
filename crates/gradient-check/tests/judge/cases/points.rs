//! Points at which little is to be seen: saturated, at a kink, at a minimum, at a bound, beside what is far larger.

use gradient_check::{GradientCheck, Reason, Verdict};

use super::{AGREE, Cost, WRONG, logistic, of, rosenbrock, told};

/// Gradients that a cost may be given.
type Numbers<'a> = &'a [&'a [f64]];

/// A sure class, a saturated unit: what the terms round to is all that is seen.
#[test]
fn a_saturated_cost_is_undecided_and_not_wrong() {
    let entropy = |class: usize| {
        move |z: &[f64]| {
            let top = z.iter().copied().fold(f64::MIN, f64::max);
            top + z.iter().map(|z| (z - top).exp()).sum::<f64>().ln() - z[class]
        }
    };
    let softmax = |z: &[f64], class: usize| -> Vec<f64> {
        let sum: f64 = z.iter().map(|z| z.exp()).sum();
        let mut g: Vec<f64> = z.iter().map(|z| z.exp() / sum).collect();
        g[class] = 0.0;
        g[class] = -g.iter().sum::<f64>();
        g
    };
    let (three, five) = ([0.3, 40.0, -2.0], [50.0, -3.0, 1.0, 0.0, 2.0]);
    let far = 20f64.cosh().powi(-2);
    let cases: [(Cost<'_>, &[f64], &[f64]); 5] = [
        (&entropy(1), &softmax(&three, 1), &three),
        (&entropy(0), &softmax(&five, 0), &five),
        (&|x| (1.0 + x[0].exp()).ln(), &[(-100f64).exp()], &[-100.0]),
        (&|x| 1.0 - x[0].tanh(), &[-far], &[20.0]),
        (&|x| 1.0 - logistic(x[0]), &[-(-45f64).exp()], &[45.0]),
    ];
    for (cost, gradient, at) in cases {
        let report = of(cost, gradient, at).run().unwrap();
        let undecided = matches!(report.verdict, Verdict::Inconclusive(_));
        assert!(undecided, "{report}");
        let planted: Vec<f64> = gradient.iter().map(|g| g + 0.3).collect();
        told(WRONG, &of(cost, &planted, at));
    }
}

/// Of two blocks, of which the second's derivative is 0.
fn shifted(cost: impl Fn(&[f64], &[f64]) -> f64 + Send + Sync, w: &[f64], b: &[f64]) {
    let check = |dw: Vec<f64>, db: f64| {
        let gradient = vec![dw, vec![db; b.len()]];
        let gradient = move |_: &[&[f64]]| gradient.clone();
        let check = GradientCheck::of_inputs(|p: &[&[f64]]| cost(p[0], p[1]), gradient);
        check.input("w", &[w.len()], w).input("b", &[b.len()], b)
    };
    // By a quotient of the sixth order, since a normalized cost has a long derivative.
    let quotient = |i: usize| {
        let central = |h: f64| {
            let moved = [h, -h].map(|h| {
                let mut w = w.to_vec();
                w[i] += h;
                cost(&w, b)
            });
            (moved[0] - moved[1]) / (2.0 * h)
        };
        (64.0 * central(1e-3) - 20.0 * central(2e-3) + central(4e-3)) / 45.0
    };
    let dw: Vec<f64> = (0..w.len()).map(quotient).collect();
    for db in [1e-17, -3e-17] {
        let check = check(dw.clone(), db);
        let report = told(AGREE, &check);
        assert_eq!(report.counts.zero, b.len(), "{report}");
        let text = report.to_string();
        assert!(text.contains("zero to within"), "{text}");
        assert!(check.strict(true).verify().is_err());
    }
    told(WRONG, &check(dw.clone(), 0.01));
    let mut planted = dw;
    planted[0] *= 1.01;
    told(WRONG, &check(planted, 1e-17));
}

/// A bias that batch normalization takes out, a shift of all logits, a translation of all points.
#[test]
fn a_block_that_is_zero_to_rounding_agrees_and_is_counted() {
    let batch = |w: &[f64], b: &[f64]| {
        let unit = |i: usize| {
            let terms = w.iter().enumerate();
            b[0] + terms
                .map(|(j, w)| w * (1.3 * (3 * i + j) as f64).sin())
                .sum::<f64>()
        };
        let z: Vec<f64> = (0..16).map(unit).collect();
        let mean = z.iter().sum::<f64>() / 16.0;
        let spread = (z.iter().map(|z| (z - mean).powi(2)).sum::<f64>() / 16.0).sqrt();
        let terms = z.iter().zip(0u8..);
        terms
            .map(|(z, i)| ((z - mean) / spread - f64::from(i).cos()).powi(2))
            .sum()
    };
    shifted(batch, &[0.4, -0.7, 1.1], &[0.3]);
    let logits = |w: &[f64], b: &[f64]| {
        let size: f64 = w.iter().map(|w| w * w).sum();
        w.iter().map(|w| (w + b[0]).exp()).sum::<f64>().ln() - (w[1] + b[0]) + 0.1 * size
    };
    shifted(logits, &[0.4, -0.7, 1.1, 0.2], &[0.3]);
    let points = |w: &[f64], b: &[f64]| {
        let p: Vec<f64> = w.iter().map(|w| w + b[0]).collect();
        let apart = |i: usize| p[..i].iter().map(move |q| q - w[i] - b[0]);
        (0..p.len())
            .flat_map(apart)
            .map(|d| (d * d - 1.0).powi(2))
            .sum()
    };
    shifted(points, &[0.4, -0.7, 1.1, 0.2], &[0.3]);
}

/// A softmax over copies of one number.
#[test]
fn what_rounds_to_nothing_is_not_wrong_where_the_cost_is_constant() {
    let halves = |x: &[f64]| 0.9 * x[0].exp() / (x[0].exp() + x[0].exp()) - 0.2;
    let constant = |_: &[f64]| 0.7;
    let cases: [Cost<'_>; 2] = [&halves, &constant];
    for cost in cases {
        for exact in [false, true] {
            let report = of(cost, &[5.6e-17], &[0.6]).exact(exact).run().unwrap();
            assert_ne!(report.verdict, WRONG, "{report}");
            told(WRONG, &of(cost, &[1e-3], &[0.6]).exact(exact));
        }
    }
}

/// The lasso, and a unit at 0.
#[test]
fn a_symmetric_kink_is_seen_and_no_power_is_claimed_there() {
    let lasso = |w: &[f64]| 0.5 * (w[0] - 0.1).powi(2) + 0.3 * w[0].abs() + w[1].sin();
    let relu = |w: &[f64]| w[0].max(0.0) + w[1].exp();
    let hinge = |w: &[f64]| (1.0 - w[0]).max(0.0) + w[1].ln() * w[1];
    let cases: [(Cost<'_>, [f64; 2], f64, [f64; 2]); 3] = [
        (&lasso, [0.0, 0.4], 0.4f64.cos(), [-0.4, 0.2]),
        (&relu, [0.0, 0.3], 0.3f64.exp(), [0.0, 1.0]),
        (&hinge, [1.0, 2.0], 1.0 + 2f64.ln(), [-1.0, 0.0]),
    ];
    for (cost, at, smooth, [low, high]) in cases {
        for share in [0.0, 0.02, 0.5, 0.83, 1.0] {
            let check = of(cost, &[low + share * (high - low), smooth], &at);
            let report = told(AGREE, &check);
            assert_eq!(report.counts.subgradients, 1, "{report}");
            assert!(report.to_string().contains("kink"), "{report}");
            // It has been held against its two slopes.
            assert!(check.strict(true).verify().is_ok());
        }
        for outside in [low - 0.01, high + 0.01, high + 0.5] {
            told(WRONG, &of(cost, &[outside, smooth], &at));
        }
        // With the other entry wrong there is none of which a power could be stated.
        let report = told(WRONG, &of(cost, &[high, 1.01 * smooth], &at));
        assert_eq!(report.power, None);
    }
    // Alone, where the mean of both sides is 0.
    let [absolute, roots]: [Cost<'_>; 2] = [&|w| w[0].abs(), &|w| w[0].abs() + w[1].abs()];
    for g in [-1.0, 0.0, 0.3, 1.0] {
        told(AGREE, &of(absolute, &[g], &[0.0]));
        told(AGREE, &of(roots, &[g, -g], &[0.0, 0.0]));
    }
    told(WRONG, &of(absolute, &[1.01], &[0.0]));
    told(WRONG, &of(roots, &[0.0, -1.01], &[0.0, 0.0]));
}

/// What automatic differentiation gives at a tie, which is not always a subgradient.
#[test]
fn at_a_tie_the_whole_gradient_has_to_be_a_subgradient() {
    let two = |x: &[f64]| x[0].max(x[1]);
    let three = |x: &[f64]| x[0].max(x[1]).max(x[2]);
    let relu = |x: &[f64]| (x[0] + x[1]).max(0.0);
    let third = [1.0 / 3.0; 3];
    let apart = |x: &[f64]| (x[0] - x[1]).abs();
    let cases: [(Cost<'_>, &[f64], Numbers<'_>, Numbers<'_>); 4] = [
        (
            &apart,
            &[1.2, 1.2],
            &[&[0.5, -0.5], &[0.0, 0.0], &[1.0, -1.0]],
            &[&[0.5, 0.5], &[1.0, 1.0]],
        ),
        (
            &two,
            &[0.7, 0.7],
            &[&[1.0, 0.0], &[0.0, 1.0], &[0.5, 0.5]],
            &[&[1.0, 1.0], &[0.0, 0.0]],
        ),
        (
            &three,
            &[-0.3; 3],
            &[&[1.0, 0.0, 0.0], &third, &[0.5, 0.5, 0.0]],
            &[&[1.0; 3], &[0.0; 3], &[0.5; 3]],
        ),
        (
            &relu,
            &[1.2, -1.2],
            &[&[1.0, 1.0], &[0.0, 0.0], &[0.5, 0.5]],
            &[&[1.0, 0.0], &[0.0, 1.0]],
        ),
    ];
    for (cost, at, right, wrong) in cases {
        for gradient in right {
            told(AGREE, &of(cost, gradient, at));
        }
        for gradient in wrong {
            let text = told(WRONG, &of(cost, gradient, at)).to_string();
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(text.contains("not a subgradient"), "{text}");
            assert!(!text.contains("wrong axis"), "{text}");
        }
    }
}

/// A check at the optimum, which everybody tries once.
#[test]
fn at_a_minimum_it_is_stationary_and_the_remedy_says_so() {
    let squares = |x: &[f64]| x.iter().map(|x| x * x).sum();
    let cosines = |x: &[f64]| -x.iter().map(|x| (x - 0.5).cos()).sum::<f64>();
    let cases: [(Cost<'_>, &[f64]); 4] = [
        (&squares, &[0.0; 3]),
        (&squares, &[0.0]),
        (&rosenbrock, &[1.0; 4]),
        (&cosines, &[0.5; 3]),
    ];
    for (cost, at) in cases {
        let mut gradient = vec![0.0; at.len()];
        let stationary = Verdict::Inconclusive(Reason::Stationary);
        let text = told(stationary, &of(cost, &gradient, at)).to_string();
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            text.contains("a stationary point (a minimum or a saddle)"),
            "{text}"
        );
        assert!(text.contains("Check at another point"), "{text}");
        assert!(!text.contains("fewer examples"), "{text}");
        gradient[0] = 0.01;
        told(WRONG, &of(cost, &gradient, at));
    }
}

/// Units that differ within one vector.
#[test]
fn an_entry_far_below_its_block_is_judged_by_its_own_bar() {
    let at = [0.3f64, 0.7];
    let cases: [(Cost<'_>, [f64; 2]); 4] = [
        (
            &|x| 1e13 * x[0].sin() + x[1].sin(),
            [1e13 * at[0].cos(), at[1].cos()],
        ),
        (&|x| 1e13 * x[0] + x[1], [1e13, 1.0]),
        (
            &|x| x[0].sin() + 1e-13 * x[1].exp(),
            [at[0].cos(), 1e-13 * at[1].exp()],
        ),
        (&|x| 1e13 * (x[0] - 0.3) + x[1].sin(), [1e13, at[1].cos()]),
    ];
    for (cost, gradient) in cases {
        told(AGREE, &of(cost, &gradient, &at));
        let report = told(WRONG, &of(cost, &[gradient[0], -gradient[1]], &at));
        assert_eq!(report.worst[0].coordinate.flat, 1);
    }
    // Where no bar is as sharp, `strict` fails on what was not tested.
    let far = |x: &[f64]| 1e18 * x[0].sin() + x[1].sin();
    let check = of(&far, &[1e18 * at[0].cos(), -at[1].cos()], &at);
    told(AGREE, &check);
    assert!(check.strict(true).verify().is_err());
}

/// What everybody forgets once.
#[test]
fn nothing_to_check_is_an_error_and_no_verdict() {
    let forgotten = GradientCheck::new(|x: &[f64]| x[0].sin(), |x: &[f64]| vec![x[0].cos()]);
    let empty = of(&|x: &[f64]| x.iter().sum(), &[], &[]);
    for check in [forgotten, empty] {
        let text = check.run().unwrap_err().to_string();
        assert!(text.contains(".at(…)"), "{text}");
    }
    let one = || of(&|x: &[f64]| x[0].sin(), &[0.3f64.cos()], &[0.3]);
    for none in [one().sample_per_block(0), one().sample(0)] {
        let text = none.run().unwrap_err().to_string();
        assert!(text.contains("a sample of 0"), "{text}");
    }
}

/// A forward pass that failed upstream: the point is to blame, and neither the cost nor the gradient.
#[test]
fn a_point_that_is_no_number_is_refused_by_name() {
    for strange in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let cost = |x: &[f64]| x[0].sin() + x[1];
        let check = of(&cost, &[0.3f64.cos(), 1.0], &[0.3, strange]);
        let text = check.run().unwrap_err().to_string();
        assert!(text.contains("at x[1]"), "{text}");
    }
}

/// A derivative that is infinite where the domain ends is never confirmed as if it had been tested.
#[test]
fn an_infinite_derivative_at_a_bound_is_no_agreement() {
    let entropy = |x: &[f64]| if x[0] == 0.0 { 0.0 } else { x[0] * x[0].ln() };
    let cases: [(Cost<'_>, f64); 3] = [
        (&|x| x[0].sqrt(), f64::INFINITY),
        (&|x| x[0].powf(0.25), f64::INFINITY),
        (&entropy, f64::NEG_INFINITY),
    ];
    for (cost, infinite) in cases {
        for gradient in [infinite, 1e8] {
            let check = of(cost, &[gradient], &[0.0]).lower([0.0]);
            let report = check.run().unwrap();
            let undecided = matches!(report.verdict, Verdict::Inconclusive(reason) if reason != Reason::Stationary);
            assert!(undecided, "{report}");
        }
    }
    // Nor is an infinite entry where the derivative is finite.
    let finite = |x: &[f64]| x[0].sin() + x[1];
    told(WRONG, &of(&finite, &[f64::INFINITY, 1.0], &[0.3, 0.2]));
}

/// Two ties, one of a convex and one of a concave function: each limit of gradients is right, though along a direction it
/// need not lie between the slopes on both sides.
#[test]
fn a_limit_of_gradients_at_ties_is_not_called_wrong() {
    let sorted = |p: &[f64]| -> f64 {
        let mut sorted = p.to_vec();
        sorted.sort_by(f64::total_cmp);
        let weights = [0.3, -1.2, 0.7, 2.0];
        sorted.iter().zip(weights).map(|(x, v)| x * v).sum()
    };
    let units = |p: &[f64]| p[0].max(0.0) - p[1].max(0.0);
    let bent_max = |p: &[f64]| p[0].exp().max(p[1].exp()) + p[2].exp().max(p[3].exp());
    let all = |p: &[f64]| p.iter().map(|x| x.exp()).collect::<Vec<_>>();
    for seed in 0..6 {
        for g in [
            [0.3, -1.2, 0.7, 2.0],
            [-1.2, 0.3, 0.7, 2.0],
            [0.3, -1.2, 2.0, 0.7],
        ] {
            let check = GradientCheck::new(sorted, move |_: &[f64]| g).at([0.2, 0.2, 0.9, 0.9]);
            assert_ne!(
                check.seed(seed).run().unwrap().verdict,
                Verdict::Disagree,
                "{seed} {g:?}"
            );
        }
        let check = GradientCheck::new(units, |_: &[f64]| [1.0, 0.0]).at([0.0, 0.0]);
        assert_ne!(
            check.seed(seed).run().unwrap().verdict,
            Verdict::Disagree,
            "{seed}"
        );
        let check = GradientCheck::new(bent_max, all).at([0.7; 4]);
        assert_eq!(
            check.seed(seed).run().unwrap().verdict,
            Verdict::Disagree,
            "{seed}"
        );
    }
}
