//! Every format as its own tools write it, every way a file can be wrong with the message the user
//! reads, and bytes that are not a valid file.

use super::*;
use rand::rngs::ChaCha8Rng;
use rand::{Rng, SeedableRng};
use std::collections::HashMap;

/// Enough for every file here that is none of the too large ones.
const LIMIT: ReadLimit = ReadLimit::bytes(1 << 22);

const W: [f64; 6] = [0.5, -1.5, 2.5, 3.5, -4.5, f64::NAN];

fn block(name: &str, shape: &[usize], values: &[f64]) -> NamedBlock {
    NamedBlock {
        name: name.to_owned(),
        shape: shape.to_vec(),
        values: values.to_vec(),
        stored: StoredAs::F64,
    }
}

/// Equal numbers, stored in another type.
fn stored(block: NamedBlock, stored: StoredAs) -> NamedBlock {
    NamedBlock { stored, ..block }
}

fn parsed(extension: &str, bytes: &[u8]) -> Result<Vec<NamedBlock>, String> {
    let file = format!("g.{extension}");
    let format = Format::of(Path::new(&file)).unwrap();
    parse(format, bytes, &Place::file(file), LIMIT).map_err(|error| error.to_string())
}

/// Holds blocks against each other; NaN equals NaN here.
#[track_caller]
fn check(extension: &str, bytes: impl AsRef<[u8]>, expected: &[NamedBlock]) {
    let blocks = parsed(extension, bytes.as_ref()).unwrap();
    assert_eq!(format!("{blocks:?}"), format!("{expected:?}"));
}

#[track_caller]
fn check_message(extension: &str, bytes: impl AsRef<[u8]>, expected: &str) {
    assert_eq!(parsed(extension, bytes.as_ref()).unwrap_err(), expected);
}

macro_rules! input {
    ($name:literal) => {
        include_bytes!(concat!("../../tests/input/", $name)).as_slice()
    };
}

#[test]
fn numpy_arrays_are_read() {
    let values: Vec<f64> = (0..24).map(f64::from).collect();
    check(
        "npy",
        input!("c.npy"),
        &[stored(
            block("gradient", &[2, 3, 4], &values),
            StoredAs::F16,
        )],
    );
    check(
        "npy",
        input!("fortran.npy"),
        &[block("gradient", &[2, 3, 4], &values)],
    );
    check(
        "npy",
        input!("scalar.npy"),
        &[block("gradient", &[], &[1.25])],
    );
}

#[test]
fn numpy_archives_are_read_in_their_order() {
    let expected = [block("W", &[2, 3], &W), block("b", &[2], &[1.0, -2.0])];
    check("npz", input!("stored.npz"), &expected);
    let [w, b] = expected;
    check(
        "npz",
        input!("deflated.npz"),
        &[w, stored(b, StoredAs::F32)],
    );
}

#[test]
fn python_text_is_read() {
    let expected = [block("W", &[2, 3], &W), block("b", &[2], &[1.0, -2.0])];
    check("json", input!("dumped.json"), &expected);
    check(
        "csv",
        input!("savetxt.csv"),
        &[block("gradient", &[2, 3], &W)],
    );
}

/// Written by another library than NumPy, the crate npyz 0.9, with one array column by column.
#[test]
fn what_npyz_wrote_is_read() {
    check(
        "npz",
        input!("npyz.npz"),
        &[
            block("z", &[2, 2], &[1.0, 2.0, 3.0, 4.0]),
            block("a", &[2, 2], &[1.0, 3.0, 2.0, 4.0]),
        ],
    );
}

fn tensors(tensors: &[(&str, safetensors::Dtype, &[usize], &[u8])]) -> Vec<u8> {
    let views = tensors.iter().map(|(name, dtype, shape, bytes)| {
        (
            *name,
            safetensors::tensor::TensorView::new(*dtype, shape.to_vec(), bytes).unwrap(),
        )
    });
    safetensors::serialize(views.collect::<HashMap<_, _>>(), None).unwrap()
}

