//! A function that is defined in a box only: no pass is called outside, right gradients at and near the bounds
//! are not rejected, wrong ones are.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

use finite_diff::directions::StreamedDirection;
use finite_diff::domain::Within;
use finite_diff::{
    Domain, EvaluationError, Objective, ParameterLayout, Selection, from_fn, try_from_fn,
};
use gradient_check::directional::DirectionalSettings;
use gradient_check::structure::Finding;
use gradient_check::subject::{Gradient, NamedArray, from_objective};
use gradient_check::{
    CheckError, GradientCheck, Report, Settings, Subject, Verdict, check, check_directional,
    check_subject, negative_control,
};
use num_complex::Complex;
use proptest::prelude::*;

/// A term of one variable: its value and slope, and between which numbers it is defined.
#[derive(Debug, Clone, Copy)]
struct Term {
    value: fn(f64) -> f64,
    slope: fn(f64) -> f64,
    lower: f64,
    upper: f64,
}

/// Defined beyond the bounds, but nobody may look there.
const SMOOTH: [Term; 3] = [
    Term {
        value: f64::exp,
        slope: f64::exp,
        lower: 0.0,
        upper: 1.0,
    },
    Term {
        value: |x| (2.0 * x).sin(),
        slope: |x| 2.0 * (2.0 * x).cos(),
        lower: -0.5,
        upper: 0.5,
    },
    Term {
        value: |x| x.ln() + x,
        slope: |x| 1.0 / x + 1.0,
        lower: 0.2,
        upper: 3.0,
    },
];

/// Not defined beyond the bounds, and singular there.
const SINGULAR: [Term; 5] = [
    Term {
        value: f64::ln,
        slope: |x| 1.0 / x,
        lower: 0.0,
        upper: 4.0,
    },
    Term {
        value: f64::sqrt,
        slope: |x| 0.5 / x.sqrt(),
        lower: 0.0,
        upper: 2.0,
    },
    Term {
        value: |x| x.powf(1.5),
        slope: |x| 1.5 * x.sqrt(),
        lower: 0.0,
        upper: 2.0,
    },
    Term {
        value: f64::acos,
        slope: |x| -1.0 / ((1.0 - x) * (1.0 + x)).sqrt(),
        lower: -1.0,
        upper: 1.0,
    },
    Term {
        value: |x| x.ln() - (1.0 - x).ln(),
        slope: |x| 1.0 / x + 1.0 / (1.0 - x),
        lower: 0.0,
        upper: 1.0,
    },
];

/// Σ f_i(x_i) + ½Σ x_i·x_{i+1}, in a box and nowhere else.
#[derive(Debug, Clone)]
struct Problem {
    terms: Vec<Term>,
    at: Vec<f64>,
    lower: Vec<f64>,
    upper: Vec<f64>,
    fixed: Vec<usize>,
}

impl Problem {
    /// Each term at `away` from its lower or upper bound, by turns or as told.
    fn new(terms: &[Term], away: &[f64], above: &[bool]) -> Self {
        let bound = |f: fn(&Term) -> f64| terms.iter().map(f).collect::<Vec<_>>();
        let placed = terms
            .iter()
            .zip(away.iter().cycle())
            .zip(above.iter().cycle());
        Self {
            at: placed
                .map(|((term, away), above)| match above {
                    true => term.lower + away,
                    false => term.upper - away,
                })
                .collect(),
            lower: bound(|term| term.lower),
            upper: bound(|term| term.upper),
            fixed: Vec::new(),
            terms: terms.to_vec(),
        }
    }

    fn narrowed(mut self, width: f64) -> Self {
        for ((x, lower), upper) in self.at.iter().zip(&mut self.lower).zip(&mut self.upper) {
            *lower = lower.max(x - 0.3 * width);
            *upper = upper.min(x + 0.7 * width);
        }
        self
    }

    fn domain(&self) -> Domain {
        let domain = Domain::new(&self.lower, &self.upper).unwrap();
        domain.fix(self.fixed.iter().copied()).unwrap()
    }

