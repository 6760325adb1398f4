//! `VectorCheck`: Jacobians, products with them, and the identity between the two.

use std::sync::atomic::{AtomicU64, Ordering};

use gradient_check::face::VectorReport;
use gradient_check::{
    GradientError, VectorCheck, Verdict, assert_jacobian, assert_jvp, assert_products, assert_vjp,
};
use proptest::prelude::*;

use super::{said, steady};

/// y = (x₀x₁, sin x₁, x₂²).
fn f(x: &[f64]) -> [f64; 3] {
    [x[0] * x[1], x[1].sin(), x[2] * x[2]]
}

fn jacobian(x: &[f64]) -> Vec<Vec<f64>> {
    vec![
        vec![x[1], x[0], 0.0],
        vec![0.0, x[1].cos(), 0.0],
        vec![0.0, 0.0, 2.0 * x[2]],
    ]
}

fn transposed(x: &[f64]) -> Vec<f64> {
    let j = jacobian(x);
    (0..9).map(|k| j[k % 3][k / 3]).collect()
}

fn vjp(x: &[f64], v: &[f64]) -> [f64; 3] {
    [
        v[0] * x[1],
        v[0] * x[0] + v[1] * x[1].cos(),
        2.0 * v[2] * x[2],
    ]
}

fn jvp(x: &[f64], u: &[f64]) -> [f64; 3] {
    [
        u[0] * x[1] + x[0] * u[1],
        x[1].cos() * u[1],
        2.0 * x[2] * u[2],
    ]
}

const AT: [f64; 3] = [2.0, 0.5, 0.25];