#[test]
fn safetensors_are_read_sorted_by_name() {
    use safetensors::Dtype;
    let f64s = [1.5_f64.to_le_bytes(), f64::NAN.to_le_bytes()].concat();
    let file = tensors(&[
        ("w", Dtype::F64, &[1, 2], &f64s),
        ("b", Dtype::F32, &[1], &0.25_f32.to_le_bytes()),
        ("h", Dtype::BF16, &[1], &[0x80, 0xbf]),
        ("i", Dtype::I64, &[], &(-7_i64).to_le_bytes()),
    ]);
    check(
        "safetensors",
        file,
        &[
            stored(block("b", &[1], &[0.25]), StoredAs::F32),
            stored(block("h", &[1], &[-1.0]), StoredAs::BF16),
            block("i", &[], &[-7.0]),
            block("w", &[1, 2], &[1.5, f64::NAN]),
        ],
    );
    check_message(
        "safetensors",
        tensors(&[("mask", Dtype::BOOL, &[1], &[1])]),
        "g.safetensors, block mask: numbers of type BOOL are not supported: save them as 64-bit floats",
    );
}

#[test]
fn json_shapes_are_read() {
    check(
        "json",
        "[1, -2.5, 3e2]",
        &[block("gradient", &[3], &[1.0, -2.5, 300.0])],
    );
    check(
        "json",
        "\u{feff}[[1,2],[3,4]]\r\n",
        &[block("gradient", &[2, 2], &[1., 2., 3., 4.])],
    );
    check("json", "3.5", &[block("gradient", &[], &[3.5])]);
    check(
        "json",
        "{\"z\": [1], \"a\": 2}",
        &[block("z", &[1], &[1.0]), block("a", &[], &[2.0])],
    );
    check(
        "json",
        "{\"l1\": {\"w\": [1]}}",
        &[block("l1.w", &[1], &[1.0])],
    );
    let odd = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
    for text in [
        "[NaN,Infinity,-Infinity]",
        "[\"NaN\", \"Infinity\", \"-Infinity\"]",
    ] {
        check("json", text, &[block("gradient", &[3], &odd)]);
    }
    check(
        "json",
        r#"{"NaN\"Infinity": [NaN]}"#,
        &[block("NaN\"Infinity", &[1], &[f64::NAN])],
    );
}

#[test]
fn tables_are_read() {
    let vector = block("gradient", &[3], &[1.0, 2.0, f64::INFINITY]);
    for text in ["1,2,inf", "1\n2\ninf\n", "1;2;inf\r\n", "# dJ\n1 2\tinf\n"] {
        let text = text.replace('\t', " ");
        check("csv", text, std::slice::from_ref(&vector));
    }
    check(
        "csv",
        "1,2\n\n-3,nan\n",
        &[block("gradient", &[2, 2], &[1., 2., -3., f64::NAN])],
    );
    check("CSV", "7", &[block("gradient", &[1], &[7.0])]);
}

#[test]
fn files_of_no_use_are_told() {
    let nothing = "the file is empty: check that the program that wrote it has finished";
    let no_number =
        "the file contains no numbers: check that the program that wrote it has finished";
    for (extension, _) in Format::ALL {
        check_message(extension, "", &format!("g.{extension}: {nothing}"));
    }
    check_message("json", " \n", &format!("g.json: {nothing}"));
    check_message("json", "[]", &format!("g.json: {no_number}"));
    check_message("json", "{\"W\": [[]]}", &format!("g.json: {no_number}"));
    check_message("csv", "# only\n\n", &format!("g.csv: {no_number}"));
    check_message(
        "npz",
        [b"PK\x05\x06".as_slice(), &[0; 18]].concat(),
        &format!("g.npz: {no_number}"),
    );

    let directory = tempfile::tempdir().unwrap();
    let message = |name: &str| {
        let error = read(&directory.path().join(name), LIMIT)
            .unwrap_err()
            .to_string();
        error
            .replace(&directory.path().display().to_string(), "DIR")
            .replace('\\', "/")
    };
    std::fs::write(directory.path().join("model.pt"), "x").unwrap();
    std::fs::write(directory.path().join("grads"), "x").unwrap();
    std::fs::create_dir(directory.path().join("d.npy")).unwrap();
    let known = "not a known gradient format: use .npy, .npz, .safetensors, .json or .csv";
    assert_eq!(
        message("model.pt"),
        format!("DIR/model.pt: \".pt\" is {known}")
    );
    assert_eq!(
        message("grads"),
        format!("DIR/grads: a file name without an extension is {known}")
    );
    assert_eq!(
        message("d.npy"),
        "DIR/d.npy: this is a directory: name a file in it"
    );
    assert_eq!(
        message("grad"),
        "DIR/grad: no such file; did you mean DIR/grads?"
    );
}