    fn is_fixed(&self, i: usize) -> bool {
        self.fixed.contains(&i) || self.lower[i] == self.upper[i]
    }

    /// Fails where nobody may look, or where what is fixed has moved.
    fn guard(&self, x: &[f64]) -> Result<(), EvaluationError> {
        for (i, x) in x.iter().enumerate() {
            if !(self.lower[i]..=self.upper[i]).contains(x) {
                return Err(format!("x[{i}] = {x:e} is outside").into());
            }
            if self.is_fixed(i) && *x != self.at[i] {
                return Err(format!("x[{i}] was moved, and is fixed").into());
            }
        }
        Ok(())
    }

    fn value(&self, x: &[f64]) -> Result<f64, EvaluationError> {
        self.guard(x)?;
        let own: f64 = self
            .terms
            .iter()
            .zip(x)
            .map(|(term, x)| (term.value)(*x))
            .sum();
        Ok(own
            + x.windows(2)
                .map(|pair| 0.5 * pair[0] * pair[1])
                .sum::<f64>())
    }

    fn gradient_at(&self, x: &[f64]) -> Result<Vec<f64>, EvaluationError> {
        self.guard(x)?;
        let n = x.len();
        let neighbor = |i: usize| x.get(i).copied().unwrap_or(0.0);
        Ok((0..n)
            .map(|i| {
                let before = if i > 0 { x[i - 1] } else { 0.0 };
                (self.terms[i].slope)(x[i]) + 0.5 * (before + neighbor(i + 1))
            })
            .collect())
    }

    fn gradient(&self) -> Vec<f64> {
        self.gradient_at(&self.at).unwrap()
    }

    fn objective(&self) -> impl Objective<f64> + '_ {
        let j = try_from_fn(self.at.len(), |x: &[f64]| self.value(x));
        Within::new(j, self.domain())
    }

    fn layout(&self) -> ParameterLayout {
        ParameterLayout::flat("x", self.at.len())
    }

    fn check(&self, gradient: &[f64]) -> Report {
        let settings = Settings::exact();
        check(
            &self.objective(),
            gradient,
            &self.at,
            &self.layout(),
            &settings,
        )
        .unwrap()
    }

    fn check_subject(&self) -> Report {
        let subject = from_objective(self.objective(), |x: &[f64]| self.gradient_at(x));
        check_subject(&subject, &self.at, &self.layout(), &Settings::exact()).unwrap()
    }
}

const AWAY: [f64; 4] = [0.0, 1e-9, 1e-6, 1e-3];

fn wrong(report: &Report) -> Vec<usize> {
    report
        .blocks
        .iter()
        .flat_map(|block| block.wrong.clone())
        .collect()
}

#[test]
fn at_a_bound_and_near_it_right_gradients_agree_and_wrong_ones_do_not() {
    for away in AWAY {
        for above in [true, false] {
            let problem = Problem::new(&SMOOTH, &[away], &[above]);
            let right = problem.gradient();
            let report = problem.check(&right);
            assert_eq!(
                report.verdict,
                Verdict::Agree,
                "{away:e}: {:?}",
                report.worst
            );
            assert!(
                report.power.unwrap().single_coordinate < 1e-6,
                "{away:e}: {:?}",
                report.power
            );
            assert_eq!(problem.check_subject().verdict, Verdict::Agree);
            for i in 0..right.len() {
                for factor in [1.001, -1.0] {
                    let mut gradient = right.clone();
                    gradient[i] *= factor;
                    let report = problem.check(&gradient);
                    assert_eq!(report.verdict, Verdict::Disagree, "{away:e}, {i}, {factor}");
                    assert_eq!(wrong(&report), [i]);
                }
            }
        }
    }
}

