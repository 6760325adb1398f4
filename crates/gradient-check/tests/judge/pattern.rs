//! The location of the errors in a block: its hottest rows and columns, and whether they are confined to a few.

use finite_diff::ParameterLayout;
use gradient_check::compare_gradients;
use gradient_check::course::{CompareRule, CompareSettings};
use gradient_check::pattern::{Confined, Pattern};

/// A block behind seven other parameters, of whose ones these entries are off by these amounts.
fn found(shape: &[usize], errors: &[(usize, f64)]) -> Option<Pattern> {
    let layout = ParameterLayout::new()
        .with("before", &[7])
        .and_then(|layout| layout.with("W", shape))
        .unwrap();
    let numeric = vec![1.0; layout.len()];
    let mut analytic = numeric.clone();
    for (at, off) in errors {
        analytic[7 + at] += off;
    }
    let settings = CompareSettings {
        rule: CompareRule::Close {
            rtol: 0.0,
            atol: 1e-11,
        },
        ..CompareSettings::default()
    };
    let report = compare_gradients(&analytic, &numeric, &layout, &settings).unwrap();
    assert_eq!(report.counts.disagree, errors.len());
    report.blocks[1].pattern.clone()
}

#[test]
fn errors_in_one_row_are_said_to_be_in_that_row() {
    let row: Vec<_> = (0..5).map(|column| (2 * 5 + column, 0.5)).collect();
    let pattern = found(&[6, 5], &row).unwrap();
    assert_eq!(pattern.confined, Some(Confined::Rows(vec![2])));
    assert_eq!(pattern.rows.len(), 1);
    assert_eq!((pattern.rows[0].index, pattern.rows[0].wrong), (2, 5));
    assert!((pattern.rows[0].share - 1.0).abs() < 1e-12);
    assert_eq!(pattern.row_heat[3], 0.0);
}

#[test]
fn errors_in_one_column_are_said_to_be_in_that_column() {
    let column: Vec<_> = (0..6).map(|row| (row * 5 + 4, 0.1)).collect();
    let pattern = found(&[6, 5], &column).unwrap();
    assert_eq!(pattern.confined, Some(Confined::Columns(vec![4])));
}

#[test]
fn errors_all_over_are_confined_to_nothing_and_the_hottest_comes_first() {
    let all: Vec<_> = (0..30)
        .map(|at| (at, if at == 17 { 3.0 } else { 0.1 }))
        .collect();
    let pattern = found(&[6, 5], &all).unwrap();
    assert_eq!(pattern.confined, None);
    assert_eq!((pattern.rows[0].index, pattern.columns[0].index), (3, 2));
    // Of six, five are listed.
    assert_eq!(pattern.rows.len(), 5);
}

#[test]
fn vectors_scalars_and_right_blocks() {
    let pattern = found(&[6], &[(1, 0.5)]).unwrap();
    assert_eq!(pattern.confined, Some(Confined::Rows(vec![1])));
    assert!(pattern.columns.is_empty() && pattern.column_heat.is_empty());
    assert_eq!(found(&[], &[(0, 0.5)]), None);
    assert_eq!(found(&[1], &[(0, 0.5)]), None);
    assert_eq!(found(&[6, 5], &[]), None);
}

#[test]
fn what_is_no_number_is_all_the_heat() {
    let pattern = found(&[2, 3], &[(1, f64::NAN), (5, 1e300)]).unwrap();
    assert_eq!(pattern.row_heat, [1.0, 0.0]);
    let pattern = found(&[2, 3], &[(1, 1e300), (5, 1e300)]).unwrap();
    assert_eq!(pattern.row_heat, [0.5, 0.5]);
}
