//! Directions: what they move, and that walks along them end where they must.

use std::sync::atomic::AtomicBool;

use super::*;
use crate::{EvaluationError, Execution, Objective, Piece, WalkEnd, from_fn, try_from_fn, walk};

fn one(len: usize, at: &[f64]) -> Direction {
    let layout = ParameterLayout::flat("x", len);
    directions(&layout, at, 7, 32).unwrap().directions.remove(0)
}

#[test]
fn directions_have_unit_size_both_signs_and_no_small_entry() {
    let layout = ParameterLayout::new()
        .with("W", &[50, 20])
        .unwrap()
        .with("empty", &[0])
        .unwrap()
        .with("b", &[1])
        .unwrap();
    let drawn = directions(&layout, &[0.1; 1001], 3, 32).unwrap();
    assert_eq!((drawn.directions.len(), drawn.left_out), (3, 0));
    let u = drawn.directions[0].entries();
    let rms = (u.iter().map(|u| u * u).sum::<f64>() / 1000.0).sqrt();
    assert!((rms - 1.0).abs() < 1e-12);
    assert!(u.iter().all(|u| u.abs() > 0.3), "small entries are lifted");
    let above = u.iter().filter(|u| **u > 0.0).count();
    assert!((400..600).contains(&above), "{above} of 1000 are positive");
    // Normal: 4.6 % of |z| are above 2, that is above 2.5/1.43 here.
    let large = u.iter().filter(|u| u.abs() > 2.5 / 1.431).count();
    assert!((20..80).contains(&large), "{large}");
    assert_eq!(drawn.directions[2].range(), 0..1001);
    // A block's direction is its own, whatever other blocks there are.
    let alone = ParameterLayout::flat("W", 1000);
    let again = directions(&alone, &[0.1; 1000], 3, 32).unwrap();
    assert_eq!(again.directions[0].entries(), u);
}

#[test]
fn of_too_many_blocks_some_are_drawn_and_the_rest_counted() {
    let layout = (0..100).fold(ParameterLayout::new(), |layout, i| {
        layout.with(format!("b{i}"), &[2]).unwrap()
    });
    let drawn = directions(&layout, &[0.0; 200], 1, 10).unwrap();
    assert_eq!((drawn.directions.len(), drawn.left_out), (11, 90));
    assert!(directions(&layout, &[0.0; 199], 1, 10).is_err());
}

#[test]
fn the_two_sides_are_equally_far_and_the_displacement_is_what_lies_between() {
    for x in [1e8_f64, 1.0, 0.3, 1e-8, -7.0, 0.0] {
        for step in [1e-8_f64, 3.3e-5, 0.017] {
            let size = x.abs().max(step);
            let (plus, minus) = either_side(x, step);
            let off = ((plus - x) - (x - minus)).abs();
            assert!(off <= f64::EPSILON * size, "{x} {step}: {off:e}");
            let (plus, minus) = either_side(x as f32, step);
            let off = ((plus - x as f32) - (x as f32 - minus)).abs();
            assert!(off <= f32::EPSILON * size as f32, "{x} {step}: {off:e}");
        }
    }
    let at = [1e8, 0.5];
    let u = one(2, &at);
    // t relates to max(1, |x|).
    assert!(u.entries()[0].abs() > 3e7 && u.entries()[1].abs() < 2.0);
    for (d, u) in u.displacement(&at, 1e-3).zip(u.entries()) {
        assert!((d / (2e-3 * u) - 1.0).abs() < 1e-12);
    }
}

#[test]
fn a_walk_goes_up_the_ladder_and_counts() {
    let j = from_fn(2, |x: &[f64]| x[0] + 2.0 * x[1]);
    let at = [0.5, 0.25];
    let walks = walk(&j, &at, &[one(2, &at)], &Execution::default()).unwrap();
    assert_eq!((walks[0].pairs.len(), walks[0].evaluations), (22, 44));
    assert_eq!(walks[0].pairs[0].t, 2f64.powi(-26));
    assert!(!walks[0].known_smooth);
    assert!(matches!(walks[0].end, WalkEnd::Widest));
}

#[test]
fn a_walk_ends_where_j_is_no_number_fails_or_changes_its_piece() {
    let at = [0.0];
    let u = one(1, &at);
    let run = |j: &dyn Objective<f64>| {
        let mut walks = walk(j, &at, std::slice::from_ref(&u), &Execution::default()).unwrap();
        walks.remove(0)
    };
    let nan = run(&from_fn(
        1,
        |x: &[f64]| {
            if x[0] > 1e-3 { f64::NAN } else { x[0] }
        },
    ));
    assert!(matches!(nan.end, WalkEnd::NonFinite { t, .. } if t.abs() > 1e-3));
    assert!(nan.pairs.iter().all(|pair| pair.t < 1e-3));

    let failing = run(&try_from_fn(1, |x: &[f64]| {
        if x[0] < -1e-3 {
            Err("out of paper")
        } else {
            Ok(x[0])
        }
    }));
    let WalkEnd::Failed(error) = &failing.end else {
        panic!("{:?}", failing.end);
    };
    let text = error.to_string();
    let side = if u.entries()[0] > 0.0 {
        "θ − t·u"
    } else {
        "θ + t·u"
    };
    assert!(
        text.contains(side) && text.contains("out of paper"),
        "{text}"
    );
    assert!(
        text.contains("9.765625e-4") || text.contains("1.953125e-3"),
        "{text}"
    );
    assert!(!failing.pairs.is_empty());

    struct Pieces;
    impl Objective<f64> for Pieces {
        fn dim(&self) -> usize {
            1
        }
        fn value(&self, x: &[f64]) -> Result<f64, EvaluationError> {
            Ok((x[0] - 0.01).max(0.0))
        }
        fn piece(&self, x: &[f64]) -> Result<Piece, EvaluationError> {
            let fingerprint = u64::from(x[0] > 0.01);
            let on_kink = x[0] == 0.01;
            Ok(Piece::Numbered {
                fingerprint,
                on_kink,
            })
        }
    }
    let pieces = run(&Pieces);
    assert!(matches!(pieces.end, WalkEnd::OtherPiece { t } if t > 5e-3));
    // 2 for each pair and 2 for their pieces, the piece of θ, and that on which it ended.
    let seen = 4 * pieces.pairs.len() as u64;
    assert!((seen + 2..=seen + 4).contains(&pieces.evaluations));
    assert!(pieces.known_smooth && pieces.pairs.iter().all(|p| p.plus == 0.0 && p.t < 0.01));
}

#[test]
fn what_does_not_move_and_what_is_cancelled_is_said() {
    let j = from_fn(1, |x: &[f64]| x[0]);
    let huge = [f64::MAX];
    let walks = walk(&j, &huge, &[one(1, &huge)], &Execution::default()).unwrap();
    assert!(matches!(walks[0].end, WalkEnd::NotRepresentable { .. }));
    let stop = AtomicBool::new(true);
    let execution = Execution {
        cancel: Some(&stop),
        ..Execution::default()
    };
    let walks = walk(&j, &[0.0], &[one(1, &[0.0])], &execution).unwrap();
    assert!(matches!(walks[0].end, WalkEnd::Cancelled));
    assert!(walk(&j, &[0.0, 1.0], &[], &execution).is_err());
    assert!(walk(&j, &[0.0], &[one(2, &[0.0, 0.0])], &execution).is_err());
}