#[test]
fn a_box_may_be_narrow() {
    for (width, power) in [(1e-3, 1e-6), (1e-6, 1e-6), (1e-8, 1e-4)] {
        for away in [0.0, 0.2 * width, 0.5] {
            let problem = Problem::new(&SMOOTH, &[away], &[true, false]).narrowed(width);
            let right = problem.gradient();
            let report = problem.check(&right);
            assert_ne!(
                report.verdict,
                Verdict::Disagree,
                "{width:e}: {:?}",
                report.worst
            );
            if width > 1e-7 {
                assert_eq!(
                    report.verdict,
                    Verdict::Agree,
                    "{width:e}, {away:e}: {:?}",
                    report.worst
                );
                assert!(report.power.unwrap().single_coordinate < power);
            }
            for i in 0..right.len() {
                let mut gradient = right.clone();
                gradient[i] *= 1.001;
                assert_eq!(wrong(&problem.check(&gradient)), [i], "{width:e}, {away:e}");
            }
        }
    }
}

#[test]
fn where_the_function_is_singular_at_its_bound_no_right_gradient_is_rejected() {
    let (mut told, mut all) = (0, 0);
    for term in SINGULAR {
        for away in [0.0, 1e-9, 1e-7, 1e-6, 1e-5, 1e-3, 0.1] {
            for above in [true, false] {
                let problem = Problem::new(&[term], &[away], &[above]);
                let (at, right) = (problem.at[0], problem.gradient()[0]);
                if !right.is_finite() || !(term.value)(at).is_finite() {
                    continue;
                }
                all += 1;
                let report = problem.check(&[right]);
                assert_ne!(
                    report.verdict,
                    Verdict::Disagree,
                    "{at:e}: {:?}",
                    report.worst
                );
                if report.verdict == Verdict::Agree {
                    told += 1;
                    for factor in [1.001, -1.0] {
                        let report = problem.check(&[factor * right]);
                        assert_eq!(report.verdict, Verdict::Disagree, "{at:e}, {factor}");
                    }
                }
            }
        }
    }
    // The others lie so near that J itself has not the digits.
    assert!(10 * told >= 8 * all, "{told} of {all}");
}

#[test]
fn where_the_slope_at_the_bound_is_infinite_nothing_is_confirmed() {
    for (term, above) in [
        (SINGULAR[1], true),
        (SINGULAR[3], true),
        (SINGULAR[3], false),
    ] {
        let problem = Problem::new(&[term], &[0.0], &[above]);
        let report = problem.check(&[1.0]);
        assert_ne!(report.verdict, Verdict::Agree, "{:?}", report.worst);
    }
}

#[test]
fn a_kink_at_the_bound_is_none() {
    let j = Within::new(
        from_fn(2, |x: &[f64]| {
            x[0].abs() + (x[1] - 1.0).max(0.0) + x[0] * x[1]
        }),
        Domain::new(&[0.0, -1.0], &[2.0, 1.0]).unwrap(),
    );
    let (at, layout) = ([0.0, 1.0], ParameterLayout::flat("x", 2));
    let verdict = |gradient: [f64; 2]| {
        let report = check(&j, &gradient, &at, &layout, &Settings::exact()).unwrap();
        assert_eq!(report.counts.subgradients, 0);
        report.verdict
    };
    assert_eq!(verdict([2.0, 0.0]), Verdict::Agree);
    // Subgradients on the whole line, and the slopes on the other side.
    for wrong in [[1.0, 0.0], [0.0, 0.0], [2.0, 0.5], [2.0, 1.0]] {
        assert_eq!(verdict(wrong), Verdict::Disagree, "{wrong:?}");
    }
}

#[test]
fn inside_it_is_one_as_ever() {
    let j = Within::new(
        from_fn(1, |x: &[f64]| (x[0] - 0.25).abs() + 3.0 * x[0]),
        Domain::new(&[0.0], &[1.0]).unwrap(),
    );
    let layout = ParameterLayout::flat("x", 1);
    for slope in [2.0, 3.3, 4.0] {
        let report = check(&j, &[slope], &[0.25], &layout, &Settings::exact()).unwrap();
        assert_eq!(
            (report.verdict, report.counts.subgradients),
            (Verdict::Agree, 1)
        );
    }
    // Near enough to be cut, and to see both sides.
    let near = Within::new(
        from_fn(1, |x: &[f64]| (x[0] - 1e-3).abs() + 3.0 * x[0]),
        Domain::new(&[0.0], &[1.0]).unwrap(),
    );
    let report = check(&near, &[3.3], &[1e-3], &layout, &Settings::exact()).unwrap();
    assert_eq!(report.counts.subgradients, 1, "{:?}", report.worst);
}

