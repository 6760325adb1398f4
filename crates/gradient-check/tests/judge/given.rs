//! Two gradients from elsewhere, without error bars.

use super::*;
use gradient_check::course::difference;

fn stored_as(stored: Stored) -> CompareSettings<'static> {
    CompareSettings {
        stored: vec![stored],
        ..CompareSettings::default()
    }
}

#[test]
fn two_gradients_from_elsewhere_are_read_by_the_courses_bands() {
    let layout = two_blocks(6);
    let d = [1.0, -2.0, 0.5, 1.5, 0.0, 3.0];
    let word = |g: &[f64], d: &[f64]| {
        compare_gradients(g, d, &layout, &CompareSettings::default())
            .unwrap()
            .verdict
    };
    assert_eq!(word(&d, &d), Verdict::Agree);
    let with = |i: usize, v: f64| {
        let mut g = d;
        g[i] = v;
        g
    };
    assert_eq!(
        word(&with(1, -2.0 + 1e-5), &d),
        Verdict::Inconclusive(Reason::BelowResolution)
    );
    assert_eq!(word(&with(1, 2.0), &d), Verdict::Disagree);
    assert_eq!(word(&with(1, f64::NAN), &d), Verdict::Disagree);
    assert_eq!(
        word(&d, &with(1, f64::NAN)),
        Verdict::Inconclusive(Reason::NonFinite)
    );
    assert_eq!(
        word(&[0.0; 6], &[0.0; 6]),
        Verdict::Inconclusive(Reason::Vacuous)
    );
    assert!(compare_gradients(&d[..5], &d, &layout, &CompareSettings::default()).is_err());
}

#[test]
fn a_wrong_entry_of_a_given_gradient_leaves_the_others_their_word() {
    let layout = ParameterLayout::flat("W", 100);
    let d: Vec<f64> = (0..100).map(|i| f64::from(i + 1).sin()).collect();
    let counts = |off: f64| {
        let mut g = d.clone();
        g[17] += off;
        let counts = compare_gradients(&g, &d, &layout, &CompareSettings::default())
            .unwrap()
            .counts;
        [counts.agree, counts.disagree, counts.total()]
    };
    assert_eq!(counts(0.0), [100, 0, 100]);
    // The difference of all together is likely right.
    assert_eq!(counts(1e-7), [100, 0, 100]);
    assert_eq!(counts(1e-5), [99, 0, 100]);
    assert_eq!(counts(0.1), [99, 1, 100]);
}

/// Rounded to p bits, whether to the nearest or by cutting off, a gradient is right; an error of a tenth of the scale is
/// wrong all the same.
#[test]
fn what_the_type_rounds_away_is_no_error() {
    let layout = ParameterLayout::flat("W", 50);
    let cut = |v: f64, bits: i32| f64::from_bits(v.to_bits() >> (53 - bits) << (53 - bits));
    for (stored, bits) in [(Stored::BF16, 8), (Stored::F16, 11), (Stored::F32, 24)] {
        let d: Vec<f64> = (0..50)
            .map(|i| (f64::from(i) * 0.37).cos() * 0.03)
            .collect();
        let g: Vec<f64> = d.iter().map(|d| cut(*d, bits)).collect();
        let word = |g: &[f64], d: &[f64], stored| {
            compare_gradients(g, d, &layout, &stored_as(stored))
                .unwrap()
                .verdict
        };
        assert_eq!(word(&g, &d, stored), Verdict::Agree);
        assert_eq!(word(&d, &g, stored), Verdict::Agree);
        if bits < 24 {
            assert_ne!(word(&g, &d, Stored::F64), Verdict::Agree);
        }
        let mut wrong = g;
        wrong[3] += 0.003;
        assert_eq!(word(&wrong, &d, stored), Verdict::Disagree);
    }
    // Below its smallest number nothing is known.
    let [tiny, more] = [vec![1e-8; 50], vec![5e-8; 50]];
    let report = compare_gradients(&tiny, &more, &layout, &stored_as(Stored::F16)).unwrap();
    assert_eq!(report.verdict, Verdict::Agree);
}

#[test]
fn a_block_is_zero_by_the_scale_of_all() {
    let layout = two_blocks(6);
    let word = |g: [f64; 6], d: [f64; 6]| {
        let report = compare_gradients(&g, &d, &layout, &CompareSettings::default()).unwrap();
        (report.verdict, report.counts.zero)
    };
    let blocks = layout.blocks();
    let last = blocks[1].range();
    let with = |v: f64| {
        let mut g = [1.0, -2.0, 0.5, 1.5, 0.25, 3.0];
        g[last.clone()].fill(v);
        g
    };
    for (g, d) in [(1e-17, 0.0), (0.0, 1e-17), (-2e-16, 1e-15)] {
        assert_eq!(word(with(g), with(d)), (Verdict::Agree, last.len()));
        // In any unit.
        let scaled = |v| with(v).map(|v| v * 1e-200);
        assert_eq!(word(scaled(g), scaled(d)).0, Verdict::Agree);
    }
    assert_eq!(word(with(1e-9), with(0.0)).0, Verdict::Disagree);
    assert_eq!(word([1e-17; 6], [0.0; 6]).0, Verdict::Disagree);
}

