//! What criterion left in its folder, by the names of the benchmarks.
//!
//! Reads `…/new/benchmark.json` and `…/new/estimates.json`, and the file on the machine beside them.
//! Refuses to know what the benchmarks mean.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use benches::{FILE, Id, Machine};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// One benchmark's median, in seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Measured {
    pub(crate) median: f64,
    /// Criterion's 95 % interval of the median.
    pub(crate) low: f64,
    pub(crate) high: f64,
    /// How many elements one iteration goes through.
    pub(crate) elements: u64,
}

impl Measured {
    /// Seconds an element.
    pub(crate) fn each(&self) -> f64 {
        self.median / self.elements as f64
    }
}

/// All of a run.
#[derive(Debug, Clone)]
pub(crate) struct Measurements {
    pub(crate) machine: Machine,
    pub(crate) found: BTreeMap<Id, Measured>,
}

#[derive(Deserialize)]
struct Benchmark {
    group_id: String,
    function_id: Option<String>,
    value_str: Option<String>,
    throughput: Option<Throughput>,
}

#[derive(Deserialize)]
struct Throughput {
    #[serde(rename = "Elements")]
    elements: Option<u64>,
}

#[derive(Deserialize)]
struct Estimates {
    median: Estimate,
}

/// In nanoseconds.
#[derive(Deserialize)]
struct Estimate {
    confidence_interval: Interval,
    point_estimate: f64,
}

#[derive(Deserialize)]
struct Interval {
    lower_bound: f64,
    upper_bound: f64,
}

/// What makes all that is read here.
const MAKE: &str = "`cargo xtask bench-report --run` makes it";

impl Measurements {
    /// Everything below a folder of criterion's.
    pub(crate) fn read(folder: &Path) -> Result<Self> {
        anyhow::ensure!(
            folder.is_dir(),
            "no results of benchmarks in {}: {MAKE}",
            folder.display()
        );
        let machine = folder.join(FILE);
        let machine = parse(&machine).with_context(|| format!("the machine is unknown: {MAKE}"))?;
        let mut found = BTreeMap::new();
        for new in folders_called_new(folder)? {
            let benchmark: Benchmark = parse(&new.join("benchmark.json"))?;
            let estimates: Estimates = parse(&new.join("estimates.json"))?;
            let id = Id {
                group: benchmark.group_id,
                function: benchmark.function_id.unwrap_or_default(),
                value: benchmark.value_str.unwrap_or_default(),
            };
            let elements = benchmark.throughput.and_then(|t| t.elements).unwrap_or(1);
            let Interval {
                lower_bound,
                upper_bound,
            } = estimates.median.confidence_interval;
            let measured = Measured {
                median: estimates.median.point_estimate * 1e-9,
                low: lower_bound * 1e-9,
                high: upper_bound * 1e-9,
                elements,
            };
            found.insert(id, measured);
        }
        Ok(Self { machine, found })
    }

    /// One benchmark; where there is none, what makes it.
    pub(crate) fn get(&self, id: &Id) -> Result<&Measured> {
        self.found.get(id).ok_or_else(|| {
            anyhow!(
                "no measurement of {id}: `{}` makes it alone, `cargo xtask bench-report --run` all of \
                 them in one run",
                id.command()
            )
        })
    }

    /// Peak memory of one engine, KiB.
    pub(crate) fn memory(&self, engine: &str) -> Result<u64> {
        let found = self.machine.memory.iter().find(|m| m.engine == engine);
        found
            .map(|memory| memory.peak)
            .ok_or_else(|| anyhow!("no measurement of {}: {MAKE}", Id::memory(engine)))
    }
}

fn parse<T: DeserializeOwned>(file: &Path) -> Result<T> {
    let text = fs::read_to_string(file).with_context(|| format!("{}", file.display()))?;
    serde_json::from_str(&text)
        .with_context(|| format!("{}: not what criterion 0.8 writes", file.display()))
}

