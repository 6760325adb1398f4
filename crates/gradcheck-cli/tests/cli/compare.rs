//! Two gradients from files.

use std::path::Path;

use serde_json::Value;

use crate::tool::{Folder, run};

/// A file as NumPy or Python's json writes it.
fn input(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/input")
        .join(name);
    format!("'{}'", path.display())
}

#[test]
fn the_same_numbers_agree_whatever_the_format() {
    let files = ["c.npy", "fortran.npy"].map(input);
    for left in &files {
        for right in &files {
            run(&format!("compare {left} {right}"))
                .expect(0)
                .says(&["The gradients agree."]);
        }
    }
    // One entry of W is NaN in each of these, and that is no gradient.
    let files = ["stored.npz", "deflated.npz", "dumped.json"].map(input);
    for left in &files {
        for right in &files {
            run(&format!("compare {left} {right}"))
                .expect(1)
                .says(&["W is wrong in 1 of 6 entries; worst entry W[1,2]"]);
        }
    }
}

fn verdict(analytic: &str, numeric: &str, code: i32) -> Value {
    let folder = Folder::new()
        .with("a.json", analytic)
        .with("n.json", numeric);
    folder
        .run("compare a.json n.json --format json")
        .expect(code)
        .json()
}

#[test]
fn what_is_off_is_wrong_or_undecided_by_how_much() {
    assert_eq!(verdict("[1, 2]", "[1, 2.00000001]", 0)["verdict"], "agree");
    assert_eq!(
        verdict("[1, 2]", "[1, 2.00002]", 3)["verdict"],
        "inconclusive"
    );
    assert_eq!(verdict("[1, 2]", "[1, 2.5]", 1)["verdict"], "disagree");
    assert_eq!(verdict("[1, 2]", "[-1, -2]", 1)["verdict"], "disagree");
    let report = verdict("[NaN, 2]", "[1, 2]", 1);
    assert_eq!(report["checks"][0]["difference"], Value::Null);
}

#[test]
fn blocks_are_told_apart() {
    let folder = Folder::new()
        .with(
            "a.json",
            "{\"W1\": [[1, 2, 3], [4, 5, 60]], \"b1\": [7, 8]}",
        )
        .with("n.json", "{\"b1\": [7, 8], \"W1\": [[1, 2, 3], [4, 5, 6]]}");
    let run = folder.run("compare a.json n.json").expect(1);
    run.says(&[
        "a.json (analytic) · n.json (numeric)",
        "W1 is wrong in 1 of 6 entries, by up to 5.4e+01 at W1[1,2]",
        "[1,2]  +6.00000e+01  +6.00000e+00",
        "The gradients disagree: one of them is wrong.",
    ]);
}
