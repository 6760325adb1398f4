//! One line of a table, split into cells.
//!
//! Knows one line at a time: neither columns nor what a cell means.

use std::borrow::Cow;

/// What stands between two cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Delimiter {
    /// This character.
    Character(char),
    /// Any run of blanks.
    Blanks,
}

/// A quotation mark was opened and not closed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct OpenQuote;

impl Delimiter {
    /// The delimiter of a table whose first line is `line`: the most frequent of comma, semicolon and
    /// tab outside quotation marks (the first of these if equal), or blanks if there is none of them.
    pub(crate) fn of(line: &str) -> Self {
        let mut counts = [(',', 0_usize), (';', 0), ('\t', 0)];
        let mut quoted = false;
        for character in line.chars() {
            if character == '"' {
                quoted = !quoted;
            } else if !quoted {
                for (delimiter, count) in &mut counts {
                    *count += usize::from(*delimiter == character);
                }
            }
        }
        let mut best = (Self::Blanks, 0);
        for (delimiter, count) in counts {
            if count > best.1 {
                best = (Self::Character(delimiter), count);
            }
        }
        best.0
    }

    /// The cells of `line`, without surrounding blanks and without their quotation marks.
    pub(crate) fn split(self, line: &str) -> Result<Vec<Cow<'_, str>>, OpenQuote> {
        let mut cells = Vec::new();
        // Surrounding tabs are empty cells where tabs delimit.
        let mut rest = if self == Self::Blanks {
            line.trim()
        } else {
            line
        };
        loop {
            let (cell, after) = match self.skip_blanks(rest).strip_prefix('"') {
                Some(quoted) => self.quoted_cell(quoted)?,
                None => {
                    let end = rest.find(|c| self.is(c)).unwrap_or(rest.len());
                    (Cow::Borrowed(rest[..end].trim()), &rest[end..])
                }
            };
            cells.push(cell);
            let Some(delimiter) = after.chars().next() else {
                return Ok(cells);
            };
            rest = &after[delimiter.len_utf8()..];
            if self == Self::Blanks {
                rest = rest.trim_start();
            }
        }
    }

    fn is(self, character: char) -> bool {
        match self {
            Self::Character(delimiter) => character == delimiter,
            Self::Blanks => character.is_whitespace(),
        }
    }

    fn skip_blanks(self, text: &str) -> &str {
        text.trim_start_matches(|c: char| c.is_whitespace() && !self.is(c))
    }

    /// The cell whose opening quotation mark stands before `text`, and what follows it from the
    /// delimiter on. A doubled mark inside is one mark.
    fn quoted_cell(self, text: &str) -> Result<(Cow<'_, str>, &str), OpenQuote> {
        let mut cell = Cow::Borrowed("");
        let mut rest = text;
        loop {
            let mark = rest.find('"').ok_or(OpenQuote)?;
            let part = &rest[..mark];
            rest = &rest[mark + 1..];
            if cell.is_empty() {
                cell = Cow::Borrowed(part);
            } else {
                cell.to_mut().push_str(part);
            }
            match rest.strip_prefix('"') {
                Some(after) => {
                    cell.to_mut().push('"');
                    rest = after;
                }
                None => break,
            }
        }
        let end = rest.find(|c| self.is(c)).unwrap_or(rest.len());
        let trailing = rest[..end].trim();
        if !trailing.is_empty() {
            cell.to_mut().push_str(trailing);
        }
        let cell = match cell {
            Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
            Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
        };
        Ok((cell, &rest[end..]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, expected: &[&str]) {
        let cells = Delimiter::of(line).split(line).unwrap();
        assert_eq!(cells, expected, "{line:?}");
    }

    #[test]
    fn cells_lose_blanks_and_quotation_marks() {
        check("1,2,3", &["1", "2", "3"]);
        check(" 1 , 2\t,3 ", &["1", "2", "3"]);
        check(r#""1", " 2 " ,"a,b""#, &["1", "2", "a,b"]);
        check(r#""say ""hi""",x"#, &["say \"hi\"", "x"]);
        check(r#""""hi""",x"#, &["\"hi\"", "x"]);
        check(",1,", &["", "1", ""]);
        check("1;2;3,5", &["1", "2", "3,5"]);
        check("1\t\t3", &["1", "", "3"]);
        check("  1   2\u{a0}3 ", &["1", "2", "3"]);
        check(r#""a b" c"#, &["a b", "c"]);
        check("7", &["7"]);
        check("é,ü", &["é", "ü"]);
    }

    #[test]
    fn an_open_quotation_mark_is_told() {
        assert_eq!(Delimiter::of("1,\"2").split("1,\"2,3"), Err(OpenQuote));
    }
}
