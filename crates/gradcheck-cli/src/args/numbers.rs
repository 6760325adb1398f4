//! Numbers as they are typed. The texts say what to type; which number makes sense is not known here.

use std::num::{IntErrorKind, NonZeroUsize, ParseIntError};

use crate::source_file::ReadLimit;

/// Any number, NaN and infinity too, which are refused where it is known what the number is for.
pub(super) fn real(text: &str) -> Result<f64, String> {
    let plain = text.trim();
    plain.parse().map_err(|_| {
        let hint = match plain.replacen(',', ".", 1).parse::<f64>() {
            Ok(_) => ", with a point and no comma",
            Err(_) => "",
        };
        format!("give a number, such as 0.5 or 1e-3{hint}")
    })
}

/// How much to read of a file, in GiB.
pub(super) fn read_limit(text: &str) -> Result<ReadLimit, String> {
    Ok(ReadLimit::try_from(real(text)?)?)
}

/// How many of something.
pub(super) fn count(text: &str) -> Result<usize, String> {
    text.trim().parse().map_err(|error| whole(text, &error))
}

/// A seed.
pub(super) fn seed(text: &str) -> Result<u64, String> {
    text.trim().parse().map_err(|error| whole(text, &error))
}

/// How many threads.
pub(super) fn threads(text: &str) -> Result<NonZeroUsize, String> {
    at_least_1(text, "to use every core")
}

/// How many evaluations of a model at a time.
pub(super) fn jobs(text: &str) -> Result<NonZeroUsize, String> {
    at_least_1(text, "for one a URL")
}

fn at_least_1(text: &str, without: &str) -> Result<NonZeroUsize, String> {
    NonZeroUsize::new(count(text)?)
        .ok_or_else(|| format!("give at least 1, or leave it out {without}"))
}

fn whole(text: &str, error: &ParseIntError) -> String {
    if *error.kind() == IntErrorKind::PosOverflow {
        return format!("this is too large: the largest is {}", u64::MAX);
    }
    match text.trim().parse::<f64>().is_ok_and(|number| number < 0.0) {
        true => "it can't be negative: give a whole number, such as 10".to_owned(),
        false => "give a whole number, such as 10".to_owned(),
    }
}
