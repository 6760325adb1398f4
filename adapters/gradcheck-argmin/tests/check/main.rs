//! Problems right and wrong, and what is said of them.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

mod containers;
mod gradient;
mod matrices;
mod observer;
mod problems;

use std::fmt::Display;

/// The text of a failure without the line that says from where it was called.
fn text(failure: &impl Display) -> String {
    let text = failure.to_string();
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.starts_with("called at "))
        .collect();
    lines.join("\n")
}
