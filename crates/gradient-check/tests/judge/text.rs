//! What a person reads: short where all is well, never wider than a terminal, and with every number in full.

use finite_diff::{ParameterLayout, Selection, from_fn};
use gradient_check::course::CompareSettings;
use gradient_check::text::{GOOD, derivative, plain, short_report, styled, table, wrapped};
use gradient_check::{Report, Settings, Verdict, check, compare_gradients};

/// As wide as a terminal is by default.
const WIDTH: usize = 80;

/// The layout of a network with 30 inputs, in blocks of these names.
fn network(names: [&str; 6]) -> ParameterLayout {
    let shapes: [&[usize]; 6] = [&[16, 30], &[16], &[8, 16], &[8], &[1, 8], &[1]];
    let mut layout = ParameterLayout::new();
    for (i, (name, shape)) in names.into_iter().zip(shapes).enumerate() {
        layout = layout.with_stage(name, shape, i / 2 + 1).unwrap();
    }
    layout
}

/// Names as short as a textbook's, as long as a framework's, and longer than a line.
fn names() -> [[&'static str; 6]; 3] {
    [
        ["W1", "b1", "W2", "b2", "W3", "b3"],
        [
            "encoder.layers.0.self_attn.out_proj.weight",
            "encoder.layers.0.self_attn.out_proj.bias",
            "encoder.layers.0.linear1.weight",
            "encoder.layers.0.linear1.bias",
            "decoder.weight",
            "decoder.bias",
        ],
        [
            "a_name_that_is_longer_than_a_line_of_a_terminal_and_has_no_place_at_which_it_could_be_broken.weight",
            "b",
            "c",
            "d",
            "e",
            "f",
        ],
    ]
}

/// A check of Σ sin θ in which `change` is made to the gradient.
fn checked(layout: &ParameterLayout, change: impl Fn(&mut [f64])) -> Report {
    let n = layout.len();
    let at: Vec<f64> = (0..n).map(|i| 0.1 + 0.002 * i as f64).collect();
    let mut gradient: Vec<f64> = at.iter().map(|x| x.cos()).collect();
    change(&mut gradient);
    let j = from_fn(n, |x: &[f64]| x.iter().map(|x| x.sin()).sum());
    check(&j, &gradient, &at, layout, &Settings::default()).unwrap()
}

#[track_caller]
fn fits(text: &str) {
    for line in text.lines() {
        assert!(line.chars().count() <= WIDTH, "{line}\nin\n{text}");
    }
}

#[test]
fn a_right_report_is_short_and_its_first_line_says_so() {
    for names in names() {
        let report = checked(&network(names), |_| {});
        let text = report.to_string();
        assert!(text.starts_with("  agree: all 641 coordinates"), "{text}");
        fits(&text);
    }
    let text = checked(&network(names()[0]), |_| {}).to_string();
    assert!(text.lines().count() <= 12, "{text}");
}

/// The larger an agreement's limit, the more its reason matters: a gradient in double precision is not to blame for what the
/// cost can't resolve or the caller granted, in whatever mixture and however much of it is used up.
#[test]
fn a_blunt_agreement_gives_its_reason() {
    const OF_THE_GRADIENT: &str = "the gradient itself has rounding errors of about this size";
    let single = |sum: f64| f64::from(sum as f32);
    let n = 12;
    let at: Vec<f64> = (0..n).map(|i| 0.3 + 0.1 * f64::from(i)).collect();
    let layout = ParameterLayout::flat("W", at.len());
    let said = |cost: fn(f64) -> f64, off: f64, settings: &Settings| {
        let sum = move |x: &[f64]| cost(x.iter().map(|x| x.sin()).sum());
        let gradient: Vec<f64> = at.iter().map(|x| x.cos() * (1.0 + off)).collect();
        let j = from_fn(at.len(), sum);
        let text = check(&j, &gradient, &at, &layout, settings)
            .unwrap()
            .to_string();
        // Without its line breaks.
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let mut reasons = std::collections::BTreeSet::new();
    for tenths in 0..40 {
        let mut settings = Settings::default();
        settings.claim.accuracy = 10_f64.powf(-5.0 + 0.1 * f64::from(tenths));
        for used in [0.0, 0.5, 0.9, -0.9] {
            let text = said(single, used * settings.claim.accuracy, &settings);
            assert!(!text.contains(OF_THE_GRADIENT), "{text}");
            let given = ["`accuracy` is set to", "single precision"];
            reasons.extend(given.into_iter().filter(|reason| text.contains(reason)));
        }
    }
    assert_eq!(reasons.len(), 2, "{reasons:?}");
    let settings = Settings {
        working_epsilon: f64::from(f32::EPSILON),
        ..Settings::default()
    };
    let text = said(|sum| sum, 0.0, &settings);
    assert!(!text.contains("single precision"), "{text}");
    // A cost whose type says so.
    let at: Vec<f32> = at.iter().map(|x| *x as f32).collect();
    let gradient: Vec<f64> = at.iter().map(|x| f64::from(x.cos())).collect();
    let j = from_fn(at.len(), |x: &[f32]| x.iter().map(|x| x.sin()).sum());
    let text = check(&j, &gradient, &at, &layout, &settings)
        .unwrap()
        .to_string();
    assert!(text.contains("single precision"), "{text}");
}

#[test]
fn a_wrong_report_says_what_is_wrong_first_and_fits_whatever_the_names() {
    type Change = fn(&mut [f64]);
    let changes: [Change; 4] = [
        |g| g[0] += 1.0,
        |g| g.iter_mut().for_each(|g| *g *= 2.0),
        |g| g[500] = f64::NAN,
        |g| {
            for (i, g) in g.iter_mut().enumerate() {
                *g += (i as f64).sin();
            }
        },
    ];
    for names in names() {
        for change in changes {
            let report = checked(&network(names), change);
            assert_eq!(report.verdict, Verdict::Disagree);
            let text = report.to_string();
            let first = text.lines().next().unwrap();
            let begins = text.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(begins.contains("is wrong in"), "{first}");
            fits(&text);
            fits(&plain(&short_report(&report)));
            for block in &report.blocks {
                let worst = block.worst.as_ref().unwrap();
                assert!(
                    text.contains(&derivative(worst.comparison.analytic)),
                    "{text}"
                );
            }
        }
    }
}

#[test]
fn many_blocks_that_agree_are_counted_and_one_that_does_not_is_shown() {
    let mut layout = ParameterLayout::new();
    for i in 0..30 {
        layout = layout.with(format!("p{i}"), &[2, 2, 2, 2]).unwrap();
    }
    let right = checked(&layout, |_| {}).to_string();
    assert!(right.contains("23 more blocks agree"), "{right}");
    assert!(right.lines().count() <= 13, "{right}");
    let wrong = checked(&layout, |g| g[16 * 17] *= 2.0).to_string();
    assert!(
        wrong.starts_with("  p17 is wrong in 1 of 16 entries"),
        "{wrong}"
    );
    assert!(wrong.contains("[0,0,0,0]"), "{wrong}");
    fits(&wrong);
}

#[test]
fn the_short_form_has_the_verdict_and_a_line_for_each_block() {
    let report = checked(&network(names()[0]), |g| g[480] += 0.25);
    let text = plain(&short_report(&report));
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[0],
        "disagree: 641 of 641 coordinates checked, 1 wrong, 0 inconclusive"
    );
    let blocks = lines.iter().position(|line| line.contains("16×30"));
    assert_eq!(lines.len() - blocks.unwrap(), 6, "{text}");
    assert!(text.contains("disagree  b1  16     [0]"), "{text}");
    fits(&text);
}

#[test]
fn a_check_that_could_not_be_made_in_full_says_so() {
    let layout = network(names()[1]);
    let at = vec![0.3; layout.len()];
    let gradient: Vec<f64> = at.iter().map(|x: &f64| x.cos()).collect();
    let j = from_fn(layout.len(), |x: &[f64]| {
        x.iter().map(|x| x.sin()).sum::<f64>()
    });
    let some = Settings {
        selection: Selection::Some(vec![0, 5, 600]),
        ..Settings::default()
    };
    let text = check(&j, &gradient, &at, &layout, &some)
        .unwrap()
        .to_string();
    assert!(
        text.starts_with("  agree: 3 of 641 coordinates; "),
        "{text}"
    );
    assert!(text.contains("sample: 3 of 641 coordinates"), "{text}");
    assert!(text.contains("not checked"), "{text}");
    fits(&text);
}

#[test]
fn two_given_gradients_have_no_cost_to_compute_better() {
    let layout = ParameterLayout::new().with("W", &[3]).unwrap();
    let report = compare_gradients(
        &[1.0, 2.0, 3.0],
        &[1.0, 2.0, 3.00002],
        &layout,
        &CompareSettings::default(),
    )
    .unwrap();
    assert!(matches!(report.verdict, Verdict::Inconclusive(_)));
    let text = report.to_string();
    assert!(text.starts_with("  inconclusive: "), "{text}");
    assert!(!text.contains("fewer examples"), "{text}");
    fits(&text);
}

#[test]
fn a_long_name_loses_its_middle() {
    // The line of a block behind axes of length 1, which leave so many columns to its name.
    let shown = |name: &str, room: usize| {
        let axes = match room {
            12 => 10,
            4 => 12,
            _ => 13,
        };
        let mut shape = vec![1; axes];
        shape[0] = 10;
        let layout = ParameterLayout::new().with(name, &shape).unwrap();
        let text = plain(&short_report(&checked(&layout, |_| {})));
        let line = text.lines().nth(1).unwrap();
        let name = line.strip_prefix("agree  ").unwrap();
        name.split("  ").next().unwrap().to_owned()
    };
    assert_eq!(shown("W1", 4), "W1");
    assert_eq!(shown("encoder.layers.3.weight", 12), "encod…weight");
    assert_eq!(shown("W1", 1), "…");
}

#[test]
fn a_number_is_never_broken() {
    // All of it but `7)` would fit.
    let line = "a ".repeat(31) + "(residual 2.0e-7)";
    let text = plain(&wrapped("", &line));
    assert!(text.lines().any(|l| l.ends_with("2.0e-7)")), "{text}");
}

#[test]
fn columns_are_aligned_whatever_their_styles() {
    let rows = vec![vec![styled(GOOD, "agree"), "1".to_owned()]];
    let text = plain(&table(&["verdict", "n"], rows, 1));
    assert_eq!(text, "  verdict  n\n  agree    1\n");
}
