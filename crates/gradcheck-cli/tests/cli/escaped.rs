//! Whatever others call their things, the terminal gets text: every entrance of a name, every way out.

use std::fs;
use std::path::Path;

use finite_diff::printable::is_hidden;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::model::mock::{Fault, Mock};
use crate::tool::{Folder, blocks, checks, gradcheck, text};

/// Each does something to a terminal, or to who reads it.
const NAMES: [&str; 14] = [
    "\u{1b}[2J\u{1b}[H",
    "\u{1b}]0;title\u{7}",
    "\u{1b}[31m\u{1b}[1m",
    "a\nFORGED: the gradient is right",
    "a\rFORGED",
    "\u{8}\u{8}\u{8}b",
    "\u{9b}2J\u{9d}0;t\u{9c}",
    "a\u{7f}",
    "\u{202e}thgir\u{202c}\u{2066}x\u{2069}",
    "\u{200e}\u{200f}\u{61c}a",
    "a\u{200b}\u{200d}\u{feff}b",
    "a\u{2028}FORGED\u{2029}b",
    "\u{e0041}\u{e0042}",
    "\\u001b'\"`$(x)",
];

/// Where a name comes in.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Entrance {
    Model,
    Refusal,
    WrongModel,
    Json,
    Npz,
    Safetensors,
    PointOfModel,
    Header,
    Config,
    ConfigValue,
    File,
    Folder,
    Argument,
    Block,
    Url,
    Fault,
}

const ENTRANCES: [Entrance; 16] = [
    Entrance::Model,
    Entrance::Refusal,
    Entrance::WrongModel,
    Entrance::Json,
    Entrance::Npz,
    Entrance::Safetensors,
    Entrance::PointOfModel,
    Entrance::Header,
    Entrance::Config,
    Entrance::ConfigValue,
    Entrance::File,
    Entrance::Folder,
    Entrance::Argument,
    Entrance::Block,
    Entrance::Url,
    Entrance::Fault,
];

/// An archive with one array of two numbers, stored.
fn npz(name: &str, values: [f64; 2]) -> Vec<u8> {
    let mut npy = b"\x93NUMPY\x01\x00\x76\x00".to_vec();
    let header = "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }";
    npy.extend(format!("{header:<117}\n").bytes());
    npy.extend(values.iter().flat_map(|x| x.to_le_bytes()));
    let name = format!("{name}.npy");
    let mut crc = flate2::Crc::new();
    crc.update(&npy);
    let common = |out: &mut Vec<u8>| {
        // Version, flags (names are UTF-8), method, time, date.
        out.extend([20, 0, 0, 8, 0, 0, 0, 0, 0x21, 0]);
        out.extend(crc.sum().to_le_bytes());
        for _ in 0..2 {
            out.extend((npy.len() as u32).to_le_bytes());
        }
        out.extend((name.len() as u16).to_le_bytes());
        out.extend([0, 0]);
    };
    let mut file = b"PK\x03\x04".to_vec();
    common(&mut file);
    file.extend(name.bytes());
    file.extend(&npy);
    let directory = file.len();
    file.extend(b"PK\x01\x02\x14\x00");
    common(&mut file);
    // Comment, disk, attributes, place of the file.
    file.extend([0; 14]);
    file.extend(name.bytes());
    let size = (file.len() - directory) as u32;
    file.extend(b"PK\x05\x06\0\0\0\0\x01\0\x01\0");
    file.extend(size.to_le_bytes());
    file.extend((directory as u32).to_le_bytes());
    file.extend([0, 0]);
    file
}

fn safetensors(name: &str, values: [f64; 2]) -> Vec<u8> {
    let header = json!({name: {"dtype": "F64", "shape": [2], "data_offsets": [0, 16]}}).to_string();
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend(header.bytes());
    file.extend(values.iter().flat_map(|x| x.to_le_bytes()));
    file
}

