//! Files that nobody should have to fear: too large, too deep, without an end, with two meanings; and places for a
//! result that are no regular files.

use std::collections::HashMap;
use std::io::Write;

use flate2::Compression;
use flate2::write::DeflateEncoder;
use safetensors::Dtype;
use safetensors::tensor::TensorView;

use crate::tool::{Folder, Run, refusal};

/// An array as NumPy writes it.
pub(crate) fn npy(descr: &str, shape: &str, data: &[u8]) -> Vec<u8> {
    let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n");
    let length = u16::try_from(header.len()).unwrap().to_le_bytes();
    [
        b"\x93NUMPY\x01\x00",
        length.as_slice(),
        header.as_bytes(),
        data,
    ]
    .concat()
}

/// An archive as NumPy writes it, compressed.
pub(crate) fn npz(entries: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut archive = rawzip::ZipArchiveWriter::new(&mut bytes);
    for (name, content) in entries {
        let (mut entry, config) = archive
            .new_file(format!("{name}.npy"))
            .compression_method(rawzip::CompressionMethod::DEFLATE)
            .start()
            .unwrap();
        let mut writer = config.wrap(DeflateEncoder::new(&mut entry, Compression::fast()));
        writer.write_all(content).unwrap();
        let (encoder, descriptor) = writer.finish().unwrap();
        encoder.finish().unwrap();
        entry.finish(descriptor).unwrap();
    }
    archive.finish().unwrap();
    bytes
}

pub(crate) fn tensors(dtype: Dtype, tensors: &[(&str, &[u8])]) -> Vec<u8> {
    let size = dtype.bitsize() / 8;
    let views = tensors.iter().map(|(name, data)| {
        let view = TensorView::new(dtype, vec![data.len() / size], data).unwrap();
        (*name, view)
    });
    safetensors::serialize(views.collect::<HashMap<_, _>>(), None).unwrap()
}

fn f64s(values: impl IntoIterator<Item = f64>) -> Vec<u8> {
    values.into_iter().flat_map(f64::to_le_bytes).collect()
}

/// What is beyond the limit, in files that are small or say that they are.
fn bombs() -> Folder {
    let children: Vec<String> = (0..2000).map(|i| format!("\"{i}\": [1]")).collect();
    let children = format!("{{{}}}", children.join(", "));
    let key = |length| "k".repeat(length);
    let zeros = vec![0; 2 << 20];
    let twice = vec![0; 6 << 17];
    let numbers = "1,".repeat(3 << 17) + "1";
    Folder::new()
        .with("small.json", "[1, 2]")
        .with("key.json", format!("{{\"{}\": {children}}}", key(300_000)))
        .with(
            "nested.json",
            format!("{{\"{0}\": {{\"{0}\": {{\"{0}\": [1]}}}}}}", key(2000)),
        )
        .with(
            "name.npz",
            npz(&[(&key(60_000), npy("<f8", "(1,)", &[0; 8]))]),
        )
        .with(
            "lists.json",
            "[".to_owned() + &"[],".repeat(1 << 17) + "[]]",
        )
        .with("bytes.npz", npz(&[("W", npy("|u1", "(2097152,)", &zeros))]))
        .with("claim.npz", npz(&[("W", npy("<f8", "(1000,)", &zeros))]))
        .with(
            "entries.npz",
            npz(&["a", "b"].map(|name| (name, npy("<f8", "(98304,)", &twice)))),
        )
        .with("line.csv", &numbers)
        .with("column.csv", numbers.replace(',', "\n"))
        .with(
            "names.csv",
            "w,".repeat(1 << 17) + "w\n" + &"1,".repeat(1 << 17) + "1",
        )
        .with("bytes.npy", npy("|i1", "(2097152,)", &zeros))
        .with("long.npy", npy("<f8", "(262144,)", &zeros))
        .with("bytes.safetensors", tensors(Dtype::I8, &[("w", &twice)]))
        .with("long.toml", "# ".to_owned() + &key(2 << 20))
}

/// With half a gigabyte of addresses, whoever allocates first and refuses later is ended by the system.
#[cfg(target_os = "linux")]
#[track_caller]
fn refused_in_little(folder: &Folder, line: &str) -> String {
    let run = folder.shell(&format!("ulimit -v 524288; {line}"));
    refusal(&run, line);
    run.stderr
}

