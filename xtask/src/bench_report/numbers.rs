//! Times, ratios and counts, as one reads them: three figures and a unit.

use gradcheck_cli::output::text::thousands;

/// `12.3 ms`; minutes and hours where seconds would be many.
pub(super) fn time(seconds: f64) -> String {
    let units = [
        (3600.0, "h"),
        (60.0, "min"),
        (1.0, "s"),
        (1e-3, "ms"),
        (1e-6, "µs"),
    ];
    // A minute and a half is 90 s.
    let fits = |size: f64| seconds >= if size > 1.0 { 2.0 * size } else { size };
    let unit = units.iter().find(|(size, _)| fits(*size));
    let (size, name) = unit.copied().unwrap_or((1e-9, "ns"));
    format!("{} {name}", figures(seconds / size))
}

/// `1,234×`.
pub(super) fn ratio(ratio: f64) -> String {
    format!("{}×", figures(ratio))
}

/// Three figures, with separators from a thousand on.
pub(super) fn figures(x: f64) -> String {
    if !x.is_finite() {
        return "-".to_owned();
    }
    match x.abs() {
        size if size >= 999.5 => {
            let unit = 10f64.powi(size.log10().floor() as i32 - 2);
            thousands(((x / unit).round() * unit).round() as u64)
        }
        size if size >= 99.95 => format!("{x:.0}"),
        size if size >= 9.995 => format!("{x:.1}"),
        _ => format!("{x:.2}"),
    }
}

/// A stated number with the figures it was stated with: `1.7`, `10,000`.
pub(super) fn short(x: f64) -> String {
    if x.fract() == 0.0 {
        thousands(x as u64)
    } else {
        x.to_string()
    }
}

/// A large count: `1.23e9`, or all its figures below a million.
pub(super) fn count(x: f64) -> String {
    if x < 1e6 {
        thousands(x as u64)
    } else {
        format!("{x:.2e}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_their_unit() {
        let found = [0.5e-9, 1.23456e-5, 0.0123, 1.5, 90.0, 150.0, 7300.0].map(time);
        assert_eq!(
            found.join(" | "),
            "0.50 ns | 12.3 µs | 12.3 ms | 1.50 s | 90.0 s | 2.50 min | 2.03 h"
        );
    }

    #[test]
    fn ratios_have_three_figures() {
        let found = [0.5, 1.994, 12.34, 99.96, 123.4, 999.6, 12_345.0].map(ratio);
        assert_eq!(
            found.join(" "),
            "0.50× 1.99× 12.3× 100× 123× 1,000× 12,300×"
        );
        assert_eq!(figures(f64::NAN), "-");
    }

    #[test]
    fn counts_are_whole_or_short() {
        assert_eq!([12_345.0, 1.5e9].map(count).join(" "), "12,345 1.50e9");
    }
}
