//! The one way out: all that the command says on standard output, on standard error and into files passes here.
//!
//! Strings of others are escaped where a sentence is made of them. This is the net below that: of what would reach a
//! terminal as a command to it, the line breaks and the styles of our own palette pass, and nothing else.

use std::io::{IsTerminal, Write};

use clap::error::{ContextValue, ErrorKind};
use gradient_check::text::{BAD, clean, printable, styled};

use crate::exit;

/// `text` as a file gets it: clean and without styles.
pub(super) fn plain(text: &str) -> String {
    anstream::adapter::strip_str(&clean(text)).to_string()
}

/// Writes a result to standard output, styles only where a terminal shows them. A reader that closed the pipe early has
/// seen what it wanted: no error.
pub(super) fn result(text: &str) -> std::io::Result<()> {
    script(&clean(text))
}

/// Writes text of our own as it is, such as a script with its tabs.
pub(super) fn script(text: &str) -> std::io::Result<()> {
    let mut out = anstream::stdout();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error),
        _ => Ok(()),
    }
}

/// Says on standard error why the command could not be carried out.
pub(crate) fn error(message: &str) {
    let label = styled(BAD, "error:");
    let text = format!("{label} {}\n", indented(&without_passwords(message)));
    // Nowhere is left to report a failure of this.
    let _ = anstream::stderr().write_all(clean(&text).as_bytes());
}

/// Writes a remark to standard error if it is a terminal.
pub(crate) fn remark(words: &str) {
    let mut stderr = std::io::stderr();
    if stderr.is_terminal() {
        let _ = writeln!(stderr, "\n{}", clean(words));
    }
}

/// Says what is wrong with the arguments, or the help that was asked for. The exit code.
pub(crate) fn usage(error: clap::Error) -> u8 {
    if matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    ) {
        // Our own text, with styles of its own.
        let _ = error.print();
        return exit::AGREE;
    }
    let error = escaped(error);
    let text = error.render().to_string();
    let text = match text.strip_prefix("error:") {
        Some(rest) => format!("{}{rest}", styled(BAD, "error:")),
        None => text,
    };
    let _ = anstream::stderr().write_all(clean(&without_passwords(&text)).as_bytes());
    exit::UNUSABLE
}

/// The error with the words that were typed fit to be shown.
fn escaped(mut error: clap::Error) -> clap::Error {
    let shown = |text: &String| printable(text).to_string();
    let context: Vec<_> = error
        .context()
        .filter_map(|(kind, value)| match value {
            ContextValue::String(text) => Some((kind, ContextValue::String(shown(text)))),
            ContextValue::Strings(texts) => Some((
                kind,
                ContextValue::Strings(texts.iter().map(shown).collect()),
            )),
            _ => None,
        })
        .collect();
    for (kind, value) in context {
        error.insert(kind, value);
    }
    error
}

/// A message without the names and passwords of URLs that were typed where no URL is expected.
fn without_passwords(message: &str) -> String {
    let mut shown = String::with_capacity(message.len());
    let mut rest = message;
    while let Some(at) = rest.find("://") {
        let (before, from) = rest.split_at(at + 3);
        let end = from.find(char::is_whitespace).unwrap_or(from.len());
        let (url, after) = from.split_at(end);
        shown.push_str(before);
        match url.rfind('@') {
            Some(at) => {
                shown.push_str("***");
                shown.push_str(&url[at..]);
            }
            None => shown.push_str(url),
        }
        rest = after;
    }
    shown + rest
}

/// Indents the lines after the first, so that a line of a quoted message can't pass for one of this command's.
fn indented(message: &str) -> String {
    let mut lines = message.trim_end().split('\n');
    let first = lines.next().unwrap_or_default().to_owned();
    lines.fold(first, |mut text, line| {
        text.push('\n');
        if !line.is_empty() && !line.starts_with("  ") {
            text.push_str("  ");
        }
        text + line
    })
}

#[cfg(test)]
mod tests {
    use gradient_check::text::{FAINT, GOOD, STRONG, UNSURE};

    use super::*;

    #[test]
    fn our_own_styles_and_lines_pass() {
        for style in [GOOD, BAD, UNSURE, STRONG, FAINT] {
            let text = styled(style, "two\nlines") + "\n";
            assert_eq!(clean(&text), text);
            assert_eq!(plain(&text), "two\nlines\n");
        }
    }

    #[test]
    fn nothing_else_does() {
        for (text, expected) in [
            ("\u{1b}[2J", r"\u{1b}[2J"),
            ("\u{1b}", r"\u{1b}"),
            ("\u{1b}\u{1b}[1m", "\\u{1b}\u{1b}[1m"),
            ("\u{1b}[38;5;1m", r"\u{1b}[38;5;1m"),
            ("\u{1b}]0;t\u{7}", r"\u{1b}]0;t\u{7}"),
            ("a\rb\u{9b}1m\u{202e}", r"a\rb\u{9b}1m\u{202e}"),
        ] {
            assert_eq!(clean(text), expected);
        }
        assert_eq!(plain("\u{1b}[2J"), r"\u{1b}[2J");
    }

    #[test]
    fn a_message_holds_no_password() {
        for (text, expected) in [
            ("'http://me:a@b@host/' found", "'http://***@host/' found"),
            ("x http://h, y://u:p@h", "x http://h, y://***@h"),
            ("a@b ://", "a@b ://"),
        ] {
            assert_eq!(without_passwords(text), expected);
        }
    }

    #[test]
    fn further_lines_of_a_message_stand_in() {
        assert_eq!(
            indented("a\nerror: b\n  | c\n\nd\n"),
            "a\n  error: b\n  | c\n\n  d"
        );
    }
}
