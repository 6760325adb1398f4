//! Strings of others: what a terminal obeys is escaped, and nothing else.

use finite_diff::printable::{is_hidden, printable};
use proptest::prelude::*;

fn check(text: &str, expected: &str) {
    assert_eq!(printable(text).to_string(), expected);
}

#[test]
fn what_a_terminal_obeys_is_escaped() {
    check("", "");
    check("W1", "W1");
    check("\u{1b}]0;title\u{7}", r"\u{1b}]0;title\u{7}");
    check("a\r\n\tb\0", r"a\r\n\tb\0");
    check("\u{9b}2J\u{7f}", r"\u{9b}2J\u{7f}");
    check("abc\u{202e}fed\u{2069}", r"abc\u{202e}fed\u{2069}");
    check("\u{feff}a\u{200b}b\u{2028}", r"\u{feff}a\u{200b}b\u{2028}");
    check("\u{e0041}\u{fe0f}", r"\u{e0041}\u{fe0f}");
}

#[test]
fn what_people_read_is_left_as_it_is() {
    for text in [
        "∂J/∂θ₁²",
        "naïve e\u{301}",
        "重み",
        "وزن",
        "C:\\data\\x.csv",
        "'\"`$",
        "🦀",
        "a\u{a0}b",
    ] {
        check(text, text);
    }
}

#[test]
fn all_that_the_standard_library_calls_a_control_is_hidden() {
    assert!(('\0'..=char::MAX).filter(|c| c.is_control()).all(is_hidden));
}

proptest! {
    #[test]
    fn nothing_hidden_is_left_and_twice_is_once(text in any::<String>(), at in any::<prop::sample::Index>(), c in any::<char>()) {
        let mut text: Vec<char> = text.chars().collect();
        text.insert(at.index(text.len() + 1), c);
        let text: String = text.into_iter().collect();
        let once = printable(&text).to_string();
        prop_assert!(!once.chars().any(is_hidden));
        prop_assert_eq!(printable(&once).to_string(), once);
    }
}