#[test]
fn what_is_fixed_is_left_out() {
    let terms: Vec<Term> = SMOOTH.iter().chain(&SMOOTH).copied().collect();
    let mut problem = Problem::new(&terms, &[0.1, 0.0, 1e-7, 0.0, 0.2, 0.3], &[true, false]);
    problem.fixed = vec![1];
    (problem.lower[4], problem.upper[4]) = (problem.at[4], problem.at[4]);
    let mut gradient = problem.gradient();
    (gradient[1], gradient[4]) = (f64::NAN, 1e9);
    let report = problem.check(&gradient);
    assert_eq!(report.verdict, Verdict::Agree, "{:?}", report.worst);
    assert_eq!(
        (report.parameters, report.selected, report.fixed),
        (6, 4, 2)
    );
    assert_eq!(report.counts.total(), 4);
    let along = report.directional.unwrap();
    // Those on a bound too.
    assert_eq!(along.directions[0].coordinates, 4);
    assert_ne!(along.verdict, Verdict::Disagree, "{along:?}");
    assert!(along.directions[0].size.is_finite());

    gradient[0] *= 1.001;
    assert_eq!(wrong(&problem.check(&gradient)), [0]);

    // A sample is drawn among the others.
    let settings = Settings {
        selection: Selection::Sample { count: 4, seed: 3 },
        ..Settings::exact()
    };
    let right = problem.gradient();
    let report = check(
        &problem.objective(),
        &right,
        &problem.at,
        &problem.layout(),
        &settings,
    );
    assert_eq!(report.unwrap().selected, 4);
}

/// What is on a bound, or next to it, a direction moves into the domain, so that a sample that leaves it out is covered
/// there too.
#[test]
fn what_a_sample_leaves_out_on_a_bound_is_covered() {
    let cost = |p: &[f64]| p.iter().map(|x| x.exp()).sum::<f64>();
    let check_at = |near: f64, spoilt: bool| {
        let mut at = vec![0.5; 60];
        at[17] = near;
        let mut gradient: Vec<f64> = at.iter().map(|x: &f64| x.exp()).collect();
        if spoilt {
            gradient[17] = -gradient[17];
        }
        let selection = Selection::Some((0..7).collect());
        GradientCheck::new(cost, move |_: &[f64]| gradient.clone())
            .settings(Settings {
                selection,
                ..Settings::exact()
            })
            .at(at)
            .lower([0.0])
            .run()
            .unwrap()
    };
    for near in [0.0, 1e-14, 1e-3, 0.3] {
        let report = check_at(near, false);
        assert_eq!(report.verdict, Verdict::Agree);
        assert_eq!(report.directional.as_ref().unwrap().uncovered, 0, "{near}");
        let text = report.to_string();
        let words: Vec<&str> = text.split_whitespace().collect();
        assert!(
            words
                .join(" ")
                .contains("it also covers the coordinates that were not checked"),
            "{text}"
        );
        assert_eq!(check_at(near, true).verdict, Verdict::Disagree, "{near}");
    }
    // So near that what is left of a step is no part of it.
    let report = check_at(1e-6, true);
    assert!(report.verdict == Verdict::Disagree || report.directional.unwrap().uncovered == 1);
}

