//! Excerpts of what a server sent, safe to print.

use std::fmt;

use finite_diff::printable::printable;

/// How many characters of an answer are shown.
const SHOWN: usize = 200;
/// How many characters of a name are shown.
const OF_A_NAME: usize = 80;

/// The beginning of a name that a server sent, safe to print.
pub(crate) fn name(name: &str) -> String {
    let mut shown: String = name.chars().take(OF_A_NAME).collect();
    if shown.len() < name.len() {
        shown.push('…');
    }
    printable(&shown).to_string()
}

/// The beginning of a list of sizes, such as `[3, 2]` or `[1, 1, 1, … 100 in all]`.
pub(crate) fn list(sizes: &[usize]) -> String {
    const SHOWN: usize = 12;
    if sizes.len() <= SHOWN {
        return format!("{sizes:?}");
    }
    let shown: Vec<String> = sizes.iter().take(SHOWN).map(ToString::to_string).collect();
    format!("[{}, … {} in all]", shown.join(", "), sizes.len())
}

/// The first 200 characters of an answer, [`printable`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    text: String,
    bytes: usize,
    cut: bool,
}

impl Excerpt {
    pub(crate) fn new(bytes: &[u8]) -> Self {
        // Four bytes a character at most: what follows need not be decoded.
        let start = String::from_utf8_lossy(&bytes[..bytes.len().min(4 * SHOWN + 4)]);
        let text: String = start.chars().take(SHOWN).collect();
        Self {
            cut: text.len() < bytes.len() && start.chars().nth(SHOWN).is_some(),
            text: printable(&text).to_string(),
            bytes: bytes.len(),
        }
    }

    /// The text shown.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// How many bytes there were in all.
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.bytes == 0 {
            return f.write_str("nothing");
        }
        write!(f, "`{}`", self.text)?;
        if self.cut {
            write!(f, "… ({} bytes in all)", self.bytes)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Excerpt;

    fn check(bytes: &[u8], expected: &str) {
        assert_eq!(Excerpt::new(bytes).to_string(), expected);
    }

    #[test]
    fn the_beginning_is_shown_and_nothing_that_moves_the_cursor() {
        check(b"", "nothing");
        check(b"{\"a\": 'b'}\n\x1b[2J", "`{\"a\": 'b'}\\n\\u{1b}[2J`");
        check(
            "ä".repeat(200).as_bytes(),
            &format!("`{}`", "ä".repeat(200)),
        );
        check(
            "ä".repeat(201).as_bytes(),
            &format!("`{}`… (402 bytes in all)", "ä".repeat(200)),
        );
        check(b"\xff\xfe", "`\u{fffd}\u{fffd}`");
    }
}
