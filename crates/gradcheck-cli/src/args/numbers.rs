//! Numbers as they are typed. The texts say what to type.

use std::num::{IntErrorKind, NonZeroUsize, ParseIntError};
use std::time::Duration;

use super::words::Seconds;
use crate::source_file::ReadLimit;

/// A finite number; which ones make sense is known where it is used.
pub(crate) fn real(text: &str) -> Result<f64, String> {
    let plain = text.trim();
    let number = plain.parse().map_err(|_| {
        let hint = match plain.replacen(',', ".", 1).parse::<f64>() {
            Ok(_) => ", with a decimal point instead of a comma",
            Err(_) => "",
        };
        format!("give a number, such as 0.5 or 1e-3{hint}")
    })?;
    match f64::is_finite(number) {
        true => Ok(number),
        false => Err("it must be finite: give a number, such as 0.5 or 1e-3".to_owned()),
    }
}

/// A size in GiB.
pub(crate) fn gib(text: &str) -> Result<f64, String> {
    match real(text)? {
        size if size > 0.0 => Ok(size),
        _ => Err("it must be above 0: give a size in GiB, such as 0.5 or 8".to_owned()),
    }
}

/// A tolerance: finite, 0 or larger.
pub(crate) fn tolerance(text: &str) -> Result<f64, String> {
    match real(text)? {
        number if number >= 0.0 => Ok(number),
        _ => Err("it can't be negative: give a tolerance, such as 1e-5".to_owned()),
    }
}

/// A finite number above 0.
pub(crate) fn positive(text: &str) -> Result<f64, String> {
    match real(text)? {
        number if number > 0.0 => Ok(number),
        _ => Err("it must be above 0: give a number, such as 2 or 1e-7".to_owned()),
    }
}

/// A fraction, between 0 and 1.
pub(crate) fn part(text: &str) -> Result<f64, String> {
    match real(text)? {
        number if number > 0.0 && number < 1.0 => Ok(number),
        _ => Err("it must be between 0 and 1: give a fraction, such as 1e-6".to_owned()),
    }
}

/// How much to read of a file, in GiB.
pub(crate) fn read_limit(text: &str) -> Result<ReadLimit, String> {
    Ok(ReadLimit::try_from(real(text)?)?)
}

/// How many of something.
pub(crate) fn count(text: &str) -> Result<usize, String> {
    text.trim().parse().map_err(|error| whole(text, &error))
}

/// A seed.
pub(crate) fn seed(text: &str) -> Result<u64, String> {
    text.trim().parse().map_err(|error| whole(text, &error))
}

/// More threads than this run into the limits of the system, and have gained nothing long before.
const MOST_THREADS: usize = 1024;

/// How many threads.
pub(crate) fn threads(text: &str) -> Result<NonZeroUsize, String> {
    at_most(at_least_1(text, "to use every core")?, "to use every core")
}

/// How many evaluations of a model at a time.
pub(crate) fn jobs(text: &str) -> Result<NonZeroUsize, String> {
    at_most(at_least_1(text, "for one per URL")?, "for one per URL")
}

/// Seconds to wait: some, and no more than a year.
pub(crate) fn seconds(text: &str) -> Result<Seconds, String> {
    const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);
    Duration::try_from_secs_f64(real(text)?)
        .ok()
        .filter(|time| !time.is_zero() && *time <= LONGEST)
        .map(Seconds)
        .ok_or_else(|| "it must be above 0 and at most a year: give seconds, such as 60".to_owned())
}

/// How many of something that there are few of.
pub(crate) fn small_count(text: &str) -> Result<u32, String> {
    match u32::try_from(count(text)?) {
        Ok(count) => Ok(count),
        Err(_) => Err(format!("this is too large: the largest is {}", u32::MAX)),
    }
}

fn at_least_1(text: &str, without: &str) -> Result<NonZeroUsize, String> {
    NonZeroUsize::new(count(text)?)
        .ok_or_else(|| format!("give at least 1, or leave it out {without}"))
}

fn at_most(count: NonZeroUsize, without: &str) -> Result<NonZeroUsize, String> {
    match count.get() {
        0..=MOST_THREADS => Ok(count),
        _ => Err(format!(
            "this is too many: give at most {MOST_THREADS}, or leave it out {without}"
        )),
    }
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

/// Numbers in a configuration file, held to the ranges of the flags of the same name.
pub(crate) mod typed {
    use std::num::NonZeroUsize;

    use serde::de::{Deserialize, Deserializer, Error};

    macro_rules! by_parser {
        ($($name:ident, $option:ident: $number:ty => $value:ty, $parser:path;)*) => {$(
            #[allow(dead_code, reason = "not every kind of number occurs both with and without a default")]
            pub(crate) fn $name<'de, D: Deserializer<'de>>(from: D) -> Result<$value, D::Error> {
                let number = <$number>::deserialize(from)?;
                $parser(&number.to_string()).map_err(D::Error::custom)
            }

            #[allow(dead_code, reason = "not every kind of number occurs both with and without a default")]
            pub(crate) fn $option<'de, D: Deserializer<'de>>(
                from: D,
            ) -> Result<Option<$value>, D::Error> {
                $name(from).map(Some)
            }
        )*};
    }

    by_parser! {
        real, real_option: f64 => f64, super::real;
        positive, positive_option: f64 => f64, super::positive;
        part, part_option: f64 => f64, super::part;
        gib, gib_option: f64 => f64, super::gib;
        threads, threads_option: usize => NonZeroUsize, super::threads;
    }
}