#[test]
fn a_subject_is_watched_in_its_domain_too() {
    /// Its gradient has no entry for the second block, which is fixed, and none for the third, which is not.
    struct Partial(Problem);
    impl Subject<f64> for Partial {
        fn value(&self, point: &mut [f64]) -> Result<f64, EvaluationError> {
            self.0.value(point)
        }
        fn backward(&self, point: &mut [f64], cotangent: f64) -> Result<Gradient, EvaluationError> {
            let gradient = self.0.gradient_at(point)?;
            let first = gradient[..2].iter().map(|g| cotangent * g).collect();
            Ok(Gradient::Blocks(vec![NamedArray::new("a", &[2], first)]))
        }
        fn domain(&self) -> Option<&Domain> {
            Some(DOMAIN.get_or_init(|| self.0.domain()))
        }
    }
    static DOMAIN: std::sync::OnceLock<Domain> = std::sync::OnceLock::new();

    let terms = [SMOOTH[0], SMOOTH[2], SMOOTH[1], SMOOTH[0]];
    let mut problem = Problem::new(&terms, &[0.0, 1e-6, 0.1, 0.0], &[true]);
    problem.fixed = vec![2];
    let layout = ParameterLayout::new()
        .with("a", &[2])
        .and_then(|layout| layout.with("fixed", &[]))
        .and_then(|layout| layout.with("forgotten", &[1]))
        .unwrap();
    let at = problem.at.clone();
    let report = check_subject(&Partial(problem), &at, &layout, &Settings::exact()).unwrap();
    let structure = report.structure.unwrap();
    let names: Vec<_> = structure.findings.iter().map(Finding::name).collect();
    assert_eq!(names, ["missing-block"], "{:?}", structure.findings);
    assert!(
        structure.findings[0]
            .message()
            .contains("`forgotten`, though J depends on it")
    );
    assert_eq!((report.verdict, report.fixed), (Verdict::Disagree, 1));
    let words: Vec<_> = report.blocks.iter().map(|block| block.verdict).collect();
    assert_eq!(words[..2], [Verdict::Agree, Verdict::Agree]);
}

#[test]
fn errors_say_what_to_mend() {
    let problem = Problem::new(&SMOOTH, &[0.1], &[true]);
    let (j, layout) = (problem.objective(), problem.layout());
    let mut at = problem.at.clone();
    at[1] = 0.75;
    let gradient = [0.0; 3];
    let outside = "at x[1]: parameter 1 is 0.75, outside its bounds -5e-1 and 5e-1: check at a point inside, or \
                   correct the bounds";
    let settings = Settings::exact();
    let error = check(&j, &gradient, &at, &layout, &settings).unwrap_err();
    assert_eq!(error.to_string(), outside);
    let error = check_directional(&j, &gradient, &at, &layout, &DirectionalSettings::exact());
    assert_eq!(error.unwrap_err().to_string(), outside);
    let subject = from_objective(&j, |_: &[f64]| Ok(vec![0.0; 3]));
    let error = check_subject(&subject, &at, &layout, &settings).unwrap_err();
    assert_eq!(error.to_string(), outside);

    let still = Within::new(
        from_fn(3, |x: &[f64]| x[0]),
        Domain::unbounded(3).fix(0..3).unwrap(),
    );
    let error = check(&still, &gradient, &at, &layout, &settings).unwrap_err();
    assert!(
        matches!(error, CheckError::AllFixed { fixed: 3 }),
        "{error}"
    );
    let error = check_directional(
        &still,
        &gradient,
        &at,
        &layout,
        &DirectionalSettings::exact(),
    );
    assert!(matches!(error, Err(CheckError::AllFixed { fixed: 3 })));
    let short = Within::new(from_fn(3, |x: &[f64]| x[0]), Domain::unbounded(2));
    assert!(check(&short, &gradient, &at, &layout, &settings).is_err());
}

