//! What a report says of its directional test: one line where all is well, and what it means where it is not.

use finite_diff::directions::StreamedDirection;
use finite_diff::{ParameterLayout, Selection, from_fn};
use gradient_check::{Report, Settings, check};

const AT: [f64; 6] = [0.25, -0.75, 1.125, 0.5, -0.375, 0.875];

/// The paragraph on the directional test, without its indentation; nothing where the report has none.
fn paragraph(report: &Report) -> String {
    let text = report.to_string();
    let mut lines = text
        .lines()
        .skip_while(|line| !line.starts_with("  directional test:"));
    let first: Vec<&str> = lines.next().into_iter().collect();
    // Further lines are indented by more than the paragraphs of a report are.
    let further = lines.take_while(|line| line.starts_with("    "));
    let lines: Vec<&str> = first.into_iter().chain(further).collect();
    lines.join("\n").trim_start().to_owned()
}

fn told(f: impl Fn(&[f64]) -> f64 + Sync, gradient: &[f64], settings: &Settings<'_>) -> String {
    let layout = ParameterLayout::new().with("W", &[2, 2]).unwrap();
    let layout = layout.with("b", &[2]).unwrap();
    let report = check(&from_fn(6, f), gradient, &AT, &layout, settings).unwrap();
    // Digits are the processor's.
    let text = paragraph(&report);
    let hidden = |word: &str| match word.trim_end_matches([',', ';', ':', '.', ')']) {
        digits if digits.contains('.') && digits.parse::<f64>().is_ok() => {
            word.replace(digits, "#")
        }
        _ => word.to_owned(),
    };
    let line = |line: &str| line.split(' ').map(hidden).collect::<Vec<_>>().join(" ");
    let lines: Vec<String> = text.lines().map(line).collect();
    lines.join("\n")
}

fn cubes(x: &[f64]) -> f64 {
    x.iter().map(|x| x * x * x).sum()
}

fn of_cubes() -> Vec<f64> {
    AT.iter().map(|x| 3.0 * x * x).collect()
}

#[test]
fn one_line_where_all_is_well() {
    let all = Settings::exact();
    insta::assert_snapshot!(told(cubes, &of_cubes(), &all), @"directional test: 3 of 3 directions agree (detection limit # of g·u)");
    let linear = |x: &[f64]| x.iter().sum::<f64>();
    insta::assert_snapshot!(told(linear, &[1.0; 6], &all), @"directional test: 3 of 3 directions agree (detection limit # of g·u)");
    insta::assert_snapshot!(told(|_| 1.0, &[0.0; 6], &all), @r"
    directional test: 3 of 3 directions are inconclusive (zero derivative and
        zero gradient)
    ");
    let some = Settings {
        selection: Selection::Some(vec![0, 5]),
        ..Settings::exact()
    };
    insta::assert_snapshot!(told(cubes, &of_cubes(), &some), @r"
    directional test: 3 of 3 directions agree (detection limit # of g·u);
        it also covers the coordinates that were not checked
    ");
    let off = Settings {
        directional_test: false,
        ..Settings::exact()
    };
    assert_eq!(told(cubes, &of_cubes(), &off), "");
}

#[test]
fn where_both_see_it_where() {
    let mut gradient = of_cubes();
    gradient[4] += 0.01;
    insta::assert_snapshot!(told(cubes, &gradient, &Settings::exact()), @r"
directional test: also fails, along b and all blocks together, by up to
    # of g·u
");
    gradient[4] = f64::NAN;
    insta::assert_snapshot!(told(cubes, &gradient, &Settings::exact()), @r"
    directional test: also fails, along b and all blocks together (the gradient
        is NaN)
    ");
}

#[test]
fn where_they_disagree_what_that_means() {
    // In a coordinate that was not judged.
    let mut gradient = of_cubes();
    gradient[4] += 0.01;
    let some = Settings {
        selection: Selection::Some(vec![0, 1, 2, 3, 5]),
        ..Settings::exact()
    };
    insta::assert_snapshot!(told(cubes, &gradient, &some), @r"
    directional test: fails along b and all blocks together: the error is
        # ± #, where a typical g·u is #. No coordinate that was
        checked is wrong, so one that was not checked must be: check all of them.
    ");
    // Orthogonal to the direction.
    let flat = ParameterLayout::flat("x", 6);
    let u: Vec<f64> = StreamedDirection::new(0, 0, 0..6).entries(&AT).collect();
    let mut gradient = of_cubes();
    gradient[0] += 1e-3 * u[1];
    gradient[1] -= 1e-3 * u[0];
    let j = from_fn(6, cubes);
    let report = check(&j, &gradient, &AT, &flat, &Settings::exact()).unwrap();
    let said = paragraph(&report);
    let words: Vec<&str> = said.split_whitespace().collect();
    let why =
        "does not detect the error in x: a random direction misses such an error with probability";
    assert!(words.join(" ").contains(why), "{said}");
    // In no coordinate.
    let bent = |x: &[f64]| {
        let (a, b) = (x[0] - AT[0], x[1] - AT[1]);
        let square = a * a + b * b;
        cubes(x)
            + if square > 0.0 {
                a * a * b / square
            } else {
                0.0
            }
    };
    insta::assert_snapshot!(told(bent, &of_cubes(), &Settings::exact()), @r"
    directional test: fails along W and all blocks together: the error is
        # ± #, where a typical g·u is #. Every coordinate was
        checked and agrees, and their error bars allow for # only: the cost is
        not smooth along the direction, or an error bar is too small. Check at
        another point.
    ");
}
