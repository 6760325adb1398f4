//! Every data set, and every way a file can be wrong with the message the user reads.

use super::*;

fn options() -> LoadOptions {
    LoadOptions {
        rows: Rows::All,
        csv: CsvOptions::default(),
        standardize: false,
        seed: 0,
        synthetic_features: 5,
        task: Task::Binary,
        limit: ReadLimit::default(),
    }
}

fn labelled(label: LabelColumn) -> LoadOptions {
    LoadOptions {
        csv: CsvOptions {
            label,
            ..CsvOptions::default()
        },
        ..options()
    }
}

fn task(task: Task) -> LoadOptions {
    LoadOptions { task, ..options() }
}

/// Loads a file of these bytes; the directory is cut out of the message.
fn load_bytes(bytes: &[u8], options: &LoadOptions) -> Result<Dataset, String> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("t.csv");
    std::fs::write(&path, bytes).unwrap();
    load(&Source::File(path), options).map_err(|error| {
        let prefix = format!(
            "{}{}",
            directory.path().display(),
            std::path::MAIN_SEPARATOR
        );
        error.to_string().replace(&prefix, "")
    })
}

#[track_caller]
fn check_message(text: impl AsRef<[u8]>, options: &LoadOptions, expected: &str) {
    assert_eq!(load_bytes(text.as_ref(), options).unwrap_err(), expected);
}

#[track_caller]
fn check(text: impl AsRef<[u8]>, options: &LoadOptions, x: &[f64], labels: &[f64]) -> Dataset {
    let dataset = load_bytes(text.as_ref(), options).unwrap();
    assert_eq!(
        (dataset.x.as_slice(), dataset.labels.as_slice()),
        (x, labels)
    );
    assert_eq!(dataset.features * dataset.examples, x.len());
    dataset
}

#[test]
fn breast_cancer_is_whole() {
    let data = load(&Source::BreastCancer, &options()).unwrap();
    assert_eq!(
        (data.features, data.examples, data.constant_features),
        (30, 569, 0)
    );
    assert_eq!(
        data.labels.iter().filter(|&&label| label == 1.0).count(),
        357
    );
    assert_eq!((data.x[0], data.x[1], data.x[569]), (17.99, 20.57, 10.38));
    assert_eq!(
        data.label_names.as_deref().unwrap(),
        ["malignant", "benign"]
    );
    assert!(data.attribution.unwrap().contains("CC BY 4.0"));
}

#[test]
fn digits_are_whole() {
    let data = load(&Source::Digits, &task(Task::Classes(10))).unwrap();
    assert_eq!(
        (data.features, data.examples, data.constant_features),
        (64, 1797, 3)
    );
    assert_eq!(
        data.labels[..12],
        [0., 1., 2., 3., 4., 5., 6., 7., 8., 9., 0., 1.]
    );
    assert_eq!(data.x[2 * 1797..2 * 1797 + 3], [5.0, 0.0, 0.0]);
    assert!(data.x.iter().all(|pixel| (0.0..=16.0).contains(pixel)));
}

#[test]
fn standardising_uses_the_rows_taken() {
    let options = LoadOptions {
        rows: Rows::Exactly(64),
        standardize: true,
        ..options()
    };
    let data = load(&Source::BreastCancer, &options).unwrap();
    for feature in data.x.chunks_exact(64) {
        assert!(feature.iter().sum::<f64>().abs() < 1e-11);
        assert!((feature.iter().map(|v| v * v).sum::<f64>() / 64.0 - 1.0).abs() < 1e-12);
    }
    let constant = LoadOptions {
        rows: Rows::All,
        ..options
    };
    let data = check(
        "1,5,0\n1,7,1\n",
        &constant,
        &[0.0, 0.0, -1.0, 1.0],
        &[0.0, 1.0],
    );
    assert_eq!(data.constant_features, 1);
}

