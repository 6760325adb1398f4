//! The numbers in a cause: with the digits that are known, and no others.
//!
//! Invariant: knows nothing of what a number stands for.

/// Significant digits of a number that is known to more.
const DIGITS: f64 = 6.0;

/// `2`, `0.0078125`: six significant digits without the zeros at the end.
pub(super) fn number(value: f64) -> String {
    factor(value, 0.0)
}

/// A factor that is known to `bar`: `1.17`, `0.25948`, `1.0000001`. Six significant digits, or as many more as it takes to
/// tell it from 1, as far as the bar allows.
pub(super) fn factor(value: f64, bar: f64) -> String {
    let size = value.abs();
    if !(1e-4..1e6).contains(&size) {
        return trimmed(&format!("{value:.4e}"));
    }
    let usual = DIGITS - 1.0 - size.log10().floor();
    // Three digits of the difference.
    let from_one = 2.0 - (value - 1.0).abs().log10().floor();
    let wanted = if from_one.is_finite() {
        usual.max(from_one)
    } else {
        usual
    };
    let known = if bar > 0.0 {
        // But never so few that it reads as 1.
        (-bar.log10()).floor().max(from_one - 2.0)
    } else {
        f64::INFINITY
    };
    let decimals = wanted.min(known).clamp(0.0, 15.0) as usize;
    trimmed(&format!("{value:.decimals$}"))
}

/// A number without trailing zeros.
fn trimmed(text: &str) -> String {
    let (mantissa, exponent) = match text.split_once('e') {
        Some((mantissa, exponent)) => (mantissa, format!("e{exponent}")),
        None => (text, String::new()),
    };
    let mantissa = match mantissa.contains('.') {
        true => mantissa.trim_end_matches('0').trim_end_matches('.'),
        false => mantissa,
    };
    format!("{mantissa}{exponent}")
}

/// Rounded up to one digit: `2e-7`.
pub(super) fn rounded_up(value: f64) -> String {
    // What is a digit already stays one.
    let text = format!("{:.0e}", value);
    match text.parse::<f64>() {
        Ok(rounded) if rounded < value => {
            let unit = 10f64.powi(value.log10().floor() as i32);
            format!("{:.0e}", rounded + unit)
        }
        _ => text,
    }
}

/// `1 %`, `0.03 %`: a share of 1, rounded up to one digit.
pub(super) fn percent(share: f64) -> String {
    // Rounding of the share itself is no reason to round up.
    let rounded = rounded_up(share * 100.0 * (1.0 - 1e-3));
    let value: f64 = rounded.parse().unwrap_or(f64::NAN);
    format!("{value} %")
}
