//! One line of a table, split into cells.
//!
//! Invariant: knows nothing of columns, nor of what a cell means; it sees one line at a time.

use std::borrow::Cow;

/// The delimiter between two cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Delimiter {
    /// This character.
    Character(char),
    /// Any run of blanks.
    Blanks,
}

/// The error for a quotation mark that is not closed.
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
    pub(crate) fn split(self, line: &str) -> Cells<'_> {
        Cells {
            delimiter: self,
            // Surrounding tabs are empty cells where tabs delimit.
            rest: Some(match self {
                Self::Blanks => line.trim(),
                Self::Character(_) => line,
            }),
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

    /// The cell whose opening quotation mark precedes `text`, and what follows it from the
    /// delimiter on. A doubled mark inside stands for one mark.
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

/// The cells of a line, as an iterator: a line may have millions.
pub(crate) struct Cells<'a> {
    delimiter: Delimiter,
    /// What follows the last delimiter; `None` after the last cell.
    rest: Option<&'a str>,
}

impl<'a> Iterator for Cells<'a> {
    type Item = Result<Cow<'a, str>, OpenQuote>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.rest.take()?;
        let (cell, after) = match self.delimiter.skip_blanks(rest).strip_prefix('"') {
            Some(quoted) => match self.delimiter.quoted_cell(quoted) {
                Ok(found) => found,
                Err(open) => return Some(Err(open)),
            },
            None => {
                let end = rest.find(|c| self.delimiter.is(c)).unwrap_or(rest.len());
                let (cell, after) = rest.split_at(end);
                (Cow::Borrowed(cell.trim()), after)
            }
        };
        let mut rest = after.chars();
        if rest.next().is_some() {
            self.rest = Some(match self.delimiter {
                Delimiter::Blanks => rest.as_str().trim_start(),
                Delimiter::Character(_) => rest.as_str(),
            });
        }
        Some(Ok(cell))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, expected: &[&str]) {
        let cells: Result<Vec<_>, _> = Delimiter::of(line).split(line).collect();
        assert_eq!(cells.unwrap(), expected, "{line:?}");
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
        let cells: Vec<_> = Delimiter::of("1,\"2").split("1,\"2,3").collect();
        assert_eq!(cells, [Ok(Cow::Borrowed("1")), Err(OpenQuote)]);
    }
}