#[test]
fn synthetic_sets_are_seeded_and_prefix_stable() {
    let synthetic = |rows, seed, task| {
        let options = LoadOptions {
            rows,
            seed,
            task,
            ..options()
        };
        load(&Source::Synthetic, &options).unwrap()
    };
    let small = synthetic(Rows::Exactly(3), 7, Task::Binary);
    let large = synthetic(Rows::Exactly(1000), 7, Task::Binary);
    assert_eq!(small.labels, large.labels[..3]);
    for feature in 0..5 {
        assert_eq!(
            small.x[feature * 3..feature * 3 + 3],
            large.x[feature * 1000..feature * 1000 + 3]
        );
    }
    assert_ne!(small.x, synthetic(Rows::Exactly(3), 8, Task::Binary).x);
    let positive = large.labels.iter().sum::<f64>();
    assert!((200.0..=800.0).contains(&positive), "{positive}");
    let classes = synthetic(Rows::Exactly(1000), 0, Task::Classes(4));
    for class in 0..4 {
        assert!(classes.labels.contains(&f64::from(class)));
    }
    assert_eq!(synthetic(Rows::All, 0, Task::Regression).examples, 64);
}

#[test]
fn files_are_read_whatever_wrote_them() {
    let expected = (&[1.0, 3.0, 2.0, 4.0], &[0.0, 1.0]);
    for text in [
        "1,2,0\n3,4,1\n",
        "1,2,0\n3,4,1",
        "1,2,0\r\n3,4,1\r\n",
        "1,2,0\r3,4,1\r",
        "\u{feff}1,2,0\n3,4,1\n",
        "\n\n1 , 2,\t0\n   \n\n 3,4 ,1\n\n",
        "\"1\",\"2\",\"0\"\n3,\" 4 \",1\n",
        "1;2;0\n3;4;1\n",
        "1\t2\t0\n3\t4\t1\n",
        "  1 2   0\n 3  4 1 \n",
        "+1,2.0e0,-0\n.3e1,4.,1\n",
    ] {
        let data = check(text, &options(), expected.0, expected.1);
        assert_eq!(data.feature_names, None, "{text:?}");
    }
}

#[test]
fn headers_are_found() {
    for text in [
        "a,b,y\n1,2,0\n3,4,1\n",
        "\u{feff}a, \"b\" ,y\r\n1,2,0\r\n3,4,1\r\n",
    ] {
        let data = check(text, &options(), &[1.0, 3.0, 2.0, 4.0], &[0.0, 1.0]);
        assert_eq!(data.feature_names.unwrap(), ["a", "b"]);
        assert_eq!(data.lines.unwrap(), [2, 3]);
    }
    // Columns that are named by their number, as pandas does, and one with a name.
    check("0,1,y\n5,6,1\n", &options(), &[5.0, 6.0], &[1.0]);
    let header = |header| LoadOptions {
        csv: CsvOptions {
            header,
            ..CsvOptions::default()
        },
        ..options()
    };
    check("8,9,1\n5,6,1\n", &header(Header::Yes), &[5.0, 6.0], &[1.0]);
    check_message(
        "a,b,y\n1,2,0\n",
        &header(Header::No),
        "t.csv, line 1, column 1: \"a\" is not a number: write a decimal number such as -0.5 or 1e-3",
    );
}

#[test]
fn label_columns_are_found() {
    let named = LabelColumn::Name("y".to_owned());
    let data = check("y,a,b\n1,2,3\n", &labelled(named), &[2.0, 3.0], &[1.0]);
    assert_eq!(data.feature_names.unwrap(), ["a", "b"]);
    check(
        "2,1,3\n",
        &labelled(LabelColumn::Number(2)),
        &[2.0, 3.0],
        &[1.0],
    );
    for (word, column) in [
        ("last", LabelColumn::Last),
        ("3", LabelColumn::Number(3)),
        ("diagnosis", LabelColumn::Name("diagnosis".to_owned())),
    ] {
        assert_eq!(word.parse(), Ok(column));
    }
}