fn npy(header: &str, data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(header.len()).unwrap().to_le_bytes();
    [
        b"\x93NUMPY\x02\x00",
        length.as_slice(),
        header.as_bytes(),
        data,
    ]
    .concat()
}

#[test]
fn bad_arrays_are_told() {
    let again = "write it again";
    let corrupt = |detail| format!("g.npy: this is not a valid npy file ({detail}): {again}");
    let unsupported = |name| {
        format!("g.npy: numbers of type {name} are not supported: save them as 64-bit floats")
    };
    check_message("npy", "1,2,3", &corrupt("it doesn't start with \\x93NUMPY"));
    check_message(
        "npy",
        "\x0093NUMPY",
        &corrupt("it doesn't start with \\x93NUMPY"),
    );
    check_message(
        "npy",
        &input!("c.npy")[..40],
        &corrupt("it ends in the header"),
    );
    check_message(
        "npy",
        input!("structured.npy"),
        "g.npy: a structured array is not supported: save each of its fields as an array of its own",
    );
    check_message("npy", input!("complex.npy"), &unsupported("<c16"));
    check_message("npy", input!("pickled.npy"), &unsupported("|O"));
    let sized = |claimed, found| {
        format!(
            "g.npy: the header declares {claimed} bytes of numbers, but {found} follow: \
             the file is truncated or corrupt; {again}"
        )
    };
    let array = |shape: &str, data: &[u8]| {
        npy(
            &format!("{{'descr': '<f8', 'fortran_order': True, 'shape': {shape}, }}\n"),
            data,
        )
    };
    check_message("npy", array("(3,)", &[0; 20]), &sized("24", 20));
    check_message("npy", array("(1,)", &[0; 16]), &sized("8", 16));
    check_message(
        "npy",
        array("(1000000000, 1000000000)", &[0; 8]),
        &sized("8000000000000000000", 8),
    );
    let enormous = "(18446744073709551615, 2, 0)";
    check_message("npy", array(enormous, &[]), &sized("more than 2^64", 0));
    check_message(
        "npy",
        array("(-1,)", &[]),
        &corrupt("its shape is not a tuple of sizes"),
    );
    check_message(
        "npy",
        array("(1e3,)", &[]),
        &corrupt("its header is not a Python dictionary"),
    );
    let brackets = "(".repeat(1_000_000);
    check_message(
        "npy",
        array(&brackets, &[]),
        &corrupt("its shape is not a tuple of sizes"),
    );
    check_message(
        "npy",
        npy("{}", &[]),
        &corrupt("its header lacks descr, fortran_order or shape"),
    );
    check_message(
        "npy",
        [b"\x93NUMPY\x02\x00".as_slice(), &[0xff; 4]].concat(),
        &corrupt("it ends in the header"),
    );
}

#[test]
fn bad_archives_are_told() {
    let corrupt =
        |detail| format!("g.npz: this is not a valid npz file ({detail}): write it again");
    check_message(
        "npz",
        "no zip",
        &corrupt("it is not a zip archive, or its end is cut off"),
    );
    let whole = input!("deflated.npz");
    check_message(
        "npz",
        &whole[..200],
        &corrupt("it is not a zip archive, or its end is cut off"),
    );
    // The directory of entry W: its sizes at 20 and 24, its checksum at 16, its method at 10.
    let directory = whole
        .windows(4)
        .position(|window| window == b"PK\x01\x02")
        .unwrap();
    let with = |at: usize, byte: u8| {
        let mut bytes = whole.to_vec();
        bytes[directory + at] = byte;
        bytes
    };
    let in_block = |detail| corrupt(detail).replace("g.npz:", "g.npz, block W:");
    check_message(
        "npz",
        with(26, 0xff),
        &in_block("an entry's size or checksum is wrong"),
    );
    check_message(
        "npz",
        with(16, !whole[directory + 16]),
        &in_block("an entry's size or checksum is wrong"),
    );
    check_message(
        "npz",
        with(22, 0xff),
        &corrupt("its entries overlap, or it is cut off"),
    );
    check_message(
        "npz",
        with(10, 12),
        "g.npz, block W: this compression method is not supported: \
         write the archive with numpy.savez or numpy.savez_compressed",
    );
    check_message(
        "npz",
        with(8, 1),
        "g.npz, block W: encryption is not supported: \
         write the archive with numpy.savez or numpy.savez_compressed",
    );
}