/// The arguments of a run in `folder` that meets `name`, and a server that is to live as long.
fn arguments(entrance: Entrance, name: &str, folder: &Path) -> (Vec<String>, Option<Mock>) {
    let write = |file: &str, content: &[u8]| fs::write(folder.join(file), content).unwrap();
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    let model = |mock: Mock, more: &[&str]| {
        let mut line: Vec<String> = vec!["model".to_owned(), mock.url.clone()];
        line.extend(more.iter().map(|word| (*word).to_owned()));
        (line, Some(mock))
    };
    // Without a slash and of a length that a file system takes.
    let file: String = name.replace(['/', '\0'], "").chars().take(50).collect();
    let line = match entrance {
        Entrance::Model => return model(Mock::named(name), &[]),
        Entrance::Refusal => return model(Mock::refusing(name), &[]),
        Entrance::WrongModel => {
            return model(Mock::start(Fault::None), &["--model", name]);
        }
        Entrance::PointOfModel => {
            write("at.json", json!({name: [1.0, 2.0]}).to_string().as_bytes());
            return model(Mock::start(Fault::None), &["--at", "at.json"]);
        }
        Entrance::Block => {
            let block = format!("{name}:3");
            return model(
                Mock::start(Fault::Gradient),
                &["--block", &block, "--block", "y:2"],
            );
        }
        Entrance::Json => {
            write("a.json", json!({name: [1.0, 2.0]}).to_string().as_bytes());
            write("b.json", json!({name: [1.0, 4.0]}).to_string().as_bytes());
            words(&["compare", "a.json", "b.json"])
        }
        Entrance::Npz => {
            write("a.npz", &npz(name, [1.0, 2.0]));
            write("b.npz", &npz(name, [1.0, 4.0]));
            words(&["compare", "a.npz", "b.npz"])
        }
        Entrance::Safetensors => {
            write("a.safetensors", &safetensors(name, [1.0, 2.0]));
            write("b.safetensors", &safetensors("W", [1.0, 4.0]));
            words(&["compare", "a.safetensors", "b.safetensors"])
        }
        Entrance::Header => {
            let quoted = name.replace('"', "\"\"");
            let table = format!("x,\"{quoted}\",y\n1,{quoted},0\n2,3,1\n4,5,0\n");
            write("table.csv", table.as_bytes());
            words(&["mlp", "--data", "table.csv", "--steps", "0"])
        }
        Entrance::Config => {
            let key = json!(name).to_string();
            write("net.toml", format!("{key} = 1\n").as_bytes());
            words(&["mlp", "--config", "net.toml"])
        }
        Entrance::ConfigValue => {
            write(
                "net.toml",
                format!("data = \"{name}\"\nsteps = {name}").as_bytes(),
            );
            words(&["mlp", "--config", "net.toml"])
        }
        Entrance::File => {
            let file = format!("{file}.npy");
            write(&file, b"no array");
            words(&["compare", &file, &file])
        }
        Entrance::Folder => words(&["faults", "--output", &format!("no {file}/{file}")]),
        Entrance::Argument => {
            let word = name.trim_start_matches('-').replace('\0', "");
            words(&["compare", "a.json", "b.json", &word])
        }
        Entrance::Url => words(&["model", &format!("http://{}", name.replace('\0', ""))]),
        Entrance::Fault => words(&["mlp", "--fault", &format!("={}", name.replace('\0', ""))]),
    };
    (line, None)
}

