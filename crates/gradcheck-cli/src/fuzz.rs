//! Thousands of almost valid files: every reader of a user's file gives a result or a clean message,
//! within the limit that it was given, and never panics.
//!
//! `GRADCHECK_FUZZ` is the number of inputs of all kinds together; each depends on its number alone, so that a
//! failing one can be reproduced. Allocations are bounded by the limit, from which every reader takes room first.

use std::collections::BTreeMap;
use std::path::Path;

use rand::rngs::ChaCha8Rng;
use rand::{Rng, SeedableRng};

use crate::args::read_config;
use crate::data::{self, CsvOptions, LoadOptions, Rows, Source, Task};
use crate::gradient_file::{self, Content};
use crate::source_file::ReadLimit;

/// Larger than any input, and smaller than the sizes that an input may claim.
const LIMIT: ReadLimit = ReadLimit::bytes(1 << 20);

/// The default number of inputs.
const USUAL: u64 = 6_000;

macro_rules! inputs {
    ($($name:literal),+) => { &[$(($name, include_bytes!(concat!("../tests/input/", $name)))),+] };
}

/// The valid files that the inputs are derived from.
const CORPUS: &[(&str, &[u8])] = inputs![
    "c.npy",
    "fortran.npy",
    "scalar.npy",
    "structured.npy",
    "stored.npz",
    "deflated.npz",
    "npyz.npz",
    "tensors.safetensors",
    "dumped.json",
    "nested.json",
    "point.json",
    "savetxt.csv",
    "flowers.csv",
    "network.toml"
];

/// Numbers at the limits of number types.
const EXTREMES: [&str; 12] = [
    "0",
    "-1",
    "1e999",
    "-0.0",
    "NaN",
    "Infinity",
    "5e-324",
    "255",
    "65536",
    "4294967295",
    "9223372036854775808",
    "340282366920938463463374607431768211456",
];

/// Text that has a special meaning to a parser or to a terminal.
const TOKENS: [&str; 16] = [
    "[",
    "{",
    "(",
    "\"",
    ",",
    ":",
    "\n",
    "\r",
    "\0",
    "\u{1b}[2J",
    "\u{7}",
    "\u{202e}",
    "\u{feff}",
    "#",
    "'descr'",
    "=",
];

struct Maker(ChaCha8Rng);

impl Maker {
    fn below(&mut self, bound: usize) -> usize {
        self.0.next_u32() as usize % bound.max(1)
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    /// Makes one random change.
    fn change(&mut self, bytes: &mut Vec<u8>) {
        let at = self.below(bytes.len() + 1);
        let to = at + self.below(bytes.len() - at + 1);
        match self.below(9) {
            // Flip a bit.
            0 => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << self.below(8);
                }
            }
            // Replace a byte by another of the file: a syntax that is almost valid.
            1 if at < bytes.len() => bytes[at] = bytes[self.below(bytes.len())],
            // Truncate the file.
            2 => bytes.truncate(at),
            // Insert a part of another file, or of the same.
            3 => {
                let other = self.one_of(CORPUS).1;
                let from = self.below(other.len());
                let part = &other[from..other.len().min(from + self.below(64))];
                bytes.splice(at..to.min(at + 64), part.iter().copied());
            }
            // Overwrite a length.
            4 => {
                let length = self.one_of(&[0, 1, u64::from(u32::MAX), 1 << 40, u64::MAX]);
                let size = self.one_of(&[1, 2, 4, 8]);
                for (slot, byte) in bytes[at..].iter_mut().zip(&length.to_le_bytes()[..size]) {
                    *slot = *byte;
                }
            }
            // Write a number in place of one, or anywhere.
            5 | 6 => {
                let digit = |byte: &u8| byte.is_ascii_digit();
                let from = bytes[at..]
                    .iter()
                    .position(digit)
                    .map_or(at, |found| at + found);
                let length = bytes[from..].iter().take_while(|byte| digit(byte)).count();
                let number = self.one_of(&EXTREMES);
                bytes.splice(from..from + length, number.bytes());
            }
            // Insert a token, once or many times.
            7 => {
                let times = self.one_of(&[1, 1, 1, 200, 5000]);
                bytes.splice(at..at, self.one_of(&TOKENS).repeat(times).into_bytes());
            }
            // Duplicate a part: keys, lines, entries.
            _ => {
                let part = bytes[at..to.min(at + 200)].to_vec();
                bytes.splice(at..at, part);
            }
        }
    }
}

