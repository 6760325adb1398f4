//! Numbers and shapes as people read them.

/// `16×30`; `1` for a scalar.
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

/// Two digits: `3.1e-10`.
pub fn short(value: f64) -> String {
    if value == 0.0 {
        "0".to_owned()
    } else {
        scientific(value, 1)
    }
}

/// Six digits with a sign: `+1.23457e-02`.
pub fn derivative(value: f64) -> String {
    match value {
        0.0 => "0".to_owned(),
        v if v > 0.0 => format!("+{}", scientific(v, 5)),
        v => scientific(v, 5),
    }
}

/// With `digits` after the point and an exponent of at least two digits, as C and NumPy print it, so
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

/// `1 coordinate`, `2 coordinates`.
pub fn plural(count: usize, noun: &str) -> String {
    let count_text = thousands(count as u64);
    if count == 1 {
        format!("{count_text} {noun}")
    } else {
        format!("{count_text} {noun}s")
    }
}

/// `12,345`.
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

/// `0.05 s`, `12 s`.
pub fn seconds(seconds: f64) -> String {
    if seconds < 10.0 {
        format!("{seconds:.2} s")
    } else {
        format!("{seconds:.0} s")
    }
}

/// With its first letter large.
pub fn sentence_case(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_uppercase().collect::<String>() + chars.as_str()
    })
}