#[test]
fn bad_json_is_told_with_its_line() {
    let needed = "a gradient is a list of numbers, or an object of named lists";
    for (text, place, what) in [
        ("[1,\n2,]", "line 2, column 3", "trailing comma"),
        (
            "[1, null]",
            "line 1, column 8",
            "invalid type: null, expected a number, a list or an object",
        ),
        (
            "[1,\n\"abc\"]",
            "line 2, column 5",
            "the text \"abc\" is not a number",
        ),
        ("[NaN, 1", "line 1", "EOF while parsing a list"),
        ("[1e999]", "line 1, column 6", "number out of range"),
    ] {
        check_message("json", text, &format!("g.json, {place}: {what}: {needed}"));
    }
    let deep = "[".repeat(1_000_000);
    assert!(
        parsed("json", deep.as_bytes())
            .unwrap_err()
            .contains("recursion limit exceeded")
    );
    check_message(
        "json",
        "{\"W\": [[1, 2], [3]]}",
        "g.json, block W: the list at [1] has 1 entry, but the first has 2: make them equally long",
    );
    check_message(
        "json",
        "[[1], 2]",
        "g.json: the entry at [1] is a number, but a list is expected: \
         give all entries of a list the same shape",
    );
    check_message(
        "json",
        "[1, {\"a\": 2}]",
        "g.json: the entry at [1] is an object, but a number is expected: \
         give all entries of a list the same shape",
    );
    check_message(
        "json",
        "{\"W\": [1], \"W\": [2]}",
        "g.json, block W: two blocks have this name: give every block its own",
    );
    check_message(
        "json",
        b"[1, \xff]",
        "g.json: this is not a valid json file (it is not UTF-8 text): write it again",
    );
}

#[test]
fn bad_tables_are_told_with_their_line() {
    check_message(
        "csv",
        "1,2\n3,x\n",
        "g.csv, line 2, column 2: \"x\" is not a number: write a decimal number such as -0.5 or 1e-3",
    );
    check_message(
        "csv",
        "1,2\n3\n",
        "g.csv, line 2: 1 cell where line 1 has 2: give every line the same number of cells",
    );
    check_message(
        "csv",
        "1,2\n3,\n",
        "g.csv, line 2, column 2: the cell is empty: fill it in or remove the line",
    );
    check_message(
        "csv",
        "PK\x03\x04\0",
        "g.csv, line 1: this is not UTF-8 text (is it binary, or saved as UTF-16?): \
         save the table as CSV in UTF-8",
    );
}

#[test]
fn bad_safetensors_are_told() {
    for bytes in [
        b"short".as_slice(),
        &[0xff; 16],
        b"\x02\0\0\0\0\0\0\0{}tail",
    ] {
        let message = parsed("safetensors", bytes).unwrap_err();
        let start = "g.safetensors: this is not a valid safetensors file (";
        assert!(
            message.starts_with(start) && message.ends_with("): write it again"),
            "{message}"
        );
    }
}

/// Random bytes, and whole files with a few bytes changed or their end cut off, give blocks that are
/// what they say or an error, and never a panic.
#[test]
fn no_bytes_make_it_panic() {
    let stored = input!("stored.npz");
    let tensor = tensors(&[("w", safetensors::Dtype::F32, &[2, 1], &[0; 8])]);
    let header = npy(
        "{'descr': '<f8', 'fortran_order': True, 'shape': (1, 1)}",
        &[0; 8],
    );
    let files: [(&str, &[u8]); 9] = [
        ("npy", input!("c.npy")),
        ("npy", input!("fortran.npy")),
        ("npy", &header),
        ("npz", stored),
        ("npz", input!("deflated.npz")),
        ("safetensors", &tensor),
        ("json", input!("dumped.json")),
        (
            "json",
            b"{\"a\":{\"b\":[[1,NaN],[-Infinity,\"NaN\"]]},\"c\":2}",
        ),
        ("csv", input!("savetxt.csv")),
    ];
    let mut random = ChaCha8Rng::seed_from_u64(2);
    let mut below = |bound: usize| random.next_u32() as usize % bound.max(1);
    for _ in 0..3_000 {
        for (extension, whole) in files {
            let mut bytes = match below(8) {
                0 => (0..below(64)).map(|_| below(256) as u8).collect(),
                1 => whole[..below(whole.len())].to_vec(),
                _ => whole.to_vec(),
            };
            for _ in 0..below(4).min(bytes.len()) {
                let at = below(bytes.len());
                // A byte of the file's own makes a syntax that is nearly right.
                bytes[at] = match below(2) {
                    0 => whole[below(whole.len())],
                    _ => below(256) as u8,
                };
            }
            match parsed(extension, &bytes) {
                Ok(blocks) => {
                    for block in blocks {
                        assert_eq!(block.shape.iter().product::<usize>(), block.values.len());
                    }
                }
                Err(message) => assert!(message.starts_with("g.")),
            }
        }
    }
}