/// Criterion keeps the last results of a benchmark in `new`, those before in `base`.
fn folders_called_new(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut waiting = vec![folder.to_path_buf()];
    while let Some(folder) = waiting.pop() {
        let entries = fs::read_dir(&folder).with_context(|| format!("{}", folder.display()))?;
        for entry in entries {
            let path = entry?.path();
            if path.join("benchmark.json").is_file() && path.ends_with("new") {
                found.push(path);
            } else if path.is_dir() {
                waiting.push(path);
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use benches::Memory;
    use insta::assert_snapshot;

    use super::*;

    /// As criterion 0.8 wrote them, the other estimates left out.
    const BENCHMARK: &str = r#"{"group_id":"full","function_id":"S3 30-64-32-1 m=569, 256 of 4097 coordinates","value_str":"1 thread","throughput":{"Elements":256},"full_id":"full/S3 30-64-32-1 m=569, 256 of 4097 coordinates/1 thread","directory_name":"full/S3 30-64-32-1 m=569, 256 of 4097 coordinates/1 thread","title":"full/S3 30-64-32-1 m=569, 256 of 4097 coordinates/1 thread"}"#;
    const ESTIMATES: &str = r#"{"median":{"confidence_interval":{"confidence_level":0.95,"lower_bound":256140731.0,"upper_bound":257922138.0},"point_estimate":256816916.0,"standard_error":465317.2447330047},"slope":null}"#;

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let new = folder.path().join("full/S3/1 thread/new");
        let base = folder.path().join("full/S3/1 thread/base");
        for (folder, estimates) in [(&new, ESTIMATES), (&base, "older")] {
            fs::create_dir_all(folder).unwrap();
            fs::write(folder.join("benchmark.json"), BENCHMARK).unwrap();
            fs::write(folder.join("estimates.json"), estimates).unwrap();
        }
        let peak = Memory {
            engine: "full".to_owned(),
            peak: 5,
        };
        let machine = Machine::here(Vec::new(), vec![peak]);
        let text = serde_json::to_string(&machine).unwrap();
        fs::write(folder.path().join(FILE), text).unwrap();
        folder
    }

    fn id(group: &str) -> Id {
        Id {
            group: group.to_owned(),
            function: "S3 30-64-32-1 m=569, 256 of 4097 coordinates".to_owned(),
            value: "1 thread".to_owned(),
        }
    }

    #[test]
    fn criterions_files_are_read() {
        let folder = folder();
        let found = Measurements::read(folder.path()).unwrap();
        assert_eq!(found.found.len(), 1);
        let measured = found.get(&id("full")).unwrap();
        assert!((measured.median - 0.256816916).abs() < 1e-12);
        assert!((measured.each() - 0.256816916 / 256.0).abs() < 1e-12);
        assert!(measured.low < measured.median && measured.median < measured.high);
        assert_eq!(found.memory("full").unwrap(), 5);
    }

    #[test]
    fn what_is_missing_is_named_with_its_command() {
        let folder = folder();
        let found = Measurements::read(folder.path()).unwrap();
        let text = |error: anyhow::Error| format!("{error:#}");
        assert_snapshot!(text(found.get(&id("course")).unwrap_err()), @"no measurement of course/S3 30-64-32-1 m=569, 256 of 4097 coordinates/1 thread: `cargo bench -p benches -- 'course/S3 30-64-32-1 m=569, 256 of 4097 coordinates/'` makes it alone, `cargo xtask bench-report --run` all of them in one run");
        assert_snapshot!(text(found.memory("course").unwrap_err()), @"no measurement of memory/course: `cargo xtask bench-report --run` makes it");
        let nowhere = Measurements::read(Path::new("nowhere")).unwrap_err();
        assert_snapshot!(text(nowhere), @"no results of benchmarks in nowhere: `cargo xtask bench-report --run` makes it");
    }

    #[test]
    fn a_broken_file_is_named() {
        let folder = folder();
        let file = folder.path().join("full/S3/1 thread/new/estimates.json");
        fs::write(&file, "{").unwrap();
        let error = Measurements::read(folder.path()).unwrap_err();
        let text = format!("{error:#}").replace(&folder.path().display().to_string(), "…");
        assert_snapshot!(text, @"…/full/S3/1 thread/new/estimates.json: not what criterion 0.8 writes: EOF while parsing an object at line 1 column 1");
    }
}