#[test]
fn bounds_out_of_reach_change_no_bit() {
    let j = from_fn(4, |x: &[f64]| {
        (x[0] * x[1]).sin() + (x[2] - 0.3).abs() + x[3].exp()
    });
    let at: [f64; 4] = [0.7, -1.3, 0.3, 2.5];
    let cos = (at[0] * at[1]).cos();
    let layout = ParameterLayout::new()
        .with("a", &[2])
        .and_then(|layout| layout.with("b", &[2]))
        .unwrap();
    let bounded = Within::new(&j, Domain::new(&[-40.0; 4], &[40.0; 4]).unwrap());
    for off in [1.0, 1.0 + 1e-7, 2.0] {
        let gradient = [at[1] * cos, off * at[0] * cos, 0.5, at[3].exp()];
        let report = |j: &dyn Objective<f64>| Report {
            elapsed: std::time::Duration::ZERO,
            ..check(j, &gradient, &at, &layout, &Settings::exact()).unwrap()
        };
        // NaN is not NaN, but its text is.
        assert_eq!(
            format!("{:?}", report(&j)),
            format!("{:?}", report(&bounded))
        );
        let settings = DirectionalSettings::exact();
        let blocks = |j: &dyn Objective<f64>| {
            check_directional(j, &gradient, &at, &layout, &settings)
                .unwrap()
                .blocks
        };
        assert_eq!(
            format!("{:?}", blocks(&j)),
            format!("{:?}", blocks(&bounded))
        );
    }
}

#[test]
fn in_single_precision_nothing_leaves_the_box_either() {
    let (lower, upper) = ([0.0f32, -1.0, 0.1], [1.0f32, 1.0, 0.100_01]);
    let inside = move |x: &[f32]| {
        let all = x.iter().zip(lower).zip(upper);
        all.clone()
            .all(|((x, lower), upper)| (lower..=upper).contains(x))
    };
    let value = |x: &[f32]| x[0].exp() * x[1].cos() + x[2] * x[0];
    let j = try_from_fn(3, move |x: &[f32]| match inside(x) {
        true => Ok(value(x)),
        false => Err(format!("{x:?} is outside")),
    });
    let j = Within::new(j, Domain::new(&lower, &upper).unwrap());
    let layout = ParameterLayout::flat("x", 3);
    for at in [
        [0.0f32, 1.0, 0.1],
        [1e-6, -0.999_999, 0.100_005],
        [1.0, 0.3, 0.100_01],
    ] {
        let [a, b, c] = at.map(f64::from);
        let right = [a.exp() * b.cos() + c, -a.exp() * b.sin(), a];
        let settings = Settings {
            working_epsilon: f64::from(f32::EPSILON),
            ..Settings::exact()
        };
        let report = check(&j, &right, &at, &layout, &settings).unwrap();
        assert_ne!(
            report.verdict,
            Verdict::Disagree,
            "{at:?}: {:?}",
            report.worst
        );
        let wrong = [-right[0], right[1], right[2]];
        let report = check(&j, &wrong, &at, &layout, &settings).unwrap();
        assert_eq!(
            report.verdict,
            Verdict::Disagree,
            "{at:?}: {:?}",
            report.worst
        );
    }
}

/// A twin on complex numbers is looked at in the domain of J.
#[test]
fn so_it_is_on_complex_numbers() {
    struct Twin;
    impl Objective<Complex<f64>> for Twin {
        fn dim(&self) -> usize {
            2
        }
        fn value(&self, x: &[Complex<f64>]) -> Result<Complex<f64>, EvaluationError> {
            match x[0].re >= 0.0 && x[1].re <= 1.0 {
                true => Ok(x[0].exp() * x[1]),
                false => Err(format!("{x:?} is outside").into()),
            }
        }
    }
    struct Known;
    impl Objective<f64> for Known {
        fn dim(&self) -> usize {
            2
        }
        fn value(&self, x: &[f64]) -> Result<f64, EvaluationError> {
            match x[0] >= 0.0 && x[1] <= 1.0 {
                true => Ok(x[0].exp() * x[1]),
                false => Err(format!("{x:?} is outside").into()),
            }
        }
        fn piece(&self, x: &[f64]) -> Result<finite_diff::objective::Piece, EvaluationError> {
            self.value(x)
                .map(|_| finite_diff::objective::Piece::Everywhere)
        }
    }
    let domain = Domain::new(&[0.0, f64::NEG_INFINITY], &[f64::INFINITY, 1.0]).unwrap();
    let settings = Settings {
        shadow: Some(&Twin),
        ..Settings::exact()
    };
    let layout = ParameterLayout::flat("x", 2);
    for (at, off, verdict) in [
        ([0.0f64, 1.0], 1.0, Verdict::Agree),
        ([1e-7, 1.0], 1.001, Verdict::Disagree),
        ([0.0, 1.0 - 1e-9], 1.0 + 1e-9, Verdict::Disagree),
    ] {
        let gradient = [at[0].exp() * at[1], off * at[0].exp()];
        let j = Within::new(Known, &domain);
        let report = check(&j, &gradient, &at, &layout, &settings).unwrap();
        assert_eq!(report.verdict, verdict, "{at:?}: {:?}", report.worst);
        let twin = Within::new(Twin, &domain);
        let report =
            gradient_check::check::check_by_complex_step(&twin, &gradient, &at, &layout, &settings)
                .unwrap();
        assert_eq!(report.verdict, verdict, "{at:?}: {:?}", report.worst);
    }
}

