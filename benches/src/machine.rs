//! What the benchmarks ran on, and how much memory they took: a file beside criterion's.
//!
//! Refuses to know names of machines and people.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, thread};

use serde::{Deserialize, Serialize};

use crate::{SIZES, Size};

/// The file's name, in criterion's folder.
pub const FILE: &str = "machine.json";

/// What stands for an engine where the problem alone is measured.
pub const ALONE: &str = "none";

/// Where memory is measured: the largest.
pub const MEMORY_SIZE: Size = SIZES[3];

/// A machine in words, and the run on it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    /// The model of the processor.
    pub processor: String,
    /// How many cores there are for us.
    pub cores: usize,
    /// Those of the instruction sets that matter for products.
    pub features: Vec<String>,
    /// The compiler.
    pub compiler: String,
    /// The load average of the last minute in the middle of the run, the benchmarks' own 1 included,
    /// where the system tells it.
    pub load: Option<f64>,
    /// What was given to the benchmarks after `--`.
    pub arguments: Vec<String>,
    /// Peaks, a process each.
    pub memory: Vec<Memory>,
}

/// The peak of resident memory of one process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// The engine, or [`ALONE`].
    pub engine: String,
    /// KiB.
    pub peak: u64,
}

impl Machine {
    /// This one; what can't be told is called unknown.
    pub fn here(arguments: Vec<String>, memory: Vec<Memory>) -> Self {
        let unknown = || "unknown".to_owned();
        Self {
            processor: processor().unwrap_or_else(unknown),
            cores: thread::available_parallelism().map_or(1, usize::from),
            features: features(),
            compiler: compiler().unwrap_or_else(unknown),
            load: load(),
            arguments,
            memory,
        }
    }
}

fn load() -> Option<f64> {
    let text = fs::read_to_string("/proc/loadavg").ok()?;
    text.split_whitespace().next()?.parse().ok()
}

fn processor() -> Option<String> {
    let text = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn compiler() -> Option<String> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(
        text.split_whitespace()
            .take(2)
            .collect::<Vec<_>>()
            .join(" "),
    )
}

#[cfg(target_arch = "x86_64")]
fn features() -> Vec<String> {
    let found = [
        ("avx", is_x86_feature_detected!("avx")),
        ("avx2", is_x86_feature_detected!("avx2")),
        ("fma", is_x86_feature_detected!("fma")),
        ("avx512f", is_x86_feature_detected!("avx512f")),
    ];
    found
        .into_iter()
        .filter(|(_, has)| *has)
        .map(|(name, _)| name.to_owned())
        .collect()
}

#[cfg(not(target_arch = "x86_64"))]
fn features() -> Vec<String> {
    vec![env::consts::ARCH.to_owned()]
}

/// The peak of this process's resident memory in KiB, where the system tells it (`VmHWM` of Linux).
pub fn peak_memory() -> Option<u64> {
    let text = fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Where criterion writes, by criterion's own rule, for a benchmark that runs from `…/release/deps/`.
pub fn output_folder(executable: &Path) -> Option<PathBuf> {
    if let Some(home) = env::var_os("CRITERION_HOME") {
        return Some(home.into());
    }
    let target = match env::var_os("CARGO_TARGET_DIR") {
        Some(target) => target.into(),
        None => executable.ancestors().nth(3)?.to_path_buf(),
    };
    Some(target.join("criterion"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_survives_its_file() {
        let machine = Machine::here(
            vec!["--noplot".to_owned()],
            vec![Memory {
                engine: "full".to_owned(),
                peak: 3,
            }],
        );
        assert!(machine.cores > 0);
        let text = serde_json::to_string(&machine).unwrap();
        assert_eq!(serde_json::from_str::<Machine>(&text).unwrap(), machine);
    }
}