#[cfg(target_os = "linux")]
#[test]
fn what_would_take_too_much_is_refused_by_name() {
    let folder = bombs();
    let much = "take more than 1 MiB of memory: name a smaller file, or raise --read-limit";
    let long = "the file is larger than 1 MiB: name a smaller file, or raise --read-limit";
    for (file, said) in [
        ("key.json", "use names of at most 4096"),
        ("nested.json", "use names of at most 4096"),
        ("name.npz", "use names of at most 4096"),
        ("lists.json", much),
        ("bytes.npz", long),
        ("claim.npz", long),
        ("entries.npz", long),
        ("line.csv", much),
        ("column.csv", much),
        ("bytes.npy", long),
        ("long.npy", long),
        ("bytes.safetensors", much),
    ] {
        let line = format!("gradcheck compare {file} small.json --read-limit 0.0009765625");
        let message = refused_in_little(&folder, &line);
        assert!(
            message.contains(said) && message.contains(file),
            "{message}"
        );
    }
    for (file, said) in [("line.csv", much), ("names.csv", much)] {
        let line = format!("gradcheck mlp --data {file} --read-limit 0.0009765625");
        let message = refused_in_little(&folder, &line);
        assert!(
            message.contains(said) && message.contains(file),
            "{message}"
        );
    }
    let message = refused_in_little(&folder, "gradcheck mlp --config long.toml");
    assert!(
        message.contains("long.toml: this is not a configuration file"),
        "{message}"
    );
}