#[test]
fn the_negative_control_passes_between_bounds() {
    let mut problem = Problem::new(&SMOOTH, &[0.0, 1e-7, 0.2], &[true]);
    problem.fixed = vec![2];
    let (j, layout) = (problem.objective(), problem.layout());
    let gradient = problem.gradient();
    let report = negative_control(&j, &gradient, &problem.at, &layout, &Settings::exact()).unwrap();
    assert!(report.passed(), "{report:?}");
    assert!(report.rejected() > 5, "{report:?}");
}

/// Half of them at, or near, a bound; every seventh fixed.
fn large(n: usize, off: &[(usize, f64)]) -> (Problem, Vec<f64>) {
    let terms: Vec<Term> = (0..n).map(|i| SMOOTH[i % 3]).collect();
    let away = [0.0, 1e-9, 0.3, 1e-4, 0.0, 0.2, 0.45];
    let mut problem = Problem::new(&terms, &away, &[true, false, true, true, false]);
    problem.fixed = (0..n).step_by(7).collect();
    let mut gradient = problem.gradient();
    for i in &problem.fixed {
        gradient[*i] = f64::NAN;
    }
    for (i, factor) in off {
        gradient[*i] *= factor;
    }
    (problem, gradient)
}

#[test]
fn directions_find_what_is_wrong_at_a_bound() {
    let settings = DirectionalSettings::exact();
    let n = 200;
    let layout = ParameterLayout::new()
        .with("a", &[n / 2])
        .and_then(|layout| layout.with("b", &[n / 2]))
        .unwrap();
    let run = |off: &[(usize, f64)]| {
        let (problem, gradient) = large(n, off);
        check_directional(
            &problem.objective(),
            &gradient,
            &problem.at,
            &layout,
            &settings,
        )
        .unwrap()
    };
    let right = run(&[]);
    assert_eq!(right.verdict, Verdict::Agree, "{right:?}");
    assert_eq!((right.parameters, right.fixed), (n, 29));
    assert!(
        right
            .blocks
            .iter()
            .all(|block| block.readings.iter().all(|r| r.one_sided))
    );
    // On a bound, next to one, and far from any.
    for at in [11, 15, 40, 45, 101, 143, 194] {
        let report = run(&[(at, 1.5)]);
        let found: Vec<_> = report.wrong().flat_map(|block| &block.wrong).collect();
        assert_eq!(found.len(), 1, "{at}: {report:?}");
        assert_eq!(found[0].range, at..at + 1, "{at}");
        assert!(found[0].examined[0].wrong);
    }
}