/// The error message for a file; `None` if it was read, and what it gave is consistent.
fn read(path: &Path, index: u64) -> Option<String> {
    let blocks = |blocks: Vec<gradient_file::NamedBlock>| {
        for block in blocks {
            assert_eq!(block.shape.iter().product::<usize>(), block.values.len());
        }
    };
    let extension = path.extension().and_then(|e| e.to_str());
    match extension {
        Some("toml") => read_config(path).err().map(|error| error.to_string()),
        Some("json") if index.is_multiple_of(2) => match gradient_file::read_content(path, LIMIT) {
            Ok(Content::Lists(_)) => None,
            Ok(Content::Blocks(found)) => {
                blocks(found);
                None
            }
            Err(error) => Some(error.to_string()),
        },
        Some("csv") if index.is_multiple_of(2) => {
            let options = LoadOptions {
                rows: Rows::All,
                csv: CsvOptions::default(),
                standardize: true,
                seed: 0,
                synthetic_features: 1,
                task: [Task::Classes(3), Task::Regression][usize::from(index.is_multiple_of(4))],
                limit: LIMIT,
            };
            match data::load(&Source::File(path.to_owned()), &options) {
                Ok(found) => {
                    assert_eq!(found.x.len(), found.features * found.examples);
                    assert!(found.x.iter().all(|x| x.is_finite()));
                    None
                }
                Err(error) => Some(error.to_string()),
            }
        }
        _ => match gradient_file::read(path, LIMIT) {
            Ok(found) => {
                blocks(found);
                None
            }
            Err(error) => Some(error.to_string()),
        },
    }
}

#[allow(
    clippy::print_stderr,
    reason = "the test harness shows it where it is asked to"
)]
fn report(line: &str) {
    eprintln!("{line}");
}

#[test]
fn files_that_are_nearly_right_are_read_or_refused() {
    let inputs = std::env::var("GRADCHECK_FUZZ").map_or(USUAL, |count| count.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let mut counts: BTreeMap<&str, [u64; 2]> = BTreeMap::new();
    for index in 0..inputs {
        let mut maker = Maker(ChaCha8Rng::seed_from_u64(index));
        let (name, right) = maker.one_of(CORPUS);
        let mut bytes = right.to_vec();
        for _ in 0..=maker.below(4) {
            maker.change(&mut bytes);
        }
        // A name of its own: some systems wait for the disk where a file is written over.
        let path = folder.path().join(format!("{index}-{name}"));
        std::fs::write(&path, &bytes).unwrap();
        let told = read(&path, index);
        std::fs::remove_file(&path).unwrap();
        if let Some(message) = &told {
            let disturbs = |c: char| c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c);
            assert!(!message.contains(disturbs), "input {index}: {message:?}");
            assert!(message.len() < 2_000, "input {index}: {message}");
        }
        let kind = name
            .rsplit_once('.')
            .map_or(name, |(_, extension)| extension);
        counts.entry(kind).or_default()[usize::from(told.is_some())] += 1;
    }
    // Most are rejected, but not all: otherwise the changes are too small or too large to find anything.
    for (kind, [read, refused]) in counts {
        let seen = format!("{kind}: {read} read, {refused} refused");
        assert!(inputs < USUAL || (read > 0 && refused > 0), "{seen}");
        report(&seen);
    }
}
