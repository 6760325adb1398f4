//! Reports without the feature `text`: a few plain lines. `cargo xtask ci --only features` runs these.
#![cfg(not(feature = "text"))]
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use gradient_check::GradientCheck;

fn cost(p: &[f64]) -> f64 {
    p[0].powi(3) * p[1]
}

#[test]
fn a_wrong_entry_is_named_with_its_numbers() {
    let wrong = |p: &[f64]| [3.0 * p[0].powi(2) * p[1], -p[0].powi(3)];
    let check = GradientCheck::new(cost, wrong).at([1.5, 0.25]);
    let text = check.run().unwrap().to_string();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[0],
        "  disagree: 2 of 2 coordinates checked, 1 wrong, 0 inconclusive"
    );
    let numbers = "  wrong: x[1]: analytic -3.37500e+00, numeric +3.37500e+00 ± ";
    assert!(lines[1].starts_with(numbers), "{text}");
    assert!(
        lines[2].starts_with("  why: dx: only 1 of 2 entries is wrong"),
        "{text}"
    );

    let error = check.message("epoch 3").verify().unwrap_err().to_string();
    assert!(
        error.starts_with("the gradient is wrong: epoch 3\n"),
        "{error}"
    );
    assert!(
        error.contains("\nto reproduce: at = [1.5, 0.25], seed = 0\n"),
        "{error}"
    );
}

#[test]
fn what_is_inconclusive_comes_with_its_remedy() {
    let check = GradientCheck::new(|_: &[f64]| 1.0, |_: &[f64]| [0.0]);
    let text = check.at([1.5]).run().unwrap().to_string();
    assert!(
        text.contains("\n  inconclusive: x. Neither the cost nor the gradient changes"),
        "{text}"
    );
}

#[test]
fn what_is_found_before_the_comparison_is_reported() {
    let check = GradientCheck::new(cost, |_: &[f64]| [1.0]);
    let text = check.at([1.5, 0.25]).run().unwrap().to_string();
    assert!(
        text.contains("the gradient has 1 entry for 2 parameters"),
        "{text}"
    );
}

#[test]
fn a_control_counts() {
    let gradient = |p: &[f64]| [3.0 * p[0].powi(2) * p[1], p[0].powi(3)];
    let check = GradientCheck::new(cost, gradient).at([1.5, 0.25]);
    let text = check.negative_control().unwrap().to_string();
    assert!(text.starts_with("  negative control: "), "{text}");
    assert!(text.ends_with("planted errors were detected\n"), "{text}");
}
