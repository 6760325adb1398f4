//! What is claimed of cost and gradient: `--accuracy`, `--exact`, `--strict`.

use serde_json::json;

use super::mock::{Fault, Mock};
use super::{model, refused, report};
use crate::tool::{Folder, checks, text};

#[test]
fn an_accuracy_accepts_what_it_explains_and_nothing_more() {
    // Off by 1e-5: wrong, unless that is a solver's tolerance; by 1 %: wrong in any case.
    for (off, line, code) in [
        (1e-5, "", 1),
        (1e-5, "--accuracy 1e-6", 1),
        (1e-5, "--accuracy 1e-4", 0),
        (1e-2, "--accuracy 1e-4", 1),
        (0.0, "--accuracy 1e-4", 0),
    ] {
        let run = model(&Mock::start(Fault::Off(off)), line);
        assert_eq!(run.code, code, "{off} {line}: {}", run.stdout);
    }
    let run = model(&Mock::start(Fault::Off(1e-5)), "");
    run.says(&["--accuracy 1e-4", "The gradient is wrong"]);
    // Nobody stops a solver at one part in a hundred.
    let run = model(&Mock::start(Fault::Off(1e-2)), "");
    assert!(!run.stdout.contains("--accuracy"), "{}", run.stdout);
}

#[test]
fn what_lies_below_a_millionth_is_inexact_and_wrong_where_both_are_exact() {
    let mock = Mock::start(Fault::Off(1e-7));
    let inexact = report(&mock, "", 3);
    assert_eq!(inexact["verdict"], "inconclusive");
    assert_eq!(
        checks(&inexact)[0]["blocks"][0]["inconclusive_reasons"]["inexact"],
        3
    );
    let wrong = report(&mock, "--exact", 1);
    assert_eq!(wrong["verdict"], "disagree");
    assert_eq!(report(&mock, "--accuracy 1e-6", 0)["verdict"], "agree");
    report(&Mock::start(Fault::None), "--exact", 0);
}

#[test]
fn strict_fails_on_what_an_agreement_leaves_open() {
    let folder = Folder::new().with("top.json", "[[1, 2, 1.5707963267948966], [4, 5]]");
    let mock = Mock::start(Fault::None);
    let at = format!("model {} --at top.json", mock.url);
    folder.run(&at).expect(0);
    let run = folder.run(&format!("{at} --strict")).expect(3);
    run.says(&[
        "1 entry could not be tested (1 too small to distinguish from 0)",
        "--strict",
    ]);
    for (flag, code, verdict) in [("", 0, "agree"), ("--strict", 3, "inconclusive")] {
        let run = folder
            .run(&format!("{at} --format json {flag}"))
            .expect(code);
        let report = run.json();
        assert_eq!(report["verdict"], verdict);
        let open = json!({"total": 1, "near_zero": 1, "zero": 0, "flat": 0, "subgradients": 0});
        assert_eq!(report["left_open"], open);
    }
    // Where nothing is left open, nothing fails; and a wrong gradient stays wrong.
    let report = report(&mock, "--strict", 0);
    assert_eq!(report["left_open"]["total"], 0);
    model(&Mock::start(Fault::Gradient), "--strict").expect(1);
}

#[test]
fn the_command_to_run_it_again_has_them() {
    let mock = Mock::start(Fault::None);
    for flags in ["--accuracy 1e-9 --strict", "--exact --strict"] {
        let report = report(&mock, flags, 0);
        let command = text(&report["command"]);
        assert!(command.ends_with(&format!("{flags} --seed 0")), "{command}");
    }
}

#[test]
fn an_accuracy_is_a_number_between_0_and_1() {
    let mock = Mock::start(Fault::None);
    for line in [
        "--accuracy 0",
        "--accuracy 1",
        "--accuracy -0.5",
        "--accuracy NaN",
    ] {
        let message = refused(&mock, line);
        assert!(
            message.starts_with("error: invalid value '") && message.contains("--accuracy"),
            "{message}"
        );
    }
}
