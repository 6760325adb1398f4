//! The lines of a text file, read as a stream, with their numbers.
//!
//! Accepts LF, CRLF and CR as ends, drops a byte order mark, skips blank lines, and stops at the first
//! sign that the file is not text. Invariant: knows nothing of cells.
//!
//! The crate `csv` is not used because it counts lines
//! differently after CRLF and after blank lines, and because an unclosed quotation mark makes it take
//! the rest of the file for one cell; an error must name the line the user has to open.

use std::io::BufRead;
use std::path::PathBuf;

use crate::csv::CsvProblem;
use crate::input_error::{Located, Place};
use crate::source_file::unreadable;

/// The longest line of a table, in bytes; without a limit, a file (or a pipe) without line
/// ends would be read until memory is full.
const LONGEST: usize = 1 << 26;

/// The non-blank lines of `reader`; `file` is what errors call it.
pub(crate) struct Lines<R> {
    reader: R,
    file: String,
    number: u64,
    buffer: Vec<u8>,
    /// The last line ended in CR, so a LF that comes first belongs to it.
    after_carriage_return: bool,
}

impl<R: BufRead> Lines<R> {
    pub(crate) fn new(reader: R, file: &str) -> Self {
        Self {
            reader,
            file: file.to_owned(),
            number: 0,
            buffer: Vec::new(),
            after_carriage_return: false,
        }
    }

    /// A line of this file, as a place.
    pub(crate) fn place(&self, line: u64) -> Place {
        Place::line(&self.file, line)
    }

    /// This file as a whole, as a place.
    pub(crate) fn file(&self) -> Place {
        Place::file(&self.file)
    }

    /// The next line that isn't blank, with its number from 1; `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<(u64, &str)>, Located<CsvProblem>> {
        loop {
            if !self.fill()? {
                return Ok(None);
            }
            if !self.buffer.iter().all(u8::is_ascii_whitespace) {
                break;
            }
        }
        match std::str::from_utf8(&self.buffer) {
            Ok(text) => Ok(Some((self.number, text))),
            Err(_) => Err(self.place(self.number).error(CsvProblem::NotText)),
        }
    }

    /// Reads one line, blank or not, into the buffer; returns whether there was one.
    fn fill(&mut self) -> Result<bool, Located<CsvProblem>> {
        const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";
        self.buffer.clear();
        self.number += 1;
        let mut anything = false;
        loop {
            let chunk = match self.reader.fill_buf() {
                Ok(chunk) => chunk,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(unreadable(&PathBuf::from(&self.file), error).widen()),
            };
            if chunk.is_empty() {
                break;
            }
            if std::mem::take(&mut self.after_carriage_return) && chunk[0] == b'\n' {
                self.reader.consume(1);
                continue;
            }
            anything = true;
            let end = chunk.iter().position(|&byte| matches!(byte, b'\n' | b'\r'));
            let line = &chunk[..end.unwrap_or(chunk.len())];
            // Checked right away: a binary file may have no line end for gigabytes.
            if line.contains(&0) {
                return Err(self.place(self.number).error(CsvProblem::NotText));
            }
            self.buffer.extend_from_slice(line);
            self.after_carriage_return = end.is_some_and(|at| chunk[at] == b'\r');
            if self.buffer.len() > LONGEST {
                return Err(self.place(self.number).error(CsvProblem::LongLine));
            }
            let used = end.map_or(chunk.len(), |at| at + 1);
            self.reader.consume(used);
            if end.is_some() {
                break;
            }
        }
        if self.number == 1 && self.buffer.starts_with(BYTE_ORDER_MARK) {
            self.buffer.drain(..BYTE_ORDER_MARK.len());
        }
        Ok(anything)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::BufReader;

    fn check(text: &str, expected: &[(u64, &str)]) {
        // Tiny buffers put every line end on a buffer's border once.
        for capacity in [1, 2, 3, 64] {
            let mut lines = Lines::new(BufReader::with_capacity(capacity, text.as_bytes()), "t");
            let mut found = Vec::new();
            while let Some((number, line)) = lines.next().unwrap() {
                found.push((number, line.to_owned()));
            }
            let found: Vec<(u64, &str)> = found.iter().map(|(n, l)| (*n, l.as_str())).collect();
            assert_eq!(found, expected, "{text:?} in buffers of {capacity}");
        }
    }

    #[test]
    fn every_line_end_counts_once() {
        check("a\nb\n\nc", &[(1, "a"), (2, "b"), (4, "c")]);
        check("a\r\nb\r\n\r\nc\r\n", &[(1, "a"), (2, "b"), (4, "c")]);
        check("a\rb\r\rc\r", &[(1, "a"), (2, "b"), (4, "c")]);
        check("\n \n\t\r\nx", &[(4, "x")]);
        check("", &[]);
        check("\n\n", &[]);
    }

    #[test]
    fn a_byte_order_mark_is_dropped_at_the_start_only() {
        check("\u{feff}a\n\u{feff}b", &[(1, "a"), (2, "\u{feff}b")]);
        check("\u{feff}", &[]);
    }
}