/// Runs it and looks at all that comes out. What stood on standard output.
fn clean(entrance: Entrance, name: &str, format: &str, color: &str, to_file: bool) -> String {
    let folder = Folder::new();
    let (mut line, server) = arguments(entrance, name, folder.path());
    line.retain(|word| !word.contains('\0'));
    if entrance != Entrance::Argument {
        line.extend(["--format", format].map(str::to_owned));
    }
    if to_file && !matches!(entrance, Entrance::Folder | Entrance::Argument) {
        line.extend(["--output", "out"].map(str::to_owned));
    }
    let output = gradcheck()
        .args(["--color", color])
        .args(&line)
        .current_dir(folder.path())
        .output()
        .unwrap();
    drop(server);
    let code = output.status.code();
    assert!(
        matches!(code, Some(0..=3)),
        "{entrance:?} {name:?}: {output:?}"
    );
    let stdout = String::from_utf8(output.stdout).unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    let file = fs::read_to_string(folder.path().join("out")).unwrap_or_default();
    for said in [&stdout, &stderr, &file] {
        let mut left = said.clone();
        if color == "always" {
            // The palette, and nothing like it.
            for style in ["0", "1", "2", "31", "32", "33"] {
                left = left.replace(&format!("\u{1b}[{style}m"), "");
            }
        }
        for line in left.split('\n') {
            assert!(!line.contains(is_hidden), "{entrance:?} {name:?}: {said:?}");
            assert!(!line.starts_with("FORGED"), "{entrance:?} {name:?}: {said}");
        }
        assert!(!said.contains("panicked"), "{entrance:?} {name:?}: {said}");
    }
    if file.is_empty() { stdout } else { file }
}

#[test]
fn no_name_at_any_entrance_reaches_a_terminal() {
    // Each with one of the ways out, all of them over the names.
    let ways = [
        ("text", "always"),
        ("text", "never"),
        ("short", "always"),
        ("short", "never"),
        ("json", "always"),
        ("json", "never"),
    ];
    std::thread::scope(|scope| {
        for part in 0..4 {
            scope.spawn(move || {
                for (i, entrance) in ENTRANCES.into_iter().enumerate() {
                    for (j, name) in NAMES.into_iter().enumerate() {
                        if (i + j) % 4 == part {
                            let (format, color) = ways[(i + j / 2) % ways.len()];
                            clean(entrance, name, format, color, (i + j) % 3 == 0);
                        }
                    }
                }
            });
        }
    });
}

#[test]
fn a_script_reads_the_name_as_it_was() {
    for (entrance, name) in [Entrance::Json, Entrance::Npz]
        .into_iter()
        .flat_map(|entrance| NAMES.map(|name| (entrance, name)))
    {
        let document: Value =
            serde_json::from_str(&clean(entrance, name, "json", "never", false)).unwrap();
        assert_eq!(
            text(&blocks(&checks(&document)[0])[0]["name"]),
            name,
            "{entrance:?}"
        );
    }
    for name in NAMES {
        let document: Value =
            serde_json::from_str(&clean(Entrance::Model, name, "json", "never", true)).unwrap();
        assert_eq!(text(&document["model"]["name"]), name);
    }
}

/// The source of the command, file by file.
fn sources(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else {
            let name = path.to_string_lossy().replace('\\', "/");
            found.push((name, fs::read_to_string(&path).unwrap()));
        }
    }
}

#[test]
fn there_is_one_way_out() {
    let mut found = Vec::new();
    sources(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut found,
    );
    let touches = |text: &str| {
        ["::stdout()", "::stderr()", "print!(", "println!("]
            .iter()
            .any(|word| text.contains(word))
    };
    let mut doors: Vec<&str> = found
        .iter()
        .filter(|(_, text)| touches(text))
        .filter_map(|(name, _)| name.rsplit_once("/src/").map(|(_, name)| name))
        // Compiled for tests alone.
        .filter(|name| *name != "fuzz.rs")
        .collect();
    doors.sort_unstable();
    assert_eq!(doors, ["output/terminal.rs"]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn no_string_does_either(
        entrance in prop::sample::select(ENTRANCES.to_vec()),
        parts in prop::collection::vec(prop_oneof![any::<char>(), "[\\x00-\\x1f\\x7f-\\u{9f}\\u{200b}-\\u{202e}\\u{2066}-\\u{2069}]".prop_map(|s| s.chars().next().unwrap_or('\u{1b}'))], 1..12),
        format in prop::sample::select(vec!["text", "short", "json"]),
        color in prop::sample::select(vec!["always", "never"]),
        to_file in any::<bool>(),
    ) {
        let name: String = parts.into_iter().collect();
        clean(entrance, &name, format, color, to_file);
    }
}
