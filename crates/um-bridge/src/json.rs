//! JSON as model servers write it: strict, except for numbers that are not finite.
//!
//! JSON has no NaN. Existing servers write it nevertheless, each in its own way: Python's `umbridge` prints
//! a list with Python's own formatting (`nan`, `inf`, `-inf`), Python's `json` writes `NaN`, `Infinity`,
//! `-Infinity`, nlohmann's C++ library writes `null`, others a string. None of that is a broken answer: the
//! model was reached, and its value is not a finite number.

use serde_json::Value;

/// Parses `bytes`; a bare `nan`, `inf` or `infinity`, in any case and with or without a sign, becomes a string
/// that [`not_finite`] understands.
pub(crate) fn parse(bytes: &[u8]) -> Result<Value, serde_json::Error> {
    serde_json::from_slice(bytes)
        .or_else(|strict| quoted(bytes).map_or(Err(strict), |bytes| serde_json::from_slice(&bytes)))
}

/// Whether `bytes` may hold more than `limit` values, counted by the commas and brackets outside of strings. Parsed,
/// they take up to a hundred times as much memory as they have bytes.
pub(crate) fn has_more_values_than(limit: usize, bytes: &[u8]) -> bool {
    let mut count = 0;
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| b"[{,\"".contains(byte)) {
        rest = match rest[at] {
            b'"' => &rest[at + string(&rest[at..]).len()..],
            _ => {
                count += 1;
                &rest[at + 1..]
            }
        };
        if count > limit {
            return true;
        }
    }
    false
}

/// The value of a string that stands for a number that is not finite.
pub(crate) fn not_finite(text: &str) -> Option<f64> {
    let (sign, word) = match text.as_bytes().first()? {
        b'-' => (-1.0, &text[1..]),
        b'+' => (1.0, &text[1..]),
        _ => (1.0, text),
    };
    if word.eq_ignore_ascii_case("nan") {
        Some(f64::NAN)
    } else if word.eq_ignore_ascii_case("inf") || word.eq_ignore_ascii_case("infinity") {
        Some(sign * f64::INFINITY)
    } else {
        None
    }
}

/// `bytes` with such literals put in quotes; `None` if there is none outside of strings.
fn quoted(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut text = Vec::with_capacity(bytes.len() + 64);
    let mut found = false;
    let mut rest = bytes;
    while let Some(&byte) = rest.first() {
        let (token, word) = match byte {
            b'"' => (string(rest), false),
            b'-' | b'+' | b'a'..=b'z' | b'A'..=b'Z' => {
                let letters = rest[1..].iter().take_while(|b| b.is_ascii_alphabetic());
                let token = &rest[..1 + letters.count()];
                let known = std::str::from_utf8(token).is_ok_and(|word| not_finite(word).is_some());
                (token, known)
            }
            _ => (&rest[..1], false),
        };
        found |= word;
        let quote: &[u8] = if word { b"\"" } else { b"" };
        text.extend_from_slice(quote);
        text.extend_from_slice(token);
        text.extend_from_slice(quote);
        rest = &rest[token.len()..];
    }
    found.then_some(text)
}

/// The string literal that `rest` begins with, quotes included; all of it if it does not end.
fn string(rest: &[u8]) -> &[u8] {
    let mut escaped = false;
    for (index, &byte) in rest.iter().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return &rest[..=index],
            _ => {}
        }
    }
    rest
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::{has_more_values_than, not_finite, parse};

    fn check(text: &str, expected: &str) {
        let parsed = parse(text.as_bytes()).map(|value| value.to_string());
        assert_eq!(parsed.ok().as_deref(), Some(expected), "{text}");
    }

    #[test]
    fn words_that_are_no_numbers_are_kept() {
        check("[nan, inf, -inf, 0.1]", r#"["nan","inf","-inf",0.1]"#);
        check(
            "[NaN,Infinity,-Infinity]",
            r#"["NaN","Infinity","-Infinity"]"#,
        );
        check(
            r#"{"a nan \" inf": [-nan]}"#,
            r#"{"a nan \" inf":["-nan"]}"#,
        );
        check("[null, true, -0.5]", "[null,true,-0.5]");
    }

    #[test]
    fn garbage_stays_garbage() {
        for text in [
            "",
            "nanny",
            "[nan",
            "[None]",
            "[np.float64(nan)]",
            "\"",
            "[\"nan]",
            "-",
        ] {
            assert!(parse(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn only_such_strings_are_numbers() {
        assert!(not_finite("-NaN").unwrap().is_nan());
        assert_eq!(not_finite("-inf"), Some(f64::NEG_INFINITY));
        for text in ["", "-", "1.5", "infinite", "nän", "ä"] {
            assert_eq!(not_finite(text), None, "{text}");
        }
    }

    #[test]
    fn values_are_counted_outside_of_strings() {
        for (text, count) in [
            ("3", 0),
            ("[1, 2, 3]", 3),
            (r#"{"a": ",[{", "b": [[], "\\\",,"]}"#, 5),
            ("[\",,,,", 1),
        ] {
            assert!(!has_more_values_than(count, text.as_bytes()), "{text}");
            let more = count > 0 && has_more_values_than(count - 1, text.as_bytes());
            assert_eq!(more, count > 0, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_stumble(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = parse(&bytes);
        }

        #[test]
        fn numbers_keep_every_bit(x in any::<f64>().prop_filter("finite", |x| x.is_finite())) {
            let text = format!("[nan,{}]", serde_json::to_string(&x).unwrap());
            let Value::Array(list) = parse(text.as_bytes()).unwrap() else { panic!("no list") };
            prop_assert_eq!(list[1].as_f64().unwrap().to_bits(), x.to_bits());
        }
    }
}
