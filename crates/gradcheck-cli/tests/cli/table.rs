//! The user's own CSV file.

use crate::tool::{Folder, checks};

/// Four features (one of them text-free but constant), a class and a price.
const FLOWERS: &str = "\
length,width,color code,height,kind,price
5.1,3.5,1,0.2,setosa,3.5
4.9,3.0,1,0.2,setosa,3.0
7.0,3.2,1,1.4,versicolor,4.25
6.4,3.2,1,1.5,versicolor,4.5
6.3,3.3,1,2.5,virginica,6
5.8,2.7,1,1.9,virginica,5.75
";

/// The table without its column of words.
const NUMBERS: &str = "\
length,width,kind,price
5.1,3.5,0,3.5
4.9,3.0,0,3.0
7.0,3.2,1,4.25
6.4,3.2,1,4.5
6.3,3.3,2,6
5.8,2.7,2,5.75
";

fn flowers() -> Folder {
    Folder::new()
        .with("flowers.csv", FLOWERS)
        .with("numbers.csv", NUMBERS)
        .with("binary.csv", "0.5,1,0\n-1,2,1\n0.25,-3,1\n4,0,0\n")
        .with("text.tsv", "1\t2\tno\n2\t1\tyes\n5\t4\tyes\n")
}

#[test]
fn right_networks_on_a_file_agree() {
    for (line, layers) in [
        ("--data binary.csv", "[2,16,8,1]"),
        ("--data binary.csv --header no --label last", "[2,16,8,1]"),
        ("--data text.tsv", "[2,16,8,1]"),
        ("--data numbers.csv --label price --loss mse", "[3,16,8,1]"),
        (
            "--data numbers.csv --label 1 --loss mse --header yes",
            "[3,16,8,1]",
        ),
        (
            "--data numbers.csv --label kind --loss softmax --layers 3,5,3",
            "[3,5,3]",
        ),
        (
            "--data numbers.csv --label 3 --loss softmax --layers 3,3",
            "[3,3]",
        ),
        (
            "--data numbers.csv --label kind --loss softmax",
            "[3,16,8,3]",
        ),
        (
            "--data numbers.csv --label kind --loss mse --layers 3,4,3",
            "[3,4,3]",
        ),
        (
            "--data numbers.csv --label last --loss mse --standardize false --learning-rate 1e-3",
            "[3,16,8,1]",
        ),
    ] {
        let report = flowers()
            .run(&format!("mlp --format json {line}"))
            .expect(0)
            .json();
        assert_eq!(report["verdict"], "agree", "{line}");
        assert_eq!(report["network"]["layers"].to_string(), layers, "{line}");
        assert_eq!(checks(&report).len(), 2, "{line}");
    }
}

#[test]
fn labels_may_be_text() {
    let folder = flowers().with(
        "kinds.csv",
        FLOWERS
            .lines()
            .map(|line| line.rsplit_once(',').unwrap().0.to_owned() + "\n")
            .collect::<String>(),
    );
    let line = "mlp --data kinds.csv --loss softmax --layers 4,6,3 --l2 0";
    let run = folder.run(line).expect(0);
    run.says(&["kinds.csv (6 examples)"]);
    // A column that is the same everywhere is 0 once standardised: those weights can't be tested.
    run.says(&["6 coordinates have zero derivative and zero gradient"]);
}

#[test]
fn rows_are_the_first_in_file_order() {
    let folder = flowers();
    let line = "mlp --data numbers.csv --label kind --rows 4 --steps 0";
    folder
        .run(line)
        .expect(0)
        .says(&["numbers.csv (4 examples)"]);
    insta::assert_snapshot!(
        folder.refused("mlp --data numbers.csv --label kind --steps 0"),
        @"error: numbers.csv, line 6: the label is 2, but a label for two classes must be 0 or 1: correct it, choose another label column or loss, or allow for more classes"
    );
}

#[test]
fn a_file_called_like_a_data_set_is_reached_by_its_path() {
    let folder = flowers().with("digits", "1,2,0\n2,3,1\n");
    folder
        .run("mlp --data ./digits --steps 0")
        .expect(0)
        .says(&["(2 examples)"]);
    folder
        .run("mlp --data digits --rows 5 --layers 64,10 --steps 0")
        .expect(0)
        .says(&["(5 examples)"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_table_may_come_through_a_pipe() {
    let folder = flowers();
    let run = folder
        .shell("gradcheck mlp --data /dev/stdin --steps 0 < binary.csv")
        .expect(0);
    run.says(&["/dev/stdin (4 examples)"]);
    // Nothing is read past the rows that are used.
    let run = folder
        .shell("yes 1,2,0 | gradcheck mlp --data /dev/stdin --steps 0")
        .expect(0);
    run.says(&["(64 examples)"]);
}
