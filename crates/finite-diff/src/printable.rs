//! Strings of others, such as the names of blocks, fit to be shown on a terminal.
//!
//! Refuses to know whose they are and where they go.

use std::fmt;

/// `text` with every [hidden](is_hidden) character written as Rust writes it in a literal: `\n`, `\u{1b}`.
///
/// What comes out is one line that moves no cursor, sets no title, hides nothing and turns nothing around. Escaping
/// it again changes nothing: a backslash stays one.
///
/// ```
/// use finite_diff::printable::printable;
/// assert_eq!(printable("W1\u{1b}[2J\nθ²").to_string(), r"W1\u{1b}[2J\nθ²");
/// ```
pub fn printable(text: &str) -> Printable<'_> {
    Printable(text)
}

/// What [`printable`] gives: displays as the escaped text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Printable<'a>(&'a str);

impl fmt::Display for Printable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = self.0;
        while let Some((at, hidden)) = shown.char_indices().find(|(_, c)| is_hidden(*c)) {
            f.write_str(&shown[..at])?;
            // Quotes and backslashes, which this would escape as well, are not hidden.
            match hidden.is_control() {
                true => write!(f, "{}", hidden.escape_debug())?,
                false => write!(f, "{}", hidden.escape_unicode())?,
            }
            shown = &shown[at + hidden.len_utf8()..];
        }
        f.write_str(shown)
    }
}

/// Whether a terminal obeys `c` instead of showing it, or shows nothing: a control character (U+0000–001F, U+007F–009F),
/// a separator of lines or paragraphs, a format character such as those that turn the direction of writing, or another
/// one that is ignored where it can't be drawn.
///
/// These are the general categories Cc, Cf, Zl and Zp and the property Default_Ignorable_Code_Point of Unicode 17. Spaces
/// of all widths, private and unassigned characters are not hidden.
pub fn is_hidden(c: char) -> bool {
    if matches!(c, ' '..='~') {
        return false;
    }
    matches!(
        c,
        '\0'..='\u{1f}'
            | '\u{7f}'..='\u{9f}'
            | '\u{ad}'
            | '\u{34f}'
            | '\u{600}'..='\u{605}'
            | '\u{61c}'
            | '\u{6dd}'
            | '\u{70f}'
            | '\u{890}'..='\u{891}'
            | '\u{8e2}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{110bd}'
            | '\u{110cd}'
            | '\u{13430}'..='\u{1343f}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}