#[test]
fn text_labels_become_classes_and_are_reported() {
    for text in [
        "5,setosa\n6,virginica\n7,setosa\n",
        "a,kind\n5,setosa\n6,virginica\n7,setosa\n",
    ] {
        let data = check(text, &options(), &[5.0, 6.0, 7.0], &[0.0, 1.0, 0.0]);
        assert_eq!(data.label_names.unwrap(), ["setosa", "virginica"]);
    }
    check_message(
        "5,a\n6,b\n7,c\n",
        &options(),
        "t.csv, line 3: the label is 2 (\"c\"), but a label for two classes must be 0 or 1: \
         correct it, choose another label column or loss, or allow for more classes",
    );
    check_message(
        "5,a\n6,b\n",
        &task(Task::Regression),
        "t.csv, line 1, column 2: \"a\" is not a number: write a decimal number such as -0.5 or 1e-3",
    );
    check_message(
        "5,0\n6,b\n",
        &options(),
        "t.csv, line 2, column 2: \"b\" is not a number: write a decimal number such as -0.5 or 1e-3",
    );
}

#[test]
fn rows_are_the_first() {
    let rows = |rows| LoadOptions {
        rows: Rows::Exactly(rows),
        ..options()
    };
    // What comes after the rows asked for isn't even read.
    check("1,0\n2,1\nnonsense\n", &rows(2), &[1.0, 2.0], &[0.0, 1.0]);
    check_message(
        "1,0\n",
        &rows(0),
        "t.csv: 0 examples were requested: request at least 1",
    );
    check_message(
        "1,0\n2,1\n",
        &rows(3),
        "t.csv: 3 examples were requested, but there are only 2: request at most 2",
    );
    let too_many = load(
        &Source::Digits,
        &LoadOptions {
            task: Task::Classes(10),
            ..rows(2000)
        },
    );
    assert_eq!(
        too_many.unwrap_err().to_string(),
        "digits: 2000 examples were requested, but there are only 1797: request at most 1797"
    );
}

#[test]
fn labels_out_of_range_are_told() {
    let regression = task(Task::Regression);
    check("1,-7.5\n", &regression, &[1.0], &[-7.5]);
    check_message(
        "x,y\n1,0\n\n2,-1\n",
        &options(),
        "t.csv, line 4: the label is -1, but a label for two classes must be 0 or 1: \
         correct it, choose another label column or loss, or allow for more classes",
    );
    for (label, shown) in [("3", "3"), ("0.5", "0.5"), ("-1", "-1")] {
        check_message(
            format!("1,0\n2,{label}\n"),
            &task(Task::Classes(3)),
            &format!(
                "t.csv, line 2: the label is {shown}, but a label for 3 classes must be an integer \
                 from 0 to 2: correct it, choose another label column or loss, or allow for more classes"
            ),
        );
    }
    assert_eq!(
        load(&Source::Digits, &options()).unwrap_err().to_string(),
        "digits, example[2]: the label is 2, but a label for two classes must be 0 or 1: \
         correct it, choose another label column or loss, or allow for more classes"
    );
}