#[test]
fn a_jacobian() {
    assert_jacobian!(f, jacobian, at = AT);
    insta::assert_snapshot!(said(|| drop(assert_jacobian!(f, transposed, at = AT))), @r#"
    the derivative is wrong
    the Jacobian: disagree
      dy/dx is wrong in 2 of 9 entries, by up to 2.0e+00 at dy/dx[0,1]
        error by row ██·  by column ██·
      why: dy/dx is the numeric gradient transposed, or in column-major order
           (residual #).
      block  shape  verdict   rel. err  worst  analytic       numeric  ± error
      dy/dx  3×3    disagree  6.2e-01   [0,1]         0  +2.00000e+00  #
      relative error 6.2e-01 over all coordinates (course: "a bug")
      detection limit: # of block RMS (one coordinate), # (whole block)
    to reproduce: assert_jacobian!(f, transposed, at = [2.0, 0.5, 0.25], seed = 0)
    "#);
}

#[test]
fn a_vector_jacobian_product() {
    assert_vjp!(f, vjp, at = AT);
    // Right for ones alone.
    let ignores = |x: &[f64], _: &[f64]| vjp(x, &[1.0; 3]);
    insta::assert_snapshot!(said(move || drop(assert_vjp!(f, ignores, at = AT))), @r#"
    the derivative is wrong
    the vector-Jacobian product, for a random v: disagree
      preliminary check: the gradient in x is not zero for a zero cotangent: at
        x[1] it is 2.8775825618903728. Look for a term that is added without the
        cotangent as a factor, such as weight decay.
      x is wrong in 3 of 3 entries, by up to 7.7e-01 at x[2]
      why: dx: x[0] is 1.17022× its numeric derivative, x[1] is 1.21392× its numeric
           derivative, x[2] is -1.88649× its numeric derivative; these are too few
           entries to infer a common factor.
      block  shape  verdict   rel. err  worst      analytic       numeric  ± error
      x      3      disagree  1.7e-01   [2]    +5.00000e-01  -2.65043e-01  #
      relative error 1.7e-01 over all coordinates (course: "a bug")
      directional test: also fails, along x, by up to 2.1e-01 of g·u
    to reproduce: assert_vjp!(f, ignores, at = [2.0, 0.5, 0.25], seed = 0)
    "#);
}

#[test]
fn a_jacobian_vector_product() {
    assert_jvp!(f, jvp, at = AT, blocks = &[("a", &[2]), ("b", &[])]);
    let wrong = |x: &[f64], u: &[f64]| [u[0] * x[1], x[1].cos() * u[1], 2.0 * x[2] * u[2]];
    let fails = move || {
        drop(assert_jvp!(
            f,
            wrong,
            at = AT,
            blocks = &[("a", &[2]), ("b", &[])],
            "step {}",
            2
        ))
    };
    insta::assert_snapshot!(said(fails), @r#"
    the derivative is wrong: step 2
    the Jacobian-vector product, for random u: disagree
      dy/da·u is wrong in 1 of 3 entries, by up to 2.2e+00 at dy/da·u[0]
      dy/d(all)·u is wrong in 1 of 3 entries, by up to 2.0e+00 at dy/d(all)·u[0]
      why: dy/d(all)·u: only 1 of 3 entries is wrong: dy/d(all)·u[0] is 0.373774×
           its numeric derivative; the others agree.
      why: dy/da·u: only 1 of 3 entries is wrong: dy/da·u[0] is -1.10636× its
           numeric derivative; the others agree. Every other block agrees.
      block       shape verdict  rel. err worst     analytic      numeric ± error
      dy/da·u     3     disagree 7.5e-01  [0]   -1.16859e+00 +1.05624e+00 #
      dy/db·u     3     agree    #  [2]   +1.77810e-01 +1.77810e-01 #
      dy/d(all)·u 3     disagree 4.1e-01  [0]   +1.18319e+00 +3.16553e+00 #
      relative error 5.1e-01 over all coordinates (course: "a bug")
      detection limit: # of block RMS (one coordinate), # (whole block)
    to reproduce: assert_jvp!(f, wrong, at = [2.0, 0.5, 0.25], blocks = &[("a", &[2]), ("b", &[])], seed = 0)
    "#);
}

#[test]
fn two_products_that_contradict_each_other() {
    assert_products!(f, vjp, jvp, at = AT);
    let wrong = |x: &[f64], v: &[f64]| {
        [
            v[0] * x[1],
            v[0] * x[0] - v[1] * x[1].cos(),
            2.0 * v[2] * x[2],
        ]
    };
    insta::assert_snapshot!(said(move || drop(assert_products!(f, wrong, jvp, at = AT))), @r#"
    the derivative is wrong
    the vector-Jacobian product, for a random v: disagree
      x is wrong in 1 of 3 entries, by up to 1.3e+00 at x[1]
      why: dx: only 1 of 3 entries is wrong: x[1] is 0.441957× its numeric
           derivative; the others agree.
      block  shape  verdict   rel. err  worst      analytic       numeric  ± error
      x      3      disagree  3.7e-01   [1]    +1.04766e+00  +2.37049e+00  #
      relative error 3.7e-01 over all coordinates (course: "a bug")
      detection limit: # of block RMS (one coordinate), # (whole block)
      directional test: also fails, along x, by up to 1.1e+00 of g·u
    the Jacobian-vector product, for random u: agree
      agree: all 3 coordinates; relative error # (course: "likely right")
      block    shape  verdict  rel. err  worst      analytic       numeric  ± error
      dy/dx·u  3      agree    #   [1]    +9.76238e-01  +9.76238e-01  #
      detection limit: # of block RMS (one coordinate), # (whole block)
    the adjoint identity: disagree
      along x: disagree; v·(Ju) = +1.99623e+00 and (Jᵀv)·u = +5.24680e-01 differ by
      1.5e+00 (rounding allows #)
    to reproduce: assert_products!(f, wrong, jvp, at = [2.0, 0.5, 0.25], seed = 0)
    "#);
    // Wrong alike: they fit together, and the function itself tells.
    let report = VectorCheck::new(f)
        .vjp(|x: &[f64], v: &[f64]| vjp(x, v).map(|g| 2.0 * g))
        .jvp(|x: &[f64], u: &[f64]| jvp(x, u).map(|y| 2.0 * y))
        .at(AT)
        .run()
        .unwrap();
    assert_eq!(report.adjoint.as_ref().unwrap().verdict(), Verdict::Agree);
    assert_eq!(report.vjp.as_ref().unwrap().verdict, Verdict::Disagree);
    assert_eq!(report.jvp.as_ref().unwrap().verdict, Verdict::Disagree);
    assert_eq!(report.verdict(), Verdict::Disagree);
}

#[test]
fn a_jacobian_costs_what_a_gradient_costs() {
    let calls = AtomicU64::new(0);
    let many = |x: &[f64]| {
        calls.fetch_add(1, Ordering::Relaxed);
        (0..50)
            .map(|i| (x[0] * f64::from(i)).sin() + x[1])
            .collect::<Vec<_>>()
    };
    let jacobian = |x: &[f64]| {
        let row = |i: i32| vec![f64::from(i) * (x[0] * f64::from(i)).cos(), 1.0];
        (0..50).map(row).collect::<Vec<_>>()
    };
    let report = assert_jacobian!(many, jacobian, at = [0.3, 0.2])
        .jacobian
        .unwrap();
    assert_eq!(report.counts.total(), 100);
    // Fifty gradients would take some hundred evaluations each.
    assert!(calls.load(Ordering::Relaxed) < 500, "{calls:?}");
    assert!(report.evaluations < calls.into_inner());
}

#[test]
fn outputs_and_inputs_have_names_and_shapes() {
    let outer = |x: &[f64]| (0..6).map(|k| x[k / 3] * x[2 + k % 3]).collect::<Vec<_>>();
    let jacobian = |x: &[f64]| {
        let mut rows = vec![vec![0.0; 5]; 6];
        for (k, row) in rows.iter_mut().enumerate() {
            row[k / 3] = x[2 + k % 3];
            row[2 + k % 3] = x[k / 3];
        }
        rows[4][3] += 1e-3;
        rows
    };
    let report = VectorCheck::new(outer)
        .jacobian(jacobian)
        .input("a", &[2], [1.0, 2.0])
        .input("b", &[3], [0.5, -1.0, 1.5])
        .output("C", &[2, 3])
        .run()
        .unwrap();
    let report = report.jacobian.unwrap();
    assert_eq!(report.worst[0].coordinate.to_string(), "dC/db[1,1,1]");
    assert_eq!(report.blocks[0].shape, [2, 3, 2]);
    assert_eq!(report.blocks[0].verdict, Verdict::Agree);
}

#[test]
fn a_row_of_another_size_is_judged_by_itself() {
    let f = |x: &[f64]| [1e6 * x[0].sin(), 1e-6 * x[0].cos()];
    let jacobian = |factor: f64| move |x: &[f64]| [1e6 * x[0].cos(), -factor * 1e-6 * x[0].sin()];
    assert_jacobian!(f, jacobian(1.0), at = [0.7]);
    let wrong = VectorCheck::new(f)
        .jacobian(jacobian(1.001))
        .at([0.7])
        .run()
        .unwrap();
    assert_eq!(wrong.verdict(), Verdict::Disagree);
}

#[test]
fn what_does_not_fit_is_said() {
    let text = |check: VectorCheck<'_>| check.run().unwrap_err().to_string();
    insta::assert_snapshot!(text(VectorCheck::new(f).at(AT)), @"there is nothing to check: supply the Jacobian, a vector-Jacobian or a Jacobian-vector product");
    insta::assert_snapshot!(text(VectorCheck::new(f).jacobian(|_: &[f64]| [1.0; 4]).at(AT)), @"the analytic gradient does not fit the parameters: the flat vector has 4 entries, but the layout dy/dx[3,3] has 9");
    insta::assert_snapshot!(text(VectorCheck::new(f).jacobian(jacobian).output("C", &[2, 2]).at(AT)), @"the function returns 3 values, but `C` of shape [2, 2] has 4");
    insta::assert_snapshot!(text(VectorCheck::new(f).jvp(|_: &[f64], _: &[f64]| [1.0; 2]).at(AT)), @"the Jacobian-vector product failed: the function returned 2 values, but 3 at the point itself");
    insta::assert_snapshot!(text(VectorCheck::new(|_: &[f64]| Vec::<f64>::new()).jacobian(jacobian).at(AT)), @"the function returns no values at this point: there is nothing to differentiate");
    insta::assert_snapshot!(text(VectorCheck::new(f).jacobian(jacobian)), @"the point is empty: set the parameters to check at with `.at(…)` or `.input(…)`");
    // A product of the wrong length is a finding of its structure.
    let short = VectorCheck::new(f)
        .vjp(|_: &[f64], _: &[f64]| [1.0; 2])
        .at(AT)
        .verify();
    let GradientError::Wrong(failure) = short.unwrap_err() else {
        panic!()
    };
    insta::assert_snapshot!(steady(&failure.report), @r"
    the vector-Jacobian product, for a random v: disagree
      preliminary check: the gradient has 2 entries for 3 parameters. Return one
        entry for each parameter, in the order of the layout.
      block  shape  verdict      rel. err  worst  analytic  numeric  ± error
      x      3      not checked
    ");
}

fn matrix_products(x: &[f64], a: &[f64], rows: usize) -> (Vec<f64>, Vec<Vec<f64>>) {
    // y_i = sin(Σ_j a_ij x_j).
    let row = |i: usize| &a[i * x.len()..(i + 1) * x.len()];
    let inner = |i: usize| row(i).iter().zip(x).map(|(a, x)| a * x).sum::<f64>();
    let y = (0..rows).map(|i| inner(i).sin()).collect();
    let j = (0..rows)
        .map(|i| row(i).iter().map(|a| a * inner(i).cos()).collect())
        .collect();
    (y, j)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn right_ones_agree_in_all_three_ways_and_one_wrong_entry_is_seen(
        (rows, x, a) in (1usize..5, 1usize..5).prop_flat_map(|(m, n)| {
            let entry = || 0.2..1.5f64;
            (Just(m), prop::collection::vec(entry(), n), prop::collection::vec(entry(), m * n))
        }),
        at in any::<prop::sample::Index>(),
        seed in 0u64..1000,
    ) {
        let n = x.len();
        let all = |off: f64| {
            let entry = at.index(rows * n);
            let (a, again) = (a.clone(), a.clone());
            let j = move |x: &[f64]| {
                let mut j = matrix_products(x, &a, rows).1;
                // Beside what it should be, by a part of it and never by nothing.
                let wrong = &mut j[entry / n][entry % n];
                *wrong += off * (1.0 + wrong.abs());
                j
            };
            let (of_rows, of_columns) = (j.clone(), j.clone());
            let check = VectorCheck::new(move |x: &[f64]| matrix_products(x, &again, rows).0)
                .jacobian(j)
                .vjp(move |x: &[f64], v: &[f64]| {
                    let j = of_rows(x);
                    (0..n).map(|k| (0..rows).map(|i| v[i] * j[i][k]).sum()).collect::<Vec<f64>>()
                })
                .jvp(move |x: &[f64], u: &[f64]| {
                    let row = |row: &Vec<f64>| row.iter().zip(u).map(|(j, u)| j * u).sum();
                    of_columns(x).iter().map(row).collect::<Vec<f64>>()
                });
            check.at(&x).seed(seed).run().unwrap()
        };
        let right = all(0.0);
        prop_assert_eq!(right.verdict(), Verdict::Agree, "{}", right);
        let VectorReport { jacobian, vjp, jvp, adjoint, .. } = all(1e-2);
        for report in [jacobian, vjp, jvp] {
            let report = report.unwrap();
            prop_assert_eq!(report.verdict, Verdict::Disagree, "{}", report);
        }
        // Both products are those of one matrix, if not of the function's.
        prop_assert_eq!(adjoint.unwrap().verdict(), Verdict::Agree);
    }
}

#[test]
fn bounds_hold_for_every_derivative() {
    // y = (√x₀, x₀x₁) for x₀ ≥ 0 and x₁ in (−1, 1).
    let f = |x: &[f64]| match x[0] < 0.0 || x[1].abs() >= 1.0 {
        true => Err(format!("evaluated at {x:?}")),
        false => Ok([x[0].powf(1.5), x[0] * x[1]]),
    };
    for at in [[1e-7, 0.5], [0.3, 1.0 - 1e-7], [0.3, 0.5]] {
        let check = |factor: f64| {
            let j = move |x: &[f64]| [[1.5 * x[0].sqrt(), 0.0], [x[1], factor * x[0]]];
            VectorCheck::new(f)
                .jacobian(move |x: &[f64]| j(x).concat())
                .vjp(move |x: &[f64], v: &[f64]| {
                    let j = j(x);
                    [0, 1].map(|k| v[0] * j[0][k] + v[1] * j[1][k])
                })
                .jvp(move |x: &[f64], u: &[f64]| j(x).map(|row| row[0] * u[0] + row[1] * u[1]))
                .at(at)
                .lower([0.0, -1.0])
                .upper([f64::INFINITY, 1.0])
        };
        check(1.0).verify().unwrap();
        assert_eq!(check(1.01).run().unwrap().verdict(), Verdict::Disagree);
    }
}

#[test]
fn on_a_bound_a_product_is_followed_inwards() {
    let f = |p: &[f64]| [p[0].sin() + p[1], p[0] * p[1]];
    let jvp = |factor: f64| {
        move |p: &[f64], u: &[f64]| [factor * p[0].cos() * u[0] + u[1], u[0] * p[1] + p[0] * u[1]]
    };
    for seed in 0..5 {
        for at in [[0.0, 1.0], [1e-12, 1.0]] {
            let check = |factor| {
                VectorCheck::new(f)
                    .jvp(jvp(factor))
                    .at(at)
                    .lower([0.0])
                    .seed(seed)
            };
            check(1.0).verify().unwrap();
            assert_eq!(check(5.0).run().unwrap().verdict(), Verdict::Disagree);
        }
    }
    // The only parameter there is.
    VectorCheck::new(|p: &[f64]| [p[0].exp()])
        .jvp(|p: &[f64], u: &[f64]| [p[0].exp() * u[0]])
        .at([0.0])
        .lower([0.0])
        .verify()
        .unwrap();
}

#[test]
fn what_is_no_number_is_not_said_to_be_wrong() {
    let check = VectorCheck::new(|p: &[f64]| [p[0] * p[0]])
        .vjp(|p: &[f64], v: &[f64]| [2.0 * p[0] * v[0]])
        .jvp(|p: &[f64], u: &[f64]| [2.0 * p[0] * u[0]]);
    let report = check.at([1e300]).run().unwrap();
    assert_ne!(report.verdict(), Verdict::Disagree, "{report}");
}

/// What is fixed may have no derivative in either product: nothing is said of it.
#[test]
fn products_leave_out_what_is_fixed() {
    let f = |x: &[f64]| vec![x[0] * x[1], x[1].sin() + x[2]];
    let vjp = |x: &[f64], v: &[f64]| vec![f64::NAN, v[0] * x[0] + v[1] * x[1].cos(), 7.0 * v[1]];
    let jvp = |x: &[f64], u: &[f64]| vec![x[0] * u[1], x[1].cos() * u[1]];
    let blocks: &[(&str, &[usize])] = &[("a", &[]), ("b", &[]), ("c", &[])];
    let at = [2.0, 0.5, 0.25];
    let report = assert_products!(f, vjp, jvp, at = at, blocks = blocks, fixed = &["a", "c"]);
    let pairings = report.adjoint.unwrap().pairings;
    let along: Vec<Option<&str>> = pairings.iter().map(|p| p.block.as_deref()).collect();
    assert_eq!(along, [Some("b"), None]);
    let check = VectorCheck::new(f).vjp(vjp).jvp(jvp).at(at).blocks(blocks);
    let wrong = check.fixed(&["a"]).run().unwrap();
    assert_eq!(wrong.verdict(), Verdict::Disagree);
}
