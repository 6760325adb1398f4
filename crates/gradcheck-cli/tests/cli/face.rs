//! The forms of a result and the flags that every command shares: `--format short`, `-q`, `-v`, `-o`,
//! `--exit-zero`, `--strict`, help, completions and the manual page.

use serde_json::Value;

use crate::tool::{Folder, run};

const JUDGING: [&str; 4] = [
    "scalar",
    "course",
    "mlp --layers 30,3,1 --steps 2",
    "compare a.json b.json",
];

fn folder() -> Folder {
    Folder::new()
        .with("a.json", "{\"W\": [[1, 2], [3, 4]], \"b\": [0.5]}")
        .with("b.json", "{\"W\": [[1, 2], [3, 4]], \"b\": [0.5]}")
        .with("wrong.json", "{\"W\": [[1, 2], [3, 5]], \"b\": [0.5]}")
}

#[test]
fn quiet_says_it_by_the_exit_code_alone() {
    for line in JUDGING {
        for quiet in ["-q", "--quiet", "-q --format json"] {
            let run = folder().run(&format!("{line} {quiet}")).expect(0);
            assert_eq!(run.stdout, "", "{line}");
        }
    }
    let run = folder().run("compare a.json wrong.json -q").expect(1);
    assert_eq!(run.stdout, "");
    // A file that was asked for is written all the same.
    let folder = folder();
    let run = folder
        .run("compare a.json b.json -q --format json -o out.json")
        .expect(0);
    assert_eq!(run.stdout, "");
    let written: Value = serde_json::from_str(&folder.read("out.json")).unwrap();
    assert_eq!(written["verdict"], "agree");
    // What can't be used is said, quiet or not.
    let run = folder.run("compare a.json none.json -q");
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("none.json"), "{}", run.stderr);
}

#[test]
fn exit_zero_covers_verdicts_and_no_errors() {
    let folder = folder();
    folder
        .run("compare a.json wrong.json --exit-zero")
        .expect(0);
    folder
        .run("mlp --layers 30,3,1 --steps 0 --fault dw1-negated --exit-zero -q")
        .expect(0);
    assert_eq!(folder.run("compare a.json none.json --exit-zero").code, 2);
    assert_eq!(folder.run("mlp --rows 0 --exit-zero").code, 2);
}

#[test]
fn a_right_run_fits_a_screen_and_verbose_has_every_block() {
    let brief = run("mlp").expect(0);
    assert!(brief.stdout.lines().count() <= 24, "{}", brief.stdout);
    let verbose = run("mlp -v").expect(0);
    verbose.says(&["W1", "b1", "W2", "b2", "W3", "b3"]);
    assert!(verbose.stdout.lines().count() > brief.stdout.lines().count());
    // What is wrong is shown with all its blocks in either.
    run("mlp --steps 0 --fault dw2-doubled").says(&["W1", "b1", "W2", "b2", "W3", "b3"]);
}

#[test]
fn the_short_form_is_a_line_for_each_block() {
    let short = run("mlp --steps 0 --fault dw2-doubled --format short").expect(1);
    let lines: Vec<&str> = short.stdout.lines().collect();
    assert!(lines[0].contains("disagree"), "{}", short.stdout);
    for block in ["W1", "b1", "W2", "b2", "W3", "b3"] {
        let of_block = lines
            .iter()
            .filter(|line| line.split_whitespace().nth(1) == Some(block));
        assert_eq!(of_block.count(), 1, "{block}\n{}", short.stdout);
    }
    let wrong: Vec<_> = lines[1..]
        .iter()
        .filter(|line| line.starts_with("disagree"))
        .collect();
    assert!(
        wrong.iter().any(|line| line.contains("W2")),
        "{}",
        short.stdout
    );
}

/// Nothing is wider than 80 columns, whatever the command says.
#[test]
fn nothing_is_wider_than_a_terminal() {
    let lines = [
        "--help",
        "mlp --help",
        "model --help",
        "compare --help",
        "course --help",
        "scalar --help",
        "faults --help",
        "mlp",
        "mlp -v",
        "mlp --fault clipped-output --steps 200 --learning-rate 0.3",
        "mlp --data digits --scheme complex-step --steps 5",
        "mlp --scheme course --steps 0 -v",
        "mlp --negative-control --steps 0",
        "course",
        "course -v",
        "scalar",
        "faults",
        "compare a.json b.json",
        "compare a.json wrong.json",
        "compare a.json wrong.json --format short",
    ];
    for line in lines {
        let run = folder().run(line);
        for text in run.stdout.lines() {
            // A command to be pasted stays in one piece.
            let pasted = text.starts_with("Reproduce with: ") || text.starts_with("  gradcheck ");
            assert!(pasted || text.chars().count() <= 80, "{line}: {text}");
        }
    }
}

