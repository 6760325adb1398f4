//! Numbers and shapes as people read them.

/// A shape as its extents: `16×30`; `1` for a scalar.
pub fn extents(shape: &[usize]) -> String {
    if shape.is_empty() {
        return "1".to_owned();
    }
    shape
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("×")
}

/// A number with two digits: `3.1e-10`.
pub fn short(value: f64) -> String {
    if value == 0.0 {
        "0".to_owned()
    } else {
        scientific(value, 1)
    }
}

/// A derivative with six digits and its sign: `+1.23457e-02`.
pub fn derivative(value: f64) -> String {
    match value {
        0.0 => "0".to_owned(),
        v if v > 0.0 => format!("+{}", scientific(v, 5)),
        v => scientific(v, 5),
    }
}

/// A number with `digits` after the point and an exponent of at least two digits, as C and NumPy print it, so
/// that columns line up and the course's numbers look as they do there.
pub fn scientific(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$e}");
    match text.split_once('e') {
        Some((mantissa, exponent)) => match exponent.strip_prefix('-') {
            Some(exponent) => format!("{mantissa}e-{exponent:0>2}"),
            None => format!("{mantissa}e+{exponent:0>2}"),
        },
        // NaN and infinity.
        None => text,
    }
}

/// A count with a noun whose plural ends in s: `1 coordinate`, `2 coordinates`.
pub fn plural(count: usize, noun: &str) -> String {
    counted(count, noun, &format!("{noun}s"))
}

/// A count with its noun: `1 entry`, `12,345 entries`.
pub(super) fn counted(count: usize, one: &str, many: &str) -> String {
    let noun = if count == 1 { one } else { many };
    format!("{} {noun}", thousands(count as u64))
}

/// A count with its thousands separated: `12,345`.
pub fn thousands(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A duration in seconds: `0.05 s`, `12 s`.
pub fn seconds(seconds: f64) -> String {
    if seconds < 10.0 {
        format!("{seconds:.2} s")
    } else {
        format!("{seconds:.0} s")
    }
}

/// A text with its first letter in upper case.
pub fn sentence_case(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_uppercase().collect::<String>() + chars.as_str()
    })
}
