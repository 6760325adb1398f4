//! Ctrl-C: the first one ends the run with what it has.

#![cfg(target_os = "linux")]

use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::tool::{Folder, Run, blocks, checks};

/// Far more than is done before the signal comes.
const LONG: &str = "mlp --data digits --layers 64,200,100,10 --rows 30 --engine full";

/// Starts a long run and waits until it listens for signals and has worked for a while: for what its
/// process says of itself, not for a time.
fn begun(folder: &Folder, line: &str) -> Child {
    let mut child = folder
        .command(line)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while !(listens(child.id()) && ticks(child.id()) > 50) {
        assert_eq!(child.try_wait().unwrap(), None, "{line} ended too soon");
        std::thread::sleep(Duration::from_millis(5));
    }
    child
}

/// Whether SIGINT is caught.
pub(crate) fn listens(process: u32) -> bool {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let caught = status
        .lines()
        .find_map(|line| line.strip_prefix("SigCgt:"))
        .unwrap();
    let caught = u64::from_str_radix(caught.trim(), 16).unwrap();
    caught & 0b10 != 0
}

/// The processor time it has used, in hundredths of a second as a rule.
fn ticks(process: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    let (_, after_name) = stat.rsplit_once(") ").unwrap();
    after_name.split(' ').nth(11).unwrap().parse().unwrap()
}

pub(crate) fn signal(child: &Child, name: &str) {
    let status = Command::new("kill")
        .args([format!("-{name}"), child.id().to_string()])
        .status();
    assert!(status.unwrap().success());
}

fn interrupted(folder: &Folder, line: &str, by: &str) -> Run {
    let child = begun(folder, line);
    signal(&child, by);
    Run::of(child.wait_with_output().unwrap())
}

#[test]
fn the_report_says_what_was_measured() {
    for by in ["INT", "TERM"] {
        let run = interrupted(&Folder::new(), &format!("{LONG} --format json"), by).expect(3);
        let report = run.json();
        assert_eq!(report["verdict"], "inconclusive");
        assert_eq!(report["interrupted"], true);
        let [check] = checks(&report) else {
            panic!("{report}")
        };
        assert_eq!(check["interrupted"], true);
        let judged = check["judged"].as_u64().unwrap();
        // The last block's turn had not come: nothing can be said of it.
        let last = blocks(check).last().unwrap();
        assert_eq!(last["worst"], serde_json::Value::Null);
        assert_eq!(last["verdict"], "inconclusive");
        assert!(
            judged > 0 && judged < check["parameters"].as_u64().unwrap(),
            "{judged}"
        );
    }
    let run = interrupted(&Folder::new(), LONG, "INT").expect(3);
    run.says(&["not checked"]);
    run.says(&[
        "interrupted: ",
        " of 34,110 coordinates were checked",
        "Interrupted.",
        "Inconclusive:",
    ]);
}

#[test]
fn a_fault_that_was_seen_counts() {
    let line = format!("{LONG} --fault sign-flipped");
    let run = interrupted(&Folder::new(), &line, "INT").expect(1);
    run.says(&["Interrupted.", "The gradient is wrong at initialization."]);
    let run = interrupted(&Folder::new(), &format!("{line} --format json"), "INT").expect(1);
    let report = run.json();
    assert_eq!(report["verdict"], "disagree");
    assert_eq!(report["interrupted"], true);
}

#[test]
fn a_file_gets_the_interrupted_report() {
    let folder = Folder::new().with("out", "older");
    interrupted(&folder, &format!("{LONG} --output out"), "INT").expect(3);
    assert!(folder.read("out").contains("Interrupted."));
    assert_eq!(folder.content().len(), 1, "{:?}", folder.content());
}

#[test]
fn a_killed_run_leaves_nothing_behind() {
    let folder = Folder::new().with("out", "older");
    let run = interrupted(&folder, &format!("{LONG} --output out"), "KILL");
    assert_eq!(run.code, -1);
    assert_eq!(folder.read("out"), "older");
    assert_eq!(folder.content().len(), 1, "{:?}", folder.content());
}

#[test]
fn a_second_one_ends_the_process_at_once() {
    let folder = Folder::new();
    let child = begun(&folder, LONG);
    // Stopped, so that it can't be done before the second.
    signal(&child, "STOP");
    signal(&child, "INT");
    signal(&child, "TERM");
    signal(&child, "CONT");
    let run = Run::of(child.wait_with_output().unwrap());
    // The first may be through before the second is seen.
    assert!([130, 3].contains(&run.code), "{}", run.code);
    assert_eq!(run.stderr, "");
}
