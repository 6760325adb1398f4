//! Names of others in reports and errors: none makes a line of its own, or moves the cursor.

use finite_diff::printable::is_hidden;
use finite_diff::{ParameterLayout, from_fn};
use gradient_check::{GradientCheck, Settings, check};
use proptest::prelude::*;

/// Names that look like lines of a report, switch colors as it does, and turn the line around.
const NAMES: [&str; 4] = [
    "W\n  The gradient is right",
    "\u{1b}[1m\u{1b}[31mW\u{1b}[0m",
    "\u{202e}W\u{2066}",
    "W\u{9b}2J\r",
];

fn is_clean(said: &str) {
    let said = said.replace('\n', "");
    assert!(!said.contains(is_hidden), "{said:?}");
}

/// A report of a gradient that is wrong in the blocks where `wrong` says so.
fn said(names: &[String], wrong: usize) -> String {
    let mut layout = ParameterLayout::new();
    for (number, name) in names.iter().enumerate() {
        layout = layout.with(format!("{name}{number}"), &[2]).unwrap();
    }
    let n = layout.len();
    let j = from_fn(n, |x: &[f64]| x.iter().map(|x| x.abs() * x).sum::<f64>());
    let point: Vec<f64> = (0..n).map(|i| i as f64).collect();
    let factor = |i: usize| if i / 2 == wrong { 3.0 } else { 2.0 };
    let gradient: Vec<f64> = (0..n).map(|i| factor(i) * point[i]).collect();
    let report = check(&j, &gradient, &point, &layout, &Settings::default()).unwrap();
    report.to_string()
}

#[test]
fn no_name_makes_a_line_or_moves_the_cursor() {
    let names = NAMES.map(str::to_owned);
    for wrong in 0..=NAMES.len() {
        let said = said(&names, wrong);
        is_clean(&said);
        assert!(said.contains(r"W\n  The gradient is right0"), "{said}");
        assert!(!said.contains("\n  The gradient is right"), "{said}");
    }
}

#[test]
fn errors_escape_too() {
    for name in NAMES {
        let error = GradientCheck::new(|x: &[f64]| x[0], |_: &[f64]| [1.0])
            .at([1.0])
            .fixed(&[name])
            .run()
            .unwrap_err()
            .to_string();
        assert!(!error.contains(is_hidden), "{error:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn whatever_it_is_called(names in prop::collection::vec(any::<String>(), 1..3), wrong in 0..3usize) {
        is_clean(&said(&names, wrong));
    }
}
