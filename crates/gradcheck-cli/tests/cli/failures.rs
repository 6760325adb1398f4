//! What a person reads when a gradient is wrong: whether it would let a student find the bug.
//!
//! Whole texts, as they were read and rewritten until they were enough. What only rounding decides is
//! redacted: numbers below a millionth, the rows of blocks that agree, counts of evaluations, times.

use crate::tool::run;

/// The text of a failing check, with its command and without what rounding decides.
fn failing(line: &str) -> String {
    let run = run(line);
    assert_eq!(
        run.code,
        if line == "course" { 0 } else { 1 },
        "{}",
        run.stdout
    );
    for text in run.stdout.lines() {
        let told = text.starts_with("Again:") || text.contains(" · ");
        assert!(told || text.chars().count() <= 90, "too wide: {text}");
    }
    let lines: Vec<String> = run.stdout.lines().map(steady_line).collect();
    format!("$ gradcheck {line}\n{}\n", lines.join("\n"))
}

fn steady_line(line: &str) -> String {
    let words: Vec<&str> = line.split_whitespace().collect();
    // A row of a block that agrees.
    if words.get(2) == Some(&"agree") && line.starts_with("  ") {
        return format!("  {}  {}  agree  #", words[0], words[1]);
    }
    if line.contains("evaluations of the cost") {
        return "  # evaluations of the cost in # s; …".to_owned();
    }
    let mut steady = String::new();
    for part in line.split_inclusive(' ') {
        let word = part.trim_end_matches(' ');
        let number = word
            .trim_start_matches('(')
            .trim_end_matches(['.', ',', ')', ':', ';']);
        let tiny =
            number.contains("e-") && number.parse::<f64>().is_ok_and(|value| value.abs() < 1e-6);
        match tiny {
            true => steady.push_str(&part.replace(number, "#")),
            false => steady.push_str(part),
        }
    }
    steady.trim_end().to_owned()
}

macro_rules! failures {
    ($($name:ident: $line:literal,)*) => {$(
        #[test]
        fn $name() {
            insta::assert_snapshot!(failing($line));
        }
    )*};
}

failures! {
    the_courses_two_bugs: "course",
    a_factor_two: "mlp --fault dw2-doubled --steps 0",
    no_activation_derivative: "mlp --fault activation-derivative-missing --steps 0",
    no_one_over_m: "mlp --fault missing-1-over-m --steps 0",
    no_l2_term: "mlp --fault l2-missing --steps 0",
    transposed: "mlp --fault flattened-by-columns --steps 0",
    the_wrong_axis: "mlp --fault bias-summed-over-units --steps 0",
    one_weight: "mlp --fault single-weight-off --steps 0",
    stale_caches: "mlp --fault stale --activation tanh --steps 0",
    weights_updated_early: "mlp --fault weights-updated-early --steps 0",
    not_connected: "mlp --fault not-connected --steps 0",
    single_precision: "mlp --fault single-precision --activation tanh --steps 0",
    not_a_number: "mlp --fault nan --steps 0",
    right_at_first_and_wrong_later: "mlp --fault clipped-output --steps 2000",
    a_wrong_slope_below_zero: "mlp --fault wrong-leaky-slope --steps 0",
}
