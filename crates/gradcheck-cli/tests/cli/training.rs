//! A gradient that is right at first and wrong later: since which step, and what saturated then.

use serde_json::{Value, json};

use crate::tool::{Folder, checks, mlp_json, redacted, run, text, without_times};

/// The part of a text from the conclusion on, numbers redacted.
fn conclusion(said: &str) -> String {
    let from = said.find("The gradient is wrong").unwrap();
    redacted(&said[from..])
}

#[test]
fn the_step_is_said_and_what_changed_there() {
    let line = "mlp --fault clipped-output --steps 2000";
    insta::assert_snapshot!(conclusion(&run(line).expect(1).stdout), @r"
    The gradient is wrong after 2000 steps, but right at initialization.
    Right up to step 4, wrong from step 5 on (13 more checks).
    changes from step 4 to step 5:
    output nearest to 0 or 1: # → # (output[#], example[#])
    # evaluations of the cost in # s; central differences, layerwise engine
    Gradient checking is slow: use it for debugging, never in training.
    Reproduce with: gradcheck mlp --fault clipped-output --steps 2000
    ");
    let line = "mlp --fault saturated-derivative --activation tanh --init normal --learning-rate 1 --steps 300";
    insta::assert_snapshot!(conclusion(&run(line).expect(1).stdout), @r"
    The gradient is wrong after 300 steps, but right at initialization.
    Right up to step 37, wrong from step 38 on (10 more checks).
    changes from step 37 to step 38:
    unit[#] of layer 2 is saturated on 9 of 64 examples (before: 6, at the end:
    35)
    largest |z|: # → # (unit[#] of layer 2, example[#])
    output nearest to 0 or 1: # → # (output[#], example[#])
    # evaluations of the cost in # s; central differences, layerwise engine
    Gradient checking is slow: use it for debugging, never in training.
    Reproduce with: gradcheck mlp --activation tanh --init normal --fault saturated-derivative --steps 300 --learning-rate 1
    ");
}

fn since(line: &str) -> Value {
    mlp_json(line, 1)["since"].clone()
}

#[test]
fn the_keys_of_since() {
    let since = since("--fault clipped-output --steps 50");
    assert_eq!(since["right_until"], 4);
    assert_eq!(since["wrong_from"], 5);
    assert_eq!(since["confirmed"], true);
    assert_eq!(since["limit"], Value::Null);
    assert_eq!(
        (&since["undecided"], &since["unsteady"]),
        (&json!([]), &json!([]))
    );
    assert!(since["checks"].as_u64().unwrap() < 12, "{since}");
    assert_eq!(since["saturated"], json!([]));
    let [extreme] = since["extremes"].as_array().unwrap().as_slice() else {
        panic!("{since}")
    };
    assert_eq!(extreme["what"], "output nearest to 0 or 1");
    assert_eq!(
        (&extreme["unit"], &extreme["example"]),
        (&json!(0), &json!(9))
    );
    // The fault takes dZ for 0 within 0.01 of 0 and 1.
    let (before, value) = (&extreme["before"], &extreme["value"]);
    assert!(before.as_f64().unwrap() > 0.01 && value.as_f64().unwrap() < 0.01);
}

/// tanh′ is cut off where |Z| is above 2: the largest |z| went past it, and the unit is named.
#[test]
fn the_unit_that_saturated_is_named() {
    let since = since(
        "--fault saturated-derivative --activation tanh --init normal --learning-rate 1 --steps 300",
    );
    let unit = &since["saturated"][0];
    let [z, ..] = since["extremes"].as_array().unwrap().as_slice() else {
        panic!("{since}")
    };
    for key in ["layer", "unit"] {
        assert_eq!(unit[key], z[key], "{since}");
    }
    assert_eq!(unit["state"], "saturated");
    assert!(
        unit["examples"].as_u64() > unit["before"].as_u64(),
        "{since}"
    );
    assert_eq!(z["what"], "largest |z|");
    let size = |key: &str| z[key].as_f64().unwrap().abs();
    assert!(size("before") < 2.0 && size("value") > 2.0, "{since}");
}

/// A gradient that is wrong at first, or right at the end, has no such step.
#[test]
fn nothing_is_said_where_there_is_no_such_step() {
    for (line, code) in [
        ("--steps 5", 0),
        ("--fault sign-flipped --steps 5", 1),
        ("--fault clipped-output --steps 0", 0),
        ("--fault clipped-output --steps 3", 0),
    ] {
        assert_eq!(mlp_json(line, code)["since"], Value::Null, "{line}");
    }
}

/// Wrong on purpose where biases are not zero: from the first update on.
#[test]
fn the_first_step_is_a_step_too() {
    let since = since("--fault l2-on-biases");
    assert_eq!(
        (&since["right_until"], &since["wrong_from"]),
        (&json!(0), &json!(1))
    );
    run("mlp --fault l2-on-biases")
        .expect(1)
        .says(&["Right at initialization, wrong from step 1 on ("]);
}

/// All at zero nothing can be said of the hidden layers at first; what is wrong later was right there.
#[test]
fn a_first_check_that_was_undecided_will_do() {
    let report = mlp_json("--fault delta-clamped --init zeros --steps 6", 1);
    assert_eq!(checks(&report)[0]["verdict"], "inconclusive");
    let since = &report["since"];
    assert_eq!(
        (&since["right_until"], &since["wrong_from"]),
        (&json!(0), &json!(1))
    );
}

#[test]
fn single_precision_masks_and_samples() {
    for line in [
        "--precision f32",
        "--keep-prob 0.8 --frozen-masks",
        "--sample 40",
        "--scheme complex-step --activation tanh --learning-rate 0.5",
        "--optimizer adam --batch-size 16",
    ] {
        let since = since(&format!("--fault clipped-output --steps 40 {line}"));
        let step = |key: &str| since[key].as_u64().unwrap();
        assert_eq!(
            step("right_until") + 1,
            step("wrong_from"),
            "{line}: {since}"
        );
    }
}

/// Where only the ends and the middle can be saved, gradient descent goes over the steps between again,
/// and finds the same; rules that remember more may end with an interval, and say so.
#[test]
fn little_memory_finds_the_same_step_or_an_interval() {
    let line =
        "--layers 30,40,20,1 --fault clipped-output --steps 40 --threads 1 --learning-rate 0.02";
    let whole = since(line);
    let thin = since(&format!("{line} --memory-limit 0.0038"));
    for key in ["right_until", "wrong_from", "limit", "extremes"] {
        assert_eq!(whole[key], thin[key], "{key}");
    }
    let line = format!("{line} --optimizer momentum --memory-limit 0.0038");
    let interval = since(&line);
    let step = |key: &str| interval[key].as_u64().unwrap();
    if interval["limit"] == "not saved" {
        assert!(step("right_until") + 1 < step("wrong_from"), "{interval}");
        run(&format!("mlp {line}")).expect(1).says(&[
            "and from some earlier step on",
            "The steps in between were not saved",
        ]);
    } else {
        assert_eq!(step("right_until") + 1, step("wrong_from"), "{interval}");
    }
}

/// What was looked at by the way changes nothing: the curve and the checks of a run have the same bits
/// whether or not there was something to bisect.
#[test]
fn the_training_is_the_same_whether_or_not_its_steps_are_saved() {
    let [right, wrong] = ["", "--fault clipped-output"].map(|fault| {
        let run = run(&format!(
            "mlp --format json --optimizer adam --batch-size 9 {fault}"
        ));
        without_times(run.json())
    });
    assert_eq!(right["training"], wrong["training"]);
    assert_eq!(checks(&right)[1]["cost"], checks(&wrong)[1]["cost"]);
    assert!(wrong["since"].is_object() && text(&wrong["verdict"]) == "disagree");
    let line = "mlp --format json --fault clipped-output --steps 30";
    let again = |threads: usize| {
        let run = Folder::new().run(&format!("{line} --threads {threads}"));
        without_times(run.json())
    };
    assert_eq!(again(1), again(2));
}