fn by(rule: CompareRule<'_>) -> CompareSettings<'_> {
    CompareSettings {
        rule,
        ..CompareSettings::default()
    }
}

/// As `numpy.allclose`, which has no third word.
#[test]
fn tolerances_of_ones_own_decide_alone() {
    let layout = ParameterLayout::flat("W", 3);
    let d = [1.0, 100.0, 0.0];
    let verdict = |g: [f64; 3], rtol, atol| {
        let settings = by(CompareRule::Close { rtol, atol });
        compare_gradients(&g, &d, &layout, &settings)
            .unwrap()
            .verdict
    };
    assert_eq!(verdict([1.0 + 9e-6, 100.0, 0.0], 1e-5, 0.0), Verdict::Agree);
    assert_eq!(
        verdict([1.0 + 2e-5, 100.0, 0.0], 1e-5, 0.0),
        Verdict::Disagree
    );
    assert_eq!(
        verdict([1.0, 100.0 + 9e-4, 1e-9], 1e-5, 1e-8),
        Verdict::Agree
    );
    assert_eq!(verdict([1.0, 100.0, 2e-8], 1e-5, 1e-8), Verdict::Disagree);
    assert_eq!(verdict(d, 0.0, 0.0), Verdict::Agree);
    assert_eq!(verdict([f64::NAN, 100.0, 0.0], 1.0, 1.0), Verdict::Disagree);
}

#[test]
fn accuracy_accepts_and_exact_rejects_what_the_bands_leave_open() {
    let layout = ParameterLayout::flat("W", 4);
    let d = [1.0, -2.0, 0.5, 1.5];
    let verdict = |off: f64, rule| {
        let g = d.map(|d| d * (1.0 + off));
        compare_gradients(&g, &d, &layout, &by(rule))
            .unwrap()
            .verdict
    };
    assert!(matches!(
        verdict(1e-5, CompareRule::Bands),
        Verdict::Inconclusive(_)
    ));
    assert_eq!(verdict(1e-5, CompareRule::Accuracy(1e-4)), Verdict::Agree);
    assert_eq!(
        verdict(0.02, CompareRule::Accuracy(1e-3)),
        Verdict::Disagree
    );
    assert_eq!(verdict(1e-5, CompareRule::Exact), Verdict::Disagree);
    assert_eq!(verdict(1e-15, CompareRule::Exact), Verdict::Agree);
}

/// A candidate may be `times` as far from the reference as the baseline, as a block; one gross entry is not hidden by
/// the size of its block.
#[test]
fn a_baseline_says_how_far_is_acceptable() {
    let layout = ParameterLayout::flat("W", 1000);
    let reference: Vec<f64> = (0..1000).map(|i| f64::from(i).sin()).collect();
    let off = |size: f64, seed: f64| -> Vec<f64> {
        let noise = |(i, d): (usize, &f64)| d + size * (seed * i as f64).sin();
        reference.iter().enumerate().map(noise).collect()
    };
    let baseline = off(1e-5, 1.3);
    let verdict = |candidate: &[f64]| {
        let rule = CompareRule::Baseline {
            gradient: &baseline,
            times: 2.0,
        };
        let report = compare_gradients(candidate, &reference, &layout, &by(rule)).unwrap();
        (report.verdict, report.counts.disagree)
    };
    assert_eq!(verdict(&off(1e-5, 2.7)), (Verdict::Agree, 0));
    assert_eq!(verdict(&off(1.9e-5, 2.7)), (Verdict::Agree, 0));
    assert_eq!(verdict(&reference), (Verdict::Agree, 0));
    let (far, wrong) = verdict(&off(3e-5, 2.7));
    assert!(far == Verdict::Disagree && wrong > 0);
    let mut one = off(1e-5, 2.7);
    one[500] += 0.01;
    assert_eq!(verdict(&one), (Verdict::Disagree, 1));
}

#[test]
fn extremes_neither_overflow_nor_vanish() {
    for scale in [1e-300, 1e-8, 1.0, 1e300] {
        let d = difference(&[2.0 * scale], &[scale]);
        assert!((d - 1.0 / 3.0).abs() < 1e-15, "{scale:e}: {d}");
    }
    assert_eq!(difference(&[], &[]), 0.0);
    assert_eq!(difference(&[0.0], &[0.0]), 0.0);
    assert_eq!(difference(&[0.0], &[1.0]), 1.0);
    assert!(difference(&[f64::NAN], &[1.0]).is_nan());
    assert!(difference(&[f64::INFINITY], &[1.0]).is_nan());
}