/// 700 bytes a number were taken for these; a limit on addresses counts the binary and its threads, too.
#[cfg(target_os = "linux")]
#[test]
fn many_numbers_take_a_few_bytes_each() {
    const MANY: usize = 1_000_000;
    let values = |off: f64| f64s((0..MANY).map(|i| (i as f64).sin() + off));
    let shape = format!("({MANY},)");
    let folder = Folder::new()
        .with("g.npy", npy("<f8", &shape, &values(0.0)))
        .with("d.npz", npz(&[("W", npy("<f8", &shape, &values(1e-9)))]));
    for (line, code) in [("g.npy g.npy", 0), ("g.npy d.npz", 0)] {
        let line = format!("ulimit -v 393216; gradcheck compare {line}");
        folder.shell(&line).expect(code);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn what_has_no_end_is_refused() {
    let folder = Folder::new().with("small.json", "[1, 2]");
    for name in ["zero.npy", "zero.json", "zero.csv", "zero.toml"] {
        std::os::unix::fs::symlink("/dev/zero", folder.path().join(name)).unwrap();
    }
    for (line, file) in [
        ("compare zero.npy small.json", "zero.npy"),
        ("compare small.json zero.json", "zero.json"),
        ("compare zero.csv small.json", "zero.csv"),
        ("mlp --data zero.csv", "zero.csv"),
        ("mlp --config zero.toml", "zero.toml"),
        ("model http://127.0.0.1:9 --config zero.json", "zero.json"),
    ] {
        let message = refused_in_little(&folder, &format!("gradcheck {line}"));
        let wanted =
            format!("error: {file}: this is a device or a terminal: name a file or a pipe");
        assert!(message.starts_with(&wanted), "{line}: {message}");
    }
    for (writer, name) in [
        ("yes 1", "pipe.csv"),
        ("yes '[1,'", "pipe.json"),
        ("cat /dev/zero", "pipe.npz"),
    ] {
        let line = format!(
            "mkfifo {name}; {writer} > {name} 2> /dev/null & \
             while ! test -p {name}; do :; done; gradcheck compare {name} small.json --read-limit 0.001"
        );
        let message = refused_in_little(&folder, &line);
        assert!(message.starts_with(&format!("error: {name}")), "{message}");
    }
}

#[test]
fn the_limit_is_a_size_and_can_be_raised() {
    let folder = Folder::new()
        .with("g.json", "[1, 2, 3]")
        .with("t.csv", "1,2,0\n3,4,1\n")
        .with(
            "limit.toml",
            "read-limit = 0.00000001\ndata = \"t.csv\"\nsteps = 0\n",
        );
    for value in ["0", "-1", "nan", "1e300", "none"] {
        let message = folder.refused(&format!("compare g.json g.json --read-limit {value}"));
        assert!(message.contains("--read-limit <GIB>"), "{message}");
    }
    let message = folder.refused("mlp --config limit.toml");
    assert!(message.contains("raise --read-limit"), "{message}");
    folder
        .run("mlp --config limit.toml --read-limit 1")
        .expect(0);
    let run = folder.run("compare g.json g.json --read-limit 0.5 --format json");
    let command = run.expect(0).json()["command"].clone();
    assert_eq!(command, "gradcheck compare g.json g.json --read-limit 0.5");
}

#[cfg(target_os = "linux")]
#[test]
fn a_pipe_with_a_reader_is_written() {
    for (line, code) in [
        ("scalar", 0),
        ("faults --format json", 0),
        ("compare g.json g.json", 0),
    ] {
        let folder = Folder::new().with("g.json", "[1, 2, 3]");
        let run = folder.shell(&format!(
            "mkfifo pipe; cat pipe > got & gradcheck {line} --output pipe; code=$?; wait; exit $code"
        ));
        run.expect(code);
        let said = folder.run(line).stdout;
        // What differs is the command to run it again.
        assert_eq!(folder.read("got").lines().count(), said.lines().count());
    }
    // A reader that leaves early has seen what it wanted.
    let folder = Folder::new();
    let line = "mkfifo pipe; true < pipe & gradcheck mlp --steps 0 --output pipe; code=$?; wait; exit $code";
    folder.shell(line).expect(0);
}

#[cfg(unix)]
#[test]
fn links_that_lead_to_nothing_yet_are_followed() {
    use std::os::unix::fs::symlink;
    let folder = Folder::new().with("sub/other", "");
    let path = |name: &str| folder.path().join(name);
    symlink("new.txt", path("link")).unwrap();
    symlink("link2", path("chain")).unwrap();
    symlink("sub/far.txt", path("link2")).unwrap();
    symlink(path("sub/absolute.txt"), path("absolute")).unwrap();
    for (link, target) in [
        ("link", "new.txt"),
        ("chain", "sub/far.txt"),
        ("absolute", "sub/absolute.txt"),
    ] {
        folder.run(&format!("scalar --output {link}")).expect(0);
        assert!(folder.read(target).contains("The gradient is correct!"));
        assert!(
            path(link).symlink_metadata().unwrap().is_symlink(),
            "{link}"
        );
    }
    symlink("nowhere/x.txt", path("lost")).unwrap();
    let message = folder.refused("scalar --output lost");
    assert!(message.contains("there is no folder nowhere"), "{message}");
    symlink("loop", path("loop")).unwrap();
    folder.refused("scalar --output loop");
}

/// Files that say a thing twice, or what no gradient is.
#[test]
fn what_has_two_meanings_is_refused() {
    let header = |text: &str| {
        let length = (text.len() as u64).to_le_bytes();
        [length.as_slice(), text.as_bytes(), &[0; 16]].concat()
    };
    let w = r#""w": {"dtype": "F64", "shape": [1], "data_offsets": [0, 8]}"#;
    let b = r#""w": {"dtype": "F64", "shape": [1], "data_offsets": [8, 16]}"#;
    let numbers = || npy("<f8", "(1,)", &[0; 8]);
    let dictionary = |text: &str| {
        let length = u16::try_from(text.len()).unwrap().to_le_bytes();
        let start = b"\x93NUMPY\x01\x00";
        [start, length.as_slice(), text.as_bytes(), &[0; 8]].concat()
    };
    let rest = "'fortran_order': False, 'shape': (1,)";
    let record = "[('a', '<f4'), ('b', '<f4')]";
    let folder = Folder::new()
        .with("keys.safetensors", header(&format!("{{{w}, {b}}}")))
        .with(
            "inner.safetensors",
            header(&format!(
                "{{{}}}",
                w.replace("\"shape\"", "\"dtype\": \"F64\", \"shape\"")
            )),
        )
        .with(
            "entries.npz",
            npz(&[("w", numbers()), ("b", numbers()), ("w", numbers())]),
        )
        .with(
            "inside.npz",
            npz(&[(
                "w",
                dictionary(&format!("{{'descr': '<f8', {rest}, 'shape': (1,)}}")),
            )]),
        )
        .with(
            "keys.npy",
            dictionary(&format!("{{'descr': '<f8', 'descr': '<f8', {rest}}}")),
        )
        .with(
            "order.npy",
            dictionary(&format!(
                "{{'descr': '<f8', {rest}, 'fortran_order': True}}"
            )),
        )
        .with(
            "record.npy",
            dictionary(&format!("{{'descr': {record}, {rest}}}")),
        )
        .with(
            "record.npz",
            npz(&[("w", dictionary(&format!("{{'descr': {record}, {rest}}}")))]),
        )
        .with("nameless.npy", npy("<V2", "(4,)", &[0; 8]))
        .with("nameless.npz", npz(&[("w", npy("|V2", "(4,)", &[0; 8]))]))
        .with("void.npy", npy("|V8", "(1,)", &[0; 8]))
        .with("complex.npy", npy("<c8", "(1,)", &[0; 8]))
        .with("keys.json", r#"{"w": [1], "b": [2], "w": [3]}"#)
        .with("inner.json", r#"{"a": {"w": [1], "w": [1]}}"#)
        .with("objects.json", r#"{"a": {"w": [1]}, "a": {"b": [1]}}"#)
        .with("joined.json", r#"{"a": {"w": [1]}, "a.w": [1]}"#)
        .with("nan.json", "{NaN: [1]}")
        .with("infinity.json", "{\"a\": {-Infinity : [1]}}")
        .with("model.json", r#"{"a": {"b": 1, "b": 2}}"#);
    let files = [
        "keys.safetensors",
        "inner.safetensors",
        "entries.npz",
        "inside.npz",
        "keys.npy",
        "order.npy",
        "record.npy",
        "record.npz",
        "nameless.npy",
        "nameless.npz",
        "void.npy",
        "complex.npy",
        "keys.json",
        "inner.json",
        "objects.json",
        "joined.json",
        "nan.json",
        "infinity.json",
    ];
    let messages = files.map(|file| folder.refused(&format!("compare {file} {file}")));
    let model = folder.refused("model http://127.0.0.1:9 --config model.json");
    insta::assert_snapshot!(messages.concat() + &model, @r#"
    error: keys.safetensors: the key "w" occurs twice: write each key once
    error: inner.safetensors: the key "dtype" occurs twice: write each key once
    error: entries.npz, block w: two blocks have this name: give every block its own
    error: inside.npz, block w: this is not a valid npy file (its header has the key shape twice): write it again
    error: keys.npy: this is not a valid npy file (its header has the key descr twice): write it again
    error: order.npy: this is not a valid npy file (its header has the key fortran_order twice): write it again
    error: record.npy: a structured array is not supported: save each of its fields as an array of its own
    error: record.npz, block w: a structured array is not supported: save each of its fields as an array of its own
    error: nameless.npy: numbers of type <V2 are raw bytes whose type name was lost, possibly bfloat16: save them as 64-bit floats, or as .safetensors
    error: nameless.npz, block w: numbers of type |V2 are raw bytes whose type name was lost, possibly bfloat16: save them as 64-bit floats, or as .safetensors
    error: void.npy: numbers of type |V8 are not supported: save them as 64-bit floats
    error: complex.npy: numbers of type <c8 are not supported: save them as 64-bit floats
    error: keys.json, block w: two blocks have this name: give every block its own
    error: inner.json, block a.w: two blocks have this name: give every block its own
    error: objects.json, block a: two blocks have this name: give every block its own
    error: joined.json, block a.w: two blocks have this name: give every block its own
    error: nan.json, line 1, column 2: key must be a string: a gradient is a list of numbers, or an object of named lists
    error: infinity.json, line 1, column 8: key must be a string: a gradient is a list of numbers, or an object of named lists
    error: model.json: the key "b" occurs twice: write each key once
    "#);
}

/// A row of numbers with one word in it is no header, whichever it is.
#[test]
fn a_word_among_numbers_is_no_header() {
    for (table, place, word) in [
        ("1,2,x\n3,4,0\n", "line 1, column 3", "x"),
        ("l.5;2;0\n3;4;1\n", "line 1, column 1", "l.5"),
        ("\n7 O 1\n3 4 0\n", "line 2, column 2", "O"),
    ] {
        let folder = Folder::new().with("t.csv", table);
        let message = folder.refused("mlp --data t.csv --steps 0");
        let wanted = format!("error: t.csv, {place}: \"{word}\" is not a number, but other cells");
        assert!(message.starts_with(&wanted), "{message}");
        let named = folder.run("mlp --data t.csv --steps 0 --header yes");
        assert_ne!(named.code, 2, "{}", named.stderr);
    }
}

/// bfloat16 by cutting off the lower half, as is usual.
fn bfloat16(values: &[f64]) -> Vec<u8> {
    let upper = |v: &f64| (((*v as f32).to_bits() >> 16) as u16).to_le_bytes();
    values.iter().flat_map(upper).collect()
}

fn half(values: &[f64]) -> Vec<u8> {
    let rounded = |v: &f64| half::f16::from_f64(*v).to_le_bytes();
    values.iter().flat_map(rounded).collect()
}

fn compared(folder: &Folder, code: i32) -> Run {
    folder
        .run("compare g.safetensors d.safetensors")
        .expect(code)
}

#[test]
fn the_type_that_numbers_are_stored_in_sets_the_tolerance() {
    let d: Vec<f64> = (0..60)
        .map(|i| (f64::from(i) * 0.7).sin() * 3e-4 + 1e-5)
        .collect();
    let exact = tensors(Dtype::F64, &[("W", &f64s(d.iter().copied()))]);
    let mut wrong = d.clone();
    wrong[7] *= -1.0;
    type Encode = fn(&[f64]) -> Vec<u8>;
    let types: [(Dtype, Encode); 3] = [
        (Dtype::BF16, bfloat16),
        (Dtype::F16, half),
        (Dtype::F32, |v| {
            v.iter().flat_map(|v| (*v as f32).to_le_bytes()).collect()
        }),
    ];
    for (dtype, encode) in types {
        let stored = |values: &[f64]| tensors(dtype, &[("W", &encode(values))]);
        let [right, off] = [stored(&d), stored(&wrong)];
        let folder = |g: &[u8], d: &[u8]| {
            Folder::new()
                .with("g.safetensors", g)
                .with("d.safetensors", d)
        };
        compared(&folder(&right, &exact), 0);
        compared(&folder(&exact, &right), 0);
        compared(&folder(&right, &right), 0);
        let run = compared(&folder(&off, &exact), 1);
        run.says(&["W is wrong in 1 of 60 entries, by up to 5.7e-04 at W[7]"]);
    }
}

#[test]
fn zero_is_zero_by_the_scale_of_all() {
    let verdict = |g: &str, d: &str, code| {
        let folder = Folder::new().with("g.json", g).with("d.json", d);
        folder.run("compare g.json d.json").expect(code)
    };
    let w = "\"W\": [1, -2, 0.5]";
    for (g, d) in [("1e-17", "0"), ("0", "-3e-17"), ("2e-18", "-7e-16")] {
        let run = verdict(
            &format!("{{{w}, \"b\": [{g}]}}"),
            &format!("{{{w}, \"b\": [{d}]}}"),
            0,
        );
        run.says(&["1 entry (b) is zero to within rounding"]);
    }
    // Nothing says that this is nothing.
    verdict("[1e-17]", "[0]", 1);
    verdict(
        &format!("{{{w}, \"b\": [1e-9]}}"),
        &format!("{{{w}, \"b\": [0]}}"),
        1,
    );
}

#[test]
fn one_entry_speaks_for_itself() {
    let list = |at: usize, off: f64| {
        let value = |i: usize| (i as f64 + 1.0).sin() + if i == at { off } else { 0.0 };
        format!("{:?}", (0..100).map(value).collect::<Vec<_>>())
    };
    for (off, code, counts) in [
        (0.5, 1, ["1", "99", "0"]),
        (1e-3, 1, ["1", "99", "0"]),
        (1e-5, 3, ["0", "99", "1"]),
        (1e-9, 0, ["0", "100", "0"]),
    ] {
        let folder = Folder::new()
            .with("g.json", list(41, off))
            .with("d.json", list(0, 0.0));
        let report = folder
            .run("compare g.json d.json --format json")
            .expect(code)
            .json();
        let found = ["disagree", "agree", "inconclusive"]
            .map(|word| report["checks"][0]["counts"][word].to_string());
        assert_eq!(found, counts, "{off}");
    }
}
