//! Words and numbers in a form that can be pasted into a shell.

use finite_diff::printable::is_hidden;

/// Formats `value` so that it reads back as the same number, with an exponent instead of many
/// zeros.
pub fn number(value: f64) -> String {
    let size = value.abs();
    if size == 0.0 || !size.is_finite() || (1e-4..1e16).contains(&size) {
        value.to_string()
    } else {
        format!("{value:e}")
    }
}

/// Quotes `word` for a shell, if necessary.
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_=+.,/:@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    if word.contains(is_hidden) {
        return ansi_quoted(word);
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// `$'…'`, in which bash, zsh and newer shells write nonprintable characters, so that they can't control the
/// terminal.
fn ansi_quoted(word: &str) -> String {
    let mut text = String::from("$'");
    for character in word.chars() {
        match character {
            '\'' | '\\' => text.extend(['\\', character]),
            c if is_hidden(c) => {
                let mut bytes = [0; 4];
                for byte in c.encode_utf8(&mut bytes).bytes() {
                    text.push_str(&format!("\\x{byte:02x}"));
                }
            }
            c => text.push(c),
        }
    }
    text.push('\'');
    text
}
