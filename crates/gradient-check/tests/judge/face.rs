//! The way in by closures: right ones pass, each has a wrong twin, and what that says is complete.

mod gradients;
mod products;
mod single_threaded;
#[cfg(all(feature = "nalgebra", feature = "ndarray"))]
mod vectors;
mod whole;

/// `text` without what differs from processor to processor: numbers below 1e-5, slopes, lines of this file.
fn steady(text: &impl ToString) -> String {
    let hidden = |word: &str| {
        let number = word
            .trim_start_matches("t^")
            .trim_end_matches([',', ';', ':', ')', '.']);
        let exponent = number
            .split_once("e-")
            .and_then(|(_, e)| e.parse::<u32>().ok());
        match word.starts_with("t^") || exponent.is_some_and(|e| e > 5) {
            true => word.replace(number, "#"),
            false => word.to_owned(),
        }
    };
    let line = |line: &str| match line.split_once("called at ") {
        Some((before, _)) => format!("{before}called at #"),
        None => line.split(' ').map(hidden).collect::<Vec<_>>().join(" "),
    };
    text.to_string()
        .lines()
        .map(line)
        .collect::<Vec<_>>()
        .join("\n")
}

/// What a panic says.
fn said(assertion: impl FnOnce() + std::panic::UnwindSafe) -> String {
    let payload = std::panic::catch_unwind(assertion).unwrap_err();
    steady(payload.downcast_ref::<String>().unwrap())
}