/// How often a direction that bounds have turned round misses: (B12) of docs/theory/bounds.md.
#[test]
fn no_error_is_missed_more_often_than_stated_by_entries_of_one_sign() {
    let errors: [&[f64]; 9] = [
        &[1.0],
        &[1.0, -1.0],
        &[1.0, -0.9],
        &[1.0, -0.7],
        &[1.0, -0.5, -0.5],
        &[1.0, 1.0, -1.0, -1.0],
        &[1.0, 1.0, 1.0, -1.0, -2.0],
        &[1.0, -1.0, 1.0, -1.0, 1.0, -1.0, 1.0, -1.0],
        &[1.0, 1.0],
    ];
    let draws = 20_000;
    let mut worst = 0.0f64;
    for e in errors {
        let norm = e.iter().map(|e| e * e).sum::<f64>().sqrt();
        let at = vec![0.0; e.len() * draws];
        let u: Vec<f64> = StreamedDirection::new(9, 0, 0..at.len())
            .entries(&at)
            .collect();
        let along = u
            .chunks(e.len())
            .map(|u| u.iter().zip(e).map(|(u, e)| u.abs() * e).sum::<f64>());
        let along: Vec<f64> = along.map(f64::abs).collect();
        for share in [0.02, 0.1, 0.3, 0.6] {
            let missed = along.iter().filter(|a| **a < share * norm).count() as f64;
            let expected = finite_diff::directions::MISSED_PER_TURNED_BAR * share * draws as f64;
            assert!(
                missed < expected,
                "{e:?} at {share}: {missed} of {expected}"
            );
            worst = worst.max(missed / (share * draws as f64));
        }
    }
    println!("{worst}");
    assert!(worst > 2.0);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the box and what is fixed in it: J and g are called inside only (else there is an error), the
    /// right gradient is not rejected, one that is off in a free coordinate does not agree.
    #[test]
    fn in_any_box(
        kinds in prop::collection::vec(0usize..8, 1..6),
        away in prop::collection::vec(-10.0..-0.4f64, 6),
        on_bound in prop::collection::vec(prop::bool::weighted(0.2), 6),
        above in prop::collection::vec(prop::bool::ANY, 6),
        fixed in prop::collection::vec(prop::bool::weighted(0.25), 6),
        width in prop::option::weighted(0.3, -6.0..-1.0f64),
        wrong in 0usize..6,
        seed: u64,
    ) {
        let all: Vec<Term> = SMOOTH.iter().chain(&SINGULAR).copied().collect();
        let terms: Vec<Term> = kinds.iter().map(|&k| all[k]).collect();
        let away: Vec<f64> = away
            .iter()
            .zip(&on_bound)
            .zip(kinds.iter().cycle())
            // Where a slope is infinite there is no right gradient.
            .map(|((away, on), kind)| if *on && *kind < 3 { 0.0 } else { 10f64.powf(*away) })
            .collect();
        let mut problem = Problem::new(&terms, &away, &above);
        if let Some(width) = width {
            problem = problem.narrowed(10f64.powf(width));
        }
        // The first is not.
        problem.fixed = (1..terms.len()).filter(|&i| fixed[i]).collect();
        let free: Vec<usize> = (0..terms.len()).filter(|i| !problem.is_fixed(*i)).collect();

        let settings = Settings { seed, ..Settings::exact() };
        let (layout, j) = (problem.layout(), problem.objective());
        let subject = from_objective(&j, |x: &[f64]| problem.gradient_at(x));
        let report = check_subject(&subject, &problem.at, &layout, &settings).unwrap();
        prop_assert_ne!(report.verdict, Verdict::Disagree, "{:?} {:?}", problem, report);
        prop_assert_eq!(report.fixed, problem.fixed.len());
        prop_assert_eq!(report.selected, free.len());

        let mut gradient = problem.gradient();
        let wrong = free[wrong % free.len()];
        // An error that a block of such entries must show.
        gradient[wrong] += 0.1 * free.iter().fold(0.0f64, |most, &i| most.max(gradient[i].abs()));
        let report = check(&j, &gradient, &problem.at, &layout, &settings).unwrap();
        prop_assert_ne!(report.verdict, Verdict::Agree, "{:?} {}", problem, wrong);

        let settings = DirectionalSettings { seed, ..DirectionalSettings::exact() };
        let right = problem.gradient();
        let report = check_directional(&j, &right, &problem.at, &layout, &settings).unwrap();
        prop_assert_ne!(report.verdict, Verdict::Disagree, "{:?} {:?}", problem, report);
    }
}
