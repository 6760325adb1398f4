//! A small zoo; the whole one is `cargo xtask zoo`.

#![allow(clippy::unwrap_used, reason = "a failure is a failed test")]

use gradient_check::constants::Constants;
use mlp::Engine;

use super::{Options, run};

fn options(only: &str) -> Options {
    Options {
        seeds: 1,
        correct: 20,
        only: Some(only.to_owned()),
        constants: Constants::default(),
        engine: Engine::Layerwise,
        threads: None,
    }
}

#[test]
fn a_plain_fault_is_found_everywhere_and_named() {
    let outcome = run(&options("dw2-doubled"), &|_| {}).unwrap();
    let [fault] = outcome.faults.as_slice() else {
        panic!("{:?}", outcome.faults);
    };
    assert_eq!((fault.name, fault.runs), ("dw2-doubled", 40));
    assert_eq!(
        (fault.equivalent, fault.below_power, fault.missed),
        (0, 0, 0)
    );
    assert_eq!(
        (fault.rejected, fault.localised),
        (40, 40),
        "{:?}",
        fault.misses
    );
    assert_eq!(fault.diagnosed, 40, "{:?}", fault.causes);
    assert_eq!(outcome.correct.nets, 60);
    assert_eq!(outcome.correct.rejections, []);
    assert!(outcome.is_good());
}

#[test]
fn any_number_of_threads_gives_the_same_outcome() {
    let one = Options {
        threads: std::num::NonZeroUsize::new(1),
        correct: 5,
        ..options("nan")
    };
    let three = Options {
        threads: std::num::NonZeroUsize::new(3),
        ..one.clone()
    };
    assert_eq!(run(&one, &|_| {}).unwrap(), run(&three, &|_| {}).unwrap());
}

#[test]
fn an_unknown_fault_is_refused() {
    let error = run(&options("dw2-double"), &|_| {}).unwrap_err();
    assert_eq!(
        error.to_string(),
        "unknown fault `dw2-double` (did you mean `dw2-doubled`?); see `gradcheck faults`"
    );
}
