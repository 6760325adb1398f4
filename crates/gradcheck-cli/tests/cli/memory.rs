//! The memory that `--memory-limit` is held against: no less than a run takes, and not much more.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

const MIB: f64 = (1 << 20) as f64;

/// What a run that was refused has not come to take.
const BEGUN: f64 = 16.0 * MIB;

/// The program itself, which the estimate leaves out.
const PROGRAM: f64 = 8.0 * MIB;

/// What the allocator holds back at most, in the estimate.
const HELD_BACK: f64 = 56.0 * MIB;

/// Sizes at which a run takes a hundred megabytes or so, each by another part of the program.
const RUNS: &[&str] = &[
    "--layers 30,400,300,1 --steps 0",
    "--layers 30,700,700,1 --steps 0 --sample 100",
    "--layers 30,200,1 --data synthetic --rows 3000 --steps 0 --engine full --sample 4",
];

/// Refused just below what it is said to take and let in just above; the peak is no more than that, and less by no more
/// than a third and what the allocator may hold back, which differs from run to run.
#[test]
fn the_estimate_bounds_the_peak() {
    if !cfg!(target_os = "linux") {
        eprintln!(
            "skipped: how much memory a process took is read from /proc, which only Linux has"
        );
        return;
    }
    for line in RUNS {
        let estimate = estimate(line);
        let below = limited(line, 0.97 * estimate);
        assert!(refusal(&below).is_some(), "{line}");
        let (peak, refused) = peak(&limited(line, 1.03 * estimate));
        assert!(!refused.contains("would need"), "{line}: {refused}");
        println!(
            "{line}: {:.0} MiB, said to take {:.0}",
            peak / MIB,
            estimate / MIB
        );
        assert!(peak <= estimate + PROGRAM, "{line}: {peak} {estimate}");
        assert!(
            estimate <= 1.3 * peak + HELD_BACK,
            "{line}: {peak} {estimate}"
        );
    }
}

/// What a run is said to take, in bytes, by the words that refuse it.
fn estimate(line: &str) -> f64 {
    let mut estimate: f64 = 0.0;
    // It is said before the data is read, and again with the number of examples.
    while let Some(words) = refusal(&limited(line, (1.01 * estimate).max(1.0))) {
        let (number, unit) = words.split_once(' ').unwrap();
        assert_eq!(unit, "MiB", "{line}: three digits are wanted");
        estimate = number.parse::<f64>().unwrap() * MIB;
    }
    estimate
}

fn limited(line: &str, bytes: f64) -> String {
    format!("{line} --memory-limit {}", bytes / (1024.0 * MIB))
}

/// `123 MiB` of the message that refuses a run; `None` where it is let in, which ends it.
fn refusal(line: &str) -> Option<String> {
    let mut child = start(line);
    // A refusal comes before anything is asked for: of a run that is let in that much is enough to know.
    while child.try_wait().unwrap().is_none() {
        if resident(&child).is_some_and(|resident| resident > BEGUN) {
            child.kill().unwrap();
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    let output = child.wait_with_output().unwrap();
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    let (_, words) = words.split_once("the check would need about ")?;
    Some(words.split_once(" of memory")?.0.to_owned())
}

/// The most memory that a run had, in bytes, and what it complained of.
fn peak(line: &str) -> (f64, String) {
    let mut child = start(line);
    let mut peak = 0.0;
    while child.try_wait().unwrap().is_none() {
        // Of a process that ends at this moment there is none.
        peak = resident(&child).unwrap_or(peak);
        std::thread::sleep(Duration::from_millis(1));
    }
    let output = child.wait_with_output().unwrap();
    (peak, String::from_utf8_lossy(&output.stderr).into_owned())
}

fn start(line: &str) -> Child {
    Command::new(env!("CARGO_BIN_EXE_gradcheck"))
        .arg("mlp")
        .args(line.split_whitespace())
        .args(["--format", "json", "--threads", "2"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// The most memory that a process has had so far.
fn resident(child: &Child) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kib = line.split_whitespace().nth(1)?.parse::<f64>().ok()?;
    Some(1024.0 * kib)
}
