//! The comparisons that a report keeps where it is asked to.

use finite_diff::{ParameterLayout, Selection, from_fn};
use gradient_check::{GradientCheck, Report, Settings, VectorCheck, Verdict, check};

#[test]
fn every_coordinate_that_was_counted_is_there_in_order() {
    let layout = ParameterLayout::new().with("a", &[2, 2]).unwrap();
    let layout = layout.with("b", &[3]).unwrap();
    let at: Vec<f64> = (0..7).map(|i| 0.3 + 0.1 * f64::from(i)).collect();
    let mut gradient: Vec<f64> = at.iter().map(|x| x.cos()).collect();
    gradient[5] *= 1.01;
    let j = from_fn(7, |x: &[f64]| x.iter().map(|x| x.sin()).sum());
    let report = |keep_comparisons, selection| {
        let settings = Settings {
            keep_comparisons,
            selection,
            ..Settings::default()
        };
        check(&j, &gradient, &at, &layout, &settings).unwrap()
    };
    let all = report(true, Selection::All);
    let places: Vec<usize> = all.comparisons.iter().map(|c| c.coordinate).collect();
    assert_eq!(places, (0..7).collect::<Vec<_>>());
    let wrong = |c: &&gradient_check::verdict::Comparison| c.verdict == Verdict::Disagree;
    let wrong: Vec<usize> = all
        .comparisons
        .iter()
        .filter(wrong)
        .map(|c| c.coordinate)
        .collect();
    assert_eq!(wrong, [5]);
    let some = report(true, Selection::Some(vec![1, 6]));
    assert_eq!(some.comparisons.len(), some.counts.total());
    // What is kept changes nothing else.
    let without = report(false, Selection::All);
    assert!(without.comparisons.is_empty());
    let blocks = |report: &Report| format!("{:?}", report.blocks);
    assert_eq!(blocks(&without), blocks(&all));
}

#[test]
fn the_builders_and_jacobians_keep_them_too() {
    let settings = || Settings {
        keep_comparisons: true,
        ..Settings::default()
    };
    let cost = |x: &[f64]| x[0] * x[1];
    let report = GradientCheck::new(cost, |x: &[f64]| [x[1], x[0]]);
    let report = report.settings(settings()).at([2.0, 3.0]).assert();
    assert_eq!(report.comparisons.len(), 2);
    let report = VectorCheck::new(|x: &[f64]| [x[0] * x[1], x[0]])
        .jacobian(|x: &[f64]| [x[1], x[0], 1.0, 0.0])
        .settings(settings())
        .at([2.0, 3.0])
        .assert();
    let jacobian = report.jacobian.unwrap();
    let analytic: Vec<f64> = jacobian.comparisons.iter().map(|c| c.analytic).collect();
    assert_eq!(analytic, [3.0, 2.0, 1.0, 0.0]);
}
