//! The configuration file: every option, flags before it, paths relative to it.

use serde_json::Value;

use crate::tool::{Folder, mlp_json, without_times};

/// Every key with a value that changes the report, and the flags that say the same.
const OPTIONS: [(&str, &str); 24] = [
    ("layers = [30, 5, 1]", "--layers 30,5,1"),
    ("activation = \"tanh\"", "--activation tanh"),
    ("loss = \"mse\"", "--loss mse"),
    ("data = \"digits\"", "--data digits --layers 64,4,10"),
    ("rows = 9", "--rows 9"),
    ("standardize = false", "--standardize false"),
    ("l2 = 0", "--l2 0"),
    ("l2 = 0.25", "--l2 0.25"),
    (
        "keep-prob = 0.5\nfrozen-masks = true",
        "--keep-prob 0.5 --frozen-masks",
    ),
    ("init = \"xavier\"", "--init xavier"),
    ("seed = 4", "--seed 4"),
    ("optimizer = \"adam\"", "--optimizer adam"),
    ("learning-rate = 0.25", "--learning-rate 0.25"),
    ("batch-size = 16", "--batch-size 16"),
    ("steps = 0", "--steps 0"),
    ("scheme = \"five-point\"", "--scheme five-point"),
    ("epsilon = 1e-5", "--epsilon 1e-5"),
    ("engine = \"full\"", "--engine full"),
    ("sample = 12", "--sample 12"),
    ("precision = \"f32\"", "--precision f32"),
    ("fault = \"stale\"", "--fault stale"),
    ("threads = 2", "--threads 2"),
    ("memory-limit = 2", "--memory-limit 2"),
    (
        "data = \"t.csv\"\nheader = \"no\"\nlabel = 2",
        "--data t.csv --header no --label 2",
    ),
];

#[test]
fn every_key_says_what_its_flag_says() {
    let folder = Folder::new().with("t.csv", "1,0,5\n2,1,7\n4,1,9\n");
    const QUICK: &str = "--steps 2 --sample 40";
    let default = without_times(mlp_json(QUICK, 0));
    for (key, flags) in OPTIONS {
        let quick = match key {
            "steps = 0" => "--sample 40",
            "sample = 12" => "--steps 2",
            _ => QUICK,
        };
        let key = match key {
            "data = \"digits\"" => "data = \"digits\"\nlayers = [64, 4, 10]",
            key => key,
        };
        std::fs::write(folder.path().join("net.toml"), key).unwrap();
        let by_file = folder.run(&format!("mlp --format json --config net.toml {quick}"));
        let by_flag = folder.run(&format!("mlp --format json {flags} {quick}"));
        assert_eq!(by_file.code, by_flag.code, "{key}\n{}", by_file.stderr);
        let report = without_times(by_file.json());
        assert_eq!(report, without_times(by_flag.json()), "{key}");
        // Threads and the one engine there is change nothing that is reported.
        if !["threads = 2", "engine = \"full\""].contains(&key) {
            assert_ne!(report, default, "{key} changed nothing");
        }
    }
}

#[test]
fn a_number_that_its_flag_refuses_is_refused_in_the_file() {
    for (key, flag) in [
        ("accuracy = 1000", "--accuracy 1000"),
        ("learning-rate = nan", "--learning-rate nan"),
        ("l2 = -1", "--l2=-1"),
        ("epsilon = inf", "--epsilon inf"),
        ("memory-limit = -2", "--memory-limit=-2"),
        ("threads = 1000000000000", "--threads 1000000000000"),
    ] {
        let folder = Folder::new().with("net.toml", key);
        let by_file = folder.run("mlp --steps 0 --config net.toml");
        assert_eq!(by_file.code, 2, "{key}\n{}", by_file.stdout);
        let by_flag = folder.run(&format!("mlp --steps 0 {flag}"));
        assert_eq!(by_flag.code, 2, "{flag}\n{}", by_flag.stdout);
    }
}

/// A message says what stands there, but not all of it where it is long; what is expected is still said.
#[test]
fn a_message_is_short_whatever_the_file_has() {
    let long = "x".repeat(10_000);
    for (line, expected) in [
        (format!("activation = \"{long}\""), "relu"),
        (format!("steps = \"{long}\""), "a whole number"),
        (format!("{long} = 1"), "activation"),
        (format!("data = {long}"), ""),
    ] {
        let folder = Folder::new().with("net.toml", &line);
        let run = folder.run("mlp --config net.toml");
        assert_eq!(run.code, 2);
        let said = &run.stderr;
        assert!(said.len() < 1500 && said.contains(expected), "{said}");
        assert!(said.starts_with("error: net.toml, line 1"), "{said}");
    }
    let folder = Folder::new().with("g.json", format!("{{\"W\": [\"{long}\"]}}"));
    let run = folder.run("compare g.json g.json");
    assert!(run.code == 2 && run.stderr.len() < 1500, "{}", run.stderr);
}

#[test]
fn flags_win() {
    let folder = Folder::new().with(
        "net.toml",
        "seed = 4\nactivation = \"tanh\"\nfrozen-masks = true\nkeep-prob = 0.5\nstandardize = false\nsteps = 0\n",
    );
    let line = "mlp --format json --config net.toml --activation gelu --keep-prob 1 --frozen-masks false \
                --standardize";
    let report = folder.run(line).expect(0).json();
    assert_eq!(
        report["command"],
        "gradcheck mlp --activation gelu --seed 4 --steps 0"
    );
}

#[test]
fn an_empty_file_changes_nothing() {
    let folder = Folder::new()
        .with("net.toml", "")
        .with("bom.toml", "\u{feff}# nothing\r\n");
    for file in ["net.toml", "bom.toml"] {
        let report = folder
            .run(&format!("mlp --format json --steps 0 --config {file}"))
            .expect(0)
            .json();
        assert_eq!(report["command"], "gradcheck mlp --steps 0");
    }
}

#[test]
fn a_data_file_is_relative_to_the_configuration() {
    let folder = Folder::new()
        .with("sub/net.toml", "data = \"t.csv\"\nsteps = 0\n")
        .with("sub/up.toml", "data = \"../t.csv\"\nsteps = 0\n")
        .with("sub/built-in.toml", "data = \"synthetic\"\nsteps = 0\n")
        .with("sub/t.csv", "1,2,0\n3,4,1\n5,7,1\n")
        .with("t.csv", "1,2,3,0\n3,4,7,1\n5,7,7,1\n");
    let examples = |file: &str| -> (Value, Value) {
        let report = folder
            .run(&format!("mlp --format json --config {file}"))
            .expect(0)
            .json();
        (
            report["network"]["data"].clone(),
            report["network"]["layers"][0].clone(),
        )
    };
    assert_eq!(examples("sub/net.toml"), ("sub/t.csv".into(), 2.into()));
    assert_eq!(examples("sub/up.toml"), ("sub/../t.csv".into(), 3.into()));
    assert_eq!(
        examples("sub/built-in.toml"),
        ("synthetic".into(), 4.into())
    );
    // A flag is relative to where the command runs.
    let line = "mlp --format json --config sub/net.toml --data t.csv";
    assert_eq!(folder.run(line).expect(0).json()["network"]["layers"][0], 3);
}
