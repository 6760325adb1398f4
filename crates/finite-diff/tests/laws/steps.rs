//! The rules that choose the step size.

use finite_diff::{Stencil, StepSize};

#[test]
fn the_optimal_step_is_a_power_of_two_near_the_textbook_value() {
    for (stencil, expected) in Stencil::ALL.iter().zip([1.5e-8, 6.1e-6, 7.4e-4]) {
        let h = StepSize::Optimal.at(0.3f64, stencil);
        assert_eq!(h.log2().fract(), 0.0);
        assert!(
            (h / expected).log2().abs() <= 0.5,
            "{}: {h:e}",
            stencil.name()
        );
    }
}

#[test]
fn the_power_read_off_the_bits_is_that_of_the_logarithm() {
    // At 0 a relative step is the ratio itself, to the next power of two.
    let power_of_two = |value| StepSize::Relative(value).at(0.0f64, &Stencil::CENTRAL);
    for k in -3000..3000 {
        let value = 1.07f64.powi(k);
        assert_eq!(
            power_of_two(value),
            value.log2().round().exp2(),
            "{value:e}"
        );
    }
    for value in [0.0, f64::INFINITY, 1e-310] {
        assert_eq!(
            power_of_two(value),
            value.log2().round().exp2(),
            "{value:e}"
        );
    }
    assert!(power_of_two(f64::NAN).is_nan());
}

#[test]
fn many_steps_are_those_of_each() {
    let ordinary: Vec<f64> = (-40..40).map(|k| 1.3f64.powi(k) - 2.0).collect();
    let odd = vec![0.0, f64::NAN, f64::INFINITY, -1e300, 5.0];
    for step in [
        StepSize::Optimal,
        StepSize::Absolute(1e-7),
        StepSize::Relative(1e-310),
        StepSize::Relative(1e20),
    ] {
        for x in [&ordinary, &odd] {
            let rule = step.under::<f64>(&Stencil::CENTRAL);
            let mut steps = vec![0.0; x.len()];
            rule.at_each(x, &mut steps);
            for (&x, found) in x.iter().zip(steps) {
                assert_eq!(found.to_bits(), rule.at(x).to_bits(), "{step:?} {x:e}");
            }
        }
    }
}

#[test]
fn the_relative_step_grows_with_the_value_and_the_absolute_one_does_not() {
    assert_eq!(
        StepSize::Relative(1e-6).at(0.0f64, &Stencil::CENTRAL),
        2f64.powi(-20)
    );
    assert_eq!(
        StepSize::Relative(1e-6).at(1024.0f64, &Stencil::CENTRAL),
        2f64.powi(-10)
    );
    assert_eq!(
        StepSize::Absolute(1e-7).at(1024.0f64, &Stencil::CENTRAL),
        1e-7
    );
}

#[test]
fn steps_that_cannot_be_used_are_told_apart() {
    for bad in [0.0, -1e-7, f64::NAN, f64::INFINITY] {
        assert!(!StepSize::Absolute(bad).is_valid());
        assert!(!StepSize::Relative(bad).is_valid());
    }
    assert!(StepSize::Absolute(1e-7).is_valid());
}