#[track_caller]
fn check_pair_message(analytic: &[NamedBlock], numeric: &[NamedBlock], expected: &str) {
    assert_eq!(
        pair(analytic.to_vec(), numeric.to_vec())
            .unwrap_err()
            .to_string(),
        expected
    );
}

fn paired(name: &str, shape: &[usize], analytic: &[f64], numeric: &[f64]) -> PairedBlock {
    PairedBlock {
        name: name.to_owned(),
        shape: shape.to_vec(),
        analytic: analytic.to_vec(),
        numeric: numeric.to_vec(),
        stored: [StoredAs::F64; 2],
    }
}

#[test]
fn blocks_are_paired_by_name() {
    let analytic = vec![
        block("W", &[1, 2], &[1.0, 2.0]),
        block("b", &[1, 1], &[3.0]),
    ];
    let numeric = vec![block("b", &[1], &[4.0]), block("W", &[1, 2], &[5.0, 6.0])];
    let expected: Vec<PairedBlock> = vec![
        paired("W", &[1, 2], &[1.0, 2.0], &[5.0, 6.0]),
        paired("b", &[1, 1], &[3.0], &[4.0]),
    ];
    assert_eq!(pair(analytic, numeric).unwrap(), expected);
}

#[test]
fn a_single_nameless_block_is_paired_by_length() {
    let flat = block(UNNAMED, &[4], &[1.0, 2.0, 3.0, 4.0]);
    let shaped = block("W", &[2, 2], &[5.0, 6.0, 7.0, 8.0]);
    let pairs = pair(vec![flat.clone()], vec![shaped.clone()]).unwrap();
    let expected = paired("W", &[2, 2], &flat.values, &shaped.values);
    assert_eq!(pairs, [expected]);
    let pairs = pair(vec![flat.clone()], vec![flat]).unwrap();
    assert_eq!(
        (pairs[0].name.as_str(), pairs[0].shape.as_slice()),
        (UNNAMED, [4].as_slice())
    );
}

#[test]
fn blocks_that_do_not_match_are_told() {
    let w = block("W", &[1, 2], &[1.0, 2.0]);
    let b = block("b", &[1], &[3.0]);
    let flat = block(UNNAMED, &[3], &[1.0, 2.0, 3.0]);
    let same = "give both the same blocks with the same names";
    check_pair_message(
        &[w.clone(), b.clone()],
        std::slice::from_ref(&w),
        &format!(
            "the analytic gradient has a block \"b\" of length 1, \
             but the numeric one has only \"W\" of length 2: {same}"
        ),
    );
    check_pair_message(
        &[w.clone(), b.clone()],
        std::slice::from_ref(&flat),
        &format!(
            "the numeric gradient has a block \"gradient\" of length 3, \
             but the analytic one has only \"W\" of length 2, \"b\" of length 1: {same}"
        ),
    );
    check_pair_message(
        std::slice::from_ref(&w),
        &[flat],
        "block W: the analytic gradient has shape [1, 2] (2 numbers), but the numeric one has [3] (3 numbers): \
         write both with the same shape",
    );
    check_pair_message(
        &[w.clone(), b.clone()],
        &[b.clone(), block("W", &[3, 1], &[0.0; 3])],
        "block W: the analytic gradient has shape [1, 2] (2 numbers), \
         but the numeric one has [3, 1] (3 numbers): write both with the same shape",
    );
    check_pair_message(
        &[w.clone(), w.clone()],
        &[w],
        "block W: two blocks have this name: give every block its own",
    );
    check_pair_message(
        &[b],
        &[],
        "the numeric gradient has no block: give at least one",
    );
}