#[test]
fn bad_files_are_told_with_their_line() {
    let columns = "t.csv, line 1: ";
    for (text, expected) in [
        (
            "",
            "t.csv: the file is empty: check that the program that wrote it has finished".to_owned(),
        ),
        (
            "\n \n",
            "t.csv: the file is empty: check that the program that wrote it has finished".to_owned(),
        ),
        (
            "a,b,y\n",
            format!(
                "{columns}the file holds only a header line: add at least one example below it"
            ),
        ),
        (
            "1\n2\n",
            format!("{columns}the only column is the label: add at least one column of features"),
        ),
        (
            "1,2,0\r\n\r\n3,1\r\n",
            "t.csv, line 3: 2 cells where line 1 has 3: give every line the same number of cells"
                .to_owned(),
        ),
        (
            "a,b,y\n1,2,0\n3,4,x5,1\n",
            "t.csv, line 3: 4 cells where line 1 has 3: give every line the same number of cells"
                .to_owned(),
        ),
        (
            "a,b,y\n1,2,0\n3,four,1\n",
            "t.csv, line 3, column 2 (b): \"four\" is not a number: \
             write a decimal number such as -0.5 or 1e-3"
                .to_owned(),
        ),
        (
            "1,2,0\n3,aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd\u{1b}[31m,1\n",
            "t.csv, line 2, column 2: \"aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd…\" is not a number: \
             write a decimal number such as -0.5 or 1e-3"
                .to_owned(),
        ),
        (
            "1,2,0\n\u{1b}[31m,2,1\n",
            "t.csv, line 2, column 1: \"\\u{1b}[31m\" is not a number: \
             write a decimal number such as -0.5 or 1e-3"
                .to_owned(),
        ),
        // A word among numbers does not make a header, whichever column it is in.
        (
            "1,2,x\n3,4,0\n",
            "t.csv, line 1, column 3: \"x\" is not a number, but other cells of this line are: \
             write a number, or give --header yes if this line names the columns"
                .to_owned(),
        ),
        (
            "\n0.5;l0;1\n3;4;0\n",
            "t.csv, line 2, column 2: \"l0\" is not a number, but other cells of this line are: \
             write a number, or give --header yes if this line names the columns"
                .to_owned(),
        ),
        (
            "one 2 1\n3 4 0\n",
            "t.csv, line 1, column 1: \"one\" is not a number, but other cells of this line are: \
             write a number, or give --header yes if this line names the columns"
                .to_owned(),
        ),
        // A mark for a missing value in the first line doesn't make a header of it.
        (
            "1,?,0\n3,4,1\n",
            "t.csv, line 1, column 2: \"?\" is not a number: \
             write a decimal number such as -0.5 or 1e-3"
                .to_owned(),
        ),
        (
            "1,nan,0\n3,4,1\n",
            "t.csv, line 1, column 2: \"nan\" is not finite: replace it or remove the line"
                .to_owned(),
        ),
        (
            "1,2,0\n3,1e999,1\n",
            "t.csv, line 2, column 2: \"1e999\" is not finite: replace it or remove the line"
                .to_owned(),
        ),
        (
            "1,2,0\n,4,1\n",
            "t.csv, line 2, column 1: the cell is empty: fill it in or remove the line".to_owned(),
        ),
        (
            "1,2,0\n3,\"4,1\n5,6,0\n",
            "t.csv, line 2: a quotation mark is not closed on this line: \
             close or remove it"
                .to_owned(),
        ),
        (
            "1,2,0\n3,\0,1\n",
            "t.csv, line 2: this is not UTF-8 text (is it binary, or saved as UTF-16?): \
             save the table as CSV in UTF-8"
                .to_owned(),
        ),
    ] {
        check_message(text, &options(), &expected);
    }
    let binary = "t.csv, line 1: this is not UTF-8 text (is it binary, or saved as UTF-16?): \
                  save the table as CSV in UTF-8";
    check_message(b"\xff\xfe1\0,\x002\0", &options(), binary);
    check_message(b"caf\xe9,1\n2,0\n", &options(), binary);
}

#[test]
fn bad_label_columns_are_told() {
    let named = |name: &str| labelled(LabelColumn::Name(name.to_owned()));
    check_message(
        "radius,diagnosis\n1,0\n",
        &named("diagnosos"),
        "t.csv, line 1: no column is named \"diagnosos\"; did you mean diagnosis?",
    );
    check_message(
        "radius,diagnosis\n1,0\n",
        &named("y"),
        "t.csv, line 1: no column is named \"y\": the columns are radius, diagnosis",
    );
    check_message(
        "1,0\n",
        &named("y"),
        "t.csv, line 1: the label column is given as \"y\", but the first line is not a header: \
         give the column's number, or add a header",
    );
    for number in [0, 3, usize::MAX] {
        check_message(
            "1,0\n",
            &labelled(LabelColumn::Number(number)),
            &format!("t.csv, line 1: there is no column {number}: columns are counted from 1 to 2"),
        );
    }
}