#[test]
fn completions_know_the_values() {
    for (shell, known) in [
        (
            "bash",
            [
                "leaky-relu",
                "five-point",
                "layerwise",
                "dw2-doubled",
                "xavier",
            ],
        ),
        (
            "fish",
            [
                "leaky-relu",
                "five-point",
                "layerwise",
                "dw2-doubled",
                "xavier",
            ],
        ),
        (
            "zsh",
            [
                "leaky-relu",
                "five-point",
                "layerwise",
                "dw2-doubled",
                "xavier",
            ],
        ),
    ] {
        run(&format!("completions {shell}")).expect(0).says(&known);
    }
}

#[test]
fn the_manual_page_is_roff_with_every_option() {
    let page = run("man mlp").expect(0);
    page.says(&[
        ".TH gradcheck",
        "activation",
        "learning",
        "Exit codes",
        "gradcheck mlp",
    ]);
    run("man")
        .expect(0)
        .says(&[".TH gradcheck", "compare", "model"]);
    let unknown = run("man mpl");
    assert_eq!(unknown.code, 2);
    assert!(
        unknown.stderr.contains("did you mean 'mlp'?"),
        "{}",
        unknown.stderr
    );
}

#[test]
fn clap_knows_the_choices() {
    let run = run("mlp --activation rellu");
    assert_eq!(run.code, 2);
    for part in [
        "invalid value 'rellu' for '--activation",
        "possible values: relu",
        "'relu'",
    ] {
        assert!(run.stderr.contains(part), "{}", run.stderr);
    }
}

#[test]
fn strict_fails_on_what_was_not_tested_and_json_says_so() {
    let folder = Folder::new()
        .with("g.json", "{\"W\": [1, 2], \"b\": [1e-17]}")
        .with("d.json", "{\"W\": [1, 2], \"b\": [0]}");
    let verdict = |flags: &str, code: i32| {
        let run = folder.run(&format!("compare g.json d.json --format json {flags}"));
        run.expect(code).json()["verdict"].clone()
    };
    assert_eq!(verdict("", 0), "agree");
    assert_eq!(verdict("--strict", 3), "inconclusive");
}

#[test]
fn tolerances_and_a_third_file() {
    let folder = Folder::new()
        .with("a.json", "{\"W\": [1.00002, 2], \"b\": [0.5]}")
        .with("b.json", "{\"W\": [1, 2], \"b\": [0.5]}")
        .with("f32.json", "{\"W\": [1.00001, 2], \"b\": [0.5]}")
        .with("far.json", "{\"W\": [1.0001, 2], \"b\": [0.5]}")
        .with("nan.json", "{\"W\": [NaN, 2], \"b\": [0.5]}")
        .with("zeros.json", "{\"W\": [0, 0], \"b\": [0]}")
        .with("frozen.json", "{\"W\": [1, 2], \"b\": [0]}");
    for (line, code) in [
        ("compare a.json b.json", 3),
        ("compare a.json b.json --rtol 1e-4", 0),
        ("compare a.json b.json --rtol 1e-6", 1),
        ("compare a.json b.json --atol 1e-6", 1),
        ("compare a.json b.json --atol 3e-5", 0),
        ("compare a.json b.json --accuracy 1e-3", 0),
        ("compare a.json b.json --exact", 1),
        ("compare a.json f32.json b.json", 0),
        ("compare far.json f32.json b.json", 1),
        ("compare far.json f32.json b.json --times 20", 0),
        // A block of zeros agrees with itself, but all zeros are no evidence, unless a tolerance is given.
        ("compare frozen.json frozen.json", 0),
        ("compare frozen.json frozen.json --strict", 3),
        ("compare frozen.json frozen.json frozen.json", 0),
        ("compare zeros.json zeros.json", 3),
        ("compare zeros.json zeros.json --atol 1e-9", 0),
        ("compare zeros.json zeros.json --exact", 0),
    ] {
        let run = folder.run(line);
        assert_eq!(run.code, code, "{line}\n{}\n{}", run.stdout, run.stderr);
    }
    // The line to run it again has them.
    let line = "compare a.json b.json --rtol 0.0001 --atol 1e-8";
    let command = folder
        .run(&format!("{line} --format json"))
        .expect(0)
        .json()["command"]
        .clone();
    assert_eq!(command, format!("gradcheck {line}"));
    for refused in [
        "compare a.json b.json --rtol -1",
        "compare a.json b.json --atol NaN",
        "compare a.json b.json --accuracy 2",
        "compare a.json b.json --times 2",
        "compare a.json b.json --rtol 1e-5 --exact",
        "compare a.json f32.json b.json --times 0",
        "compare a.json f32.json b.json --rtol 1e-5",
        "compare a.json f32.json b.json --exact",
        "compare a.json nan.json b.json",
        "compare a.json b.json nan.json",
        "model http://127.0.0.1:9 --exact --accuracy 1e-3",
        "mlp --exact --accuracy 1e-3",
    ] {
        assert_eq!(folder.run(refused).code, 2, "{refused}");
    }
}
