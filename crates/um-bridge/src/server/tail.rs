//! The last lines of what a process writes. Its pipes are always read, so that it never waits for us.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use finite_diff::printable::printable;

/// How many lines are kept: a traceback of Python fits.
const LINES: usize = 12;
/// How many bytes of each.
const LINE_BYTES: usize = 300;
/// How long to wait for the last output of a process that has ended: its children may keep the pipe open.
const LAST_WORDS: Duration = Duration::from_millis(500);

#[derive(Debug, Clone)]
pub(super) struct Tail {
    lines: Arc<Mutex<VecDeque<String>>>,
    open: Arc<AtomicUsize>,
}

impl Tail {
    pub(super) fn new() -> Self {
        Self {
            lines: Arc::default(),
            open: Arc::default(),
        }
    }

    /// Reads `pipe` to its end on a thread of its own.
    pub(super) fn follow(&self, pipe: impl Read + Send + 'static) {
        let tail = self.clone();
        self.open.fetch_add(1, Ordering::Relaxed);
        // Not joined: it ends with the pipe.
        std::thread::spawn(move || {
            tail.read(BufReader::new(pipe));
            tail.open.fetch_sub(1, Ordering::Release);
        });
    }

    /// Waits briefly for the pipes to end.
    pub(super) fn settle(&self) {
        let begun = Instant::now();
        while self.open.load(Ordering::Acquire) > 0 && begun.elapsed() < LAST_WORDS {
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    pub(super) fn lines(&self) -> Vec<String> {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().cloned().collect()
    }

    /// The lines as the end of a message.
    pub(super) fn words(&self) -> String {
        let lines = self.lines();
        if lines.is_empty() {
            return "it wrote nothing".to_owned();
        }
        let shown: String = lines.iter().map(|line| format!("\n  | {line}")).collect();
        format!("the last lines it wrote:{shown}")
    }

    fn read(&self, mut pipe: impl BufRead) {
        let mut line = Vec::new();
        loop {
            let (used, ended) = match pipe.fill_buf() {
                Ok([]) => break,
                Ok(bytes) => {
                    let end = bytes.iter().position(|byte| *byte == b'\n');
                    let part = &bytes[..end.unwrap_or(bytes.len())];
                    let room = LINE_BYTES.saturating_sub(line.len()).min(part.len());
                    line.extend_from_slice(&part[..room]);
                    (part.len() + usize::from(end.is_some()), end.is_some())
                }
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(_) => break,
            };
            pipe.consume(used);
            if ended {
                self.push(&line);
                line.clear();
            }
        }
        self.push(&line);
    }

    fn push(&self, line: &[u8]) {
        let text = String::from_utf8_lossy(line);
        let text = text.trim_end().replace('\t', " ");
        if text.is_empty() {
            return;
        }
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.push_back(printable(&text).to_string());
        if lines.len() > LINES {
            lines.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{LINE_BYTES, LINES, Tail};

    fn check(written: &str, expected: &[&str]) {
        let tail = Tail::new();
        tail.read(written.as_bytes());
        assert_eq!(tail.lines(), expected);
    }

    #[test]
    fn the_last_lines_are_kept_and_no_more() {
        check("", &[]);
        check(
            "one\r\n\n\ttwo\u{1b}[31m\nthree",
            &["one", r" two\u{1b}[31m", "three"],
        );
        let many: String = (0..100).map(|i| format!("{i}\n")).collect();
        let last: Vec<String> = (100 - LINES..100).map(|i| i.to_string()).collect();
        check(&many, &last.iter().map(String::as_str).collect::<Vec<_>>());
        check(&"x".repeat(100_000), &["x".repeat(LINE_BYTES).as_str()]);
    }
}