#[test]
fn bad_paths_are_told() {
    let directory = tempfile::tempdir().unwrap();
    let message = |name: &str| {
        let path = directory.path().join(name);
        let error = load(&Source::File(path), &options())
            .unwrap_err()
            .to_string();
        error
            .replace(&directory.path().display().to_string(), "DIR")
            .replace('\\', "/")
    };
    assert_eq!(
        message("train.csv"),
        "DIR/train.csv: no such file: check the path"
    );
    std::fs::write(directory.path().join("train.csv"), "").unwrap();
    assert_eq!(
        message("trian.csv"),
        "DIR/trian.csv: no such file; did you mean DIR/train.csv?"
    );
    std::fs::create_dir(directory.path().join("sub")).unwrap();
    assert_eq!(
        message("sub"),
        "DIR/sub: this is a directory: name a file in it"
    );
}

#[test]
fn sources_are_words_or_paths() {
    for (name, source) in Source::BUILT_IN {
        assert_eq!(name.parse::<Source>().unwrap(), source);
        assert_eq!(source.to_string(), name);
    }
    let file = Source::File("mine.csv".into());
    assert_eq!("mine.csv".parse::<Source>().unwrap(), file);
    assert_eq!(
        "digit".parse::<Source>().unwrap_err().to_string(),
        "digit: no such data set and no such file: \
         the data sets are breast-cancer, digits, synthetic; did you mean digits?"
    );
}

#[test]
fn impossible_synthetic_sets_are_refused() {
    let message =
        |options: LoadOptions| load(&Source::Synthetic, &options).unwrap_err().to_string();
    assert_eq!(
        message(LoadOptions {
            synthetic_features: 0,
            ..options()
        }),
        "synthetic: the synthetic data set needs at least 1 feature"
    );
    assert_eq!(
        message(task(Task::Classes(0))),
        "synthetic: a classification needs at least 1 class"
    );
    assert_eq!(
        message(LoadOptions {
            rows: Rows::Exactly(usize::MAX),
            ..options()
        }),
        format!(
            "synthetic: {} synthetic examples of 5 features are too many: \
             request at most 100000000 numbers in all",
            usize::MAX
        )
    );
}

/// Bytes that are like a table here and there must give a table or an error, and never a panic.
#[test]
fn no_bytes_make_it_panic() {
    use rand::{Rng, SeedableRng};
    const ALPHABET: &[u8] = b"01239,,,;\t \n\n\r\"\"-.eEnaifx\0\xef\xbb\xbf\xff\xc3\xa9?";
    let mut random = rand::rngs::ChaCha8Rng::seed_from_u64(1);
    for _ in 0..20_000 {
        let length = random.next_u32() % 40;
        let bytes: Vec<u8> = (0..length)
            .map(|_| ALPHABET[random.next_u32() as usize % ALPHABET.len()])
            .collect();
        let read = |label, rows| {
            let options = CsvOptions {
                label,
                header: Header::Auto,
            };
            csv_file::read(
                bytes.as_slice(),
                "t",
                rows,
                &options,
                Task::Classes(3),
                Room::new(ReadLimit::bytes(1 << 10)),
            )
        };
        for result in [
            read(LabelColumn::Last, Rows::All),
            read(LabelColumn::Number(2), Rows::Exactly(1)),
            read(LabelColumn::Name("a".to_owned()), Rows::All),
        ] {
            match result {
                Ok(table) => {
                    assert!(!table.labels.is_empty() && table.features > 0);
                    assert_eq!(table.values.len(), table.features * table.labels.len());
                    assert!(table.values.iter().all(|value| value.is_finite()));
                }
                Err(error) => assert!(error.to_string().starts_with("t")),
            }
        }
    }
}
