//! The numbers the course publishes, and its two small commands.

use serde_json::Value;

use crate::tool::{run, text};

fn named(report: &Value) -> Vec<(&str, f64, &str)> {
    let checks = report["checks"].as_array().unwrap();
    checks
        .iter()
        .map(|check| {
            (
                text(&check["name"]),
                check["difference"].as_f64().unwrap_or(f64::NAN),
                text(&check["verdict"]),
            )
        })
        .collect()
}

#[test]
fn scalar_prints_the_published_difference() {
    insta::assert_snapshot!(run("scalar").expect(0).stdout, @r"
    J = θ·x at x = 2, θ = 4: J = 8, dJ/dθ = 2
    gradapprox = (J(θ+ε) − J(θ−ε))/2ε = 2.0000000011677344 with ε = 1e-7
    difference = 2.919335883291695e-10, as the course publishes it
    The gradient is correct!
    ");
    let said = run("scalar --x 2 --theta 4 --format json").expect(0);
    said.says(&["\"difference\": 2.919335883291695e-10"]);
    let report = said.json();
    assert_eq!(
        report["checks"][0]["published_difference"],
        2.919335883291695e-10
    );
}

#[test]
fn scalar_takes_other_values_without_calling_them_published() {
    for line in [
        "scalar --x 3 --theta -1 --epsilon 1e-5",
        "scalar --x -3 --theta -5",
        "scalar --x=-0.5 --theta=0",
        "scalar --x 1e-100 --theta 7",
        "scalar --x 1e100 --theta 7",
    ] {
        let said = run(line).expect(0);
        said.says(&["The gradient is correct!"]);
        assert!(!said.stdout.contains("publishes"), "{}", said.stdout);
        let report = run(&format!("{line} --format json")).expect(0).json();
        assert_eq!(report["checks"][0]["published_difference"], Value::Null);
        assert_eq!(report["checks"][0]["verdict"], "agree", "{line}");
    }
}

#[test]
fn scalar_says_why_a_right_gradient_can_have_a_bad_difference() {
    // θ + ε is θ: the notebook's difference is 1, and nothing is wrong with the gradient.
    for line in ["scalar --theta 1e20", "scalar --epsilon 1e-320"] {
        let said = run(line).expect(0);
        said.says(&[
            "difference = 1.0",
            "The gradient is correct!",
            "The difference measures ε here, not the gradient",
        ]);
    }
}

#[test]
fn scalar_decides_nothing_where_there_is_nothing_to_decide() {
    insta::assert_snapshot!(run("scalar --x 0").expect(3).stdout, @r"
    J = θ·x at x = 0, θ = 4: J = 0, dJ/dθ = 0
    gradapprox = (J(θ+ε) − J(θ−ε))/2ε = 0 with ε = 1e-7
    difference = 0.0
    Inconclusive: neither the cost nor the gradient changes with any parameter of
    the block, so nothing was tested: it may be a dead unit or an unused parameter.
    Check at another point.
    ");
    insta::assert_snapshot!(run("scalar --x 1e308 --theta 1e308").expect(3).stdout, @r"
    J = θ·x at x = 1e308, θ = 1e308: J = inf, dJ/dθ = 1e308
    gradapprox = (J(θ+ε) − J(θ−ε))/2ε = NaN with ε = 1e-7
    difference = NaN
    Inconclusive: the cost is NaN or infinite at the point or near it. If its domain
    ends there, set the bounds; otherwise fix the forward pass first.
    ");
    let report = run("scalar --x 1e308 --theta 1e308 --format json")
        .expect(3)
        .json();
    assert_eq!(report["checks"][0]["difference"], Value::Null);
}

#[test]
fn course_prints_both_published_differences() {
    let report = run("course --format json").expect(0).json();
    let [(right, small, agree), (wrong, large, disagree)] = named(&report)[..] else {
        panic!("{report}");
    };
    assert_eq!((right, agree), ("right gradient", "agree"));
    assert_eq!((wrong, disagree), ("with both bugs", "disagree"));
    assert_eq!(format!("{small:.2e}"), "1.19e-7");
    assert!((large - 0.285093156781).abs() < 1e-8, "{large}");
    assert_eq!(
        report["checks"][0]["published_difference"],
        1.18904178766e-7
    );
    assert_eq!(report["checks"][1]["published_difference"], 0.285093156781);
    assert_eq!(
        report["checks"][1]["wrong_blocks"],
        serde_json::json!(["b1", "W2"])
    );

    let said = run("course").expect(0);
    said.says(&[
        "1.19e-07",
        "1.18904178766e-07",
        "0.2850931567",
        "0.285093156781",
        "is above the 1e-07",
        "although the gradient is correct: at so small a step size",
        "W2 (layer 2) is wrong in 4 of 15 entries",
        "why: dW2 is 2× the numeric gradient",
        "why: db1 is 4× the numeric gradient",
        "next: start with layer 2",
        "b1 (layer 1) is wrong in 4 of 5 entries",
    ]);
}

#[test]
fn course_at_another_step_does_not_compare_with_what_was_published() {
    for epsilon in ["1e-5", "1e-20", "1e10"] {
        let said = run(&format!("course --epsilon {epsilon}")).expect(0);
        said.says(&["The published numbers are for ε = 1e-7."]);
        assert!(!said.stdout.contains("1.18904"), "{}", said.stdout);
        let report = run(&format!("course --epsilon {epsilon} --format json"))
            .expect(0)
            .json();
        let verdicts: Vec<&str> = named(&report).iter().map(|check| check.2).collect();
        assert_eq!(verdicts, ["agree", "disagree"]);
        assert_eq!(report["checks"][0]["published_difference"], Value::Null);
    }
}
