//! A function that is defined in a box only: no pass is called outside, right gradients at and near the bounds
//! are not rejected, wrong ones are.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

use finite_diff::{
    Domain, EvaluationError, Objective, ParameterLayout, Selection, StreamedDirection, Within,
    from_fn, try_from_fn,
};
use gradient_check::{
    CheckError, DirectionalSettings, Finding, Gradient, NamedArray, Reason, Report, Settings,
    SlopeVerdict, Subject, Verdict, check, check_directional, check_subject, from_objective,
    negative_control,
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
    Term { value: f64::exp, slope: f64::exp, lower: 0.0, upper: 1.0 },
    Term { value: |x| (2.0 * x).sin(), slope: |x| 2.0 * (2.0 * x).cos(), lower: -0.5, upper: 0.5 },
    Term { value: |x| x.ln() + x, slope: |x| 1.0 / x + 1.0, lower: 0.2, upper: 3.0 },
];

/// Not defined beyond the bounds, and singular there.
const SINGULAR: [Term; 5] = [
    Term { value: f64::ln, slope: |x| 1.0 / x, lower: 0.0, upper: 4.0 },
    Term { value: f64::sqrt, slope: |x| 0.5 / x.sqrt(), lower: 0.0, upper: 2.0 },
    Term { value: |x| x.powf(1.5), slope: |x| 1.5 * x.sqrt(), lower: 0.0, upper: 2.0 },
    Term { value: f64::acos, slope: |x| -1.0 / ((1.0 - x) * (1.0 + x)).sqrt(), lower: -1.0, upper: 1.0 },
    Term { value: |x| x.ln() - (1.0 - x).ln(), slope: |x| 1.0 / x + 1.0 / (1.0 - x), lower: 0.0, upper: 1.0 },
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
        let placed = terms.iter().zip(away.iter().cycle()).zip(above.iter().cycle());
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
        for i in 0..x.len() {
            if !(self.lower[i]..=self.upper[i]).contains(&x[i]) {
                return Err(format!("x[{i}] = {:e} is outside", x[i]).into());
            }
            if self.is_fixed(i) && x[i] != self.at[i] {
                return Err(format!("x[{i}] was moved, and is fixed").into());
            }
        }
        Ok(())
    }

    fn value(&self, x: &[f64]) -> Result<f64, EvaluationError> {
        self.guard(x)?;
        let own: f64 = self.terms.iter().zip(x).map(|(term, x)| (term.value)(*x)).sum();
        Ok(own + x.windows(2).map(|pair| 0.5 * pair[0] * pair[1]).sum::<f64>())
    }

    fn gradient_at(&self, x: &[f64]) -> Result<Vec<f64>, EvaluationError> {
        self.guard(x)?;
        let n = x.len();
        let neighbour = |i: usize| x.get(i).copied().unwrap_or(0.0);
        Ok((0..n)
            .map(|i| {
                let before = if i > 0 { x[i - 1] } else { 0.0 };
                (self.terms[i].slope)(x[i]) + 0.5 * (before + neighbour(i + 1))
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
        let settings = Settings::default();
        check(&self.objective(), gradient, &self.at, &self.layout(), &settings).unwrap()
    }

    fn check_subject(&self) -> Report {
        let subject = from_objective(self.objective(), |x: &[f64]| self.gradient_at(x));
        check_subject(&subject, &self.at, &self.layout(), &Settings::default()).unwrap()
    }
}

const AWAY: [f64; 4] = [0.0, 1e-9, 1e-6, 1e-3];

fn wrong(report: &Report) -> Vec<usize> {
    report.blocks.iter().flat_map(|block| block.wrong.clone()).collect()
}

#[test]
fn at_a_bound_and_near_it_right_gradients_agree_and_wrong_ones_do_not() {
    for away in AWAY {
        for above in [true, false] {
            let problem = Problem::new(&SMOOTH, &[away], &[above]);
            let right = problem.gradient();
            let report = problem.check(&right);
            assert_eq!(report.verdict, Verdict::Agree, "{away:e}: {:?}", report.worst);
            assert!(report.power.unwrap().single_coordinate < 1e-6, "{away:e}: {:?}", report.power);
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
            assert_ne!(report.verdict, Verdict::Disagree, "{width:e}: {:?}", report.worst);
            if width > 1e-7 {
                assert_eq!(report.verdict, Verdict::Agree, "{width:e}, {away:e}: {:?}", report.worst);
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
    let mut told = 0;
    for term in SINGULAR {
        for away in [0.0, 1e-9, 1e-7, 1e-6, 1e-5, 1e-3, 0.1] {
            for above in [true, false] {
                let problem = Problem::new(&[term], &[away], &[above]);
                let right = problem.gradient();
                if !right[0].is_finite() || !(term.value)(problem.at[0]).is_finite() {
                    continue;
                }
                let report = problem.check(&right);
                assert_ne!(report.verdict, Verdict::Disagree, "{away:e} {:?}: {:?}", problem.at, report.worst);
                println!("{:?} {:?} {:?}", problem.at, report.verdict, report.worst[0].comparison);
                told += usize::from(report.verdict == Verdict::Agree);
                let flipped = problem.check(&[-right[0]]);
                println!("  {:?}", flipped.verdict);
                if report.verdict == Verdict::Agree {
                    assert_eq!(flipped.verdict, Verdict::Disagree, "{away:e} {:?}", problem.at);
                    let off = problem.check(&[1.001 * right[0]]);
                    assert_eq!(off.verdict, Verdict::Disagree);
                }
            }
        }
    }
    println!("{told}");
}
