//! Random directions: the size of their entries, and how often an error is all but orthogonal to them.

use finite_diff::directions::{MISSED_PER_BAR, StreamedDirection};

fn draw(number: u64, n: usize) -> Vec<f64> {
    StreamedDirection::new(3, number, 0..n)
        .entries(&vec![0.0; n])
        .collect()
}

#[test]
fn entries_have_unit_size_either_sign_and_none_is_small() {
    let n = 200_000;
    let u = draw(0, n);
    let mean = u.iter().sum::<f64>() / n as f64;
    let square = u.iter().map(|u| u * u).sum::<f64>() / n as f64;
    // Five standard deviations of a mean of n.
    assert!(mean.abs() < 5.0 / (n as f64).sqrt(), "{mean}");
    assert!(
        (square - 1.0).abs() < 5.0 * 1.2 / (n as f64).sqrt(),
        "{square}"
    );
    assert!(u.iter().all(|u| (0.348..2.44).contains(&u.abs())));
}

#[test]
fn each_number_and_each_seed_is_another_direction() {
    let u = draw(0, 1000);
    let same = |v: &[f64]| u.iter().zip(v).filter(|(a, b)| a == b).count();
    assert!(same(&draw(1, 1000)) < 3);
    let other: Vec<f64> = StreamedDirection::new(4, 0, 0..1000)
        .entries(&[0.0; 1000])
        .collect();
    assert!(same(&other) < 3);
    let correlation: f64 = u.iter().zip(&draw(1, 1000)).map(|(a, b)| a * b).sum();
    assert!(correlation.abs() < 5.0 * 1000f64.sqrt());
}

#[test]
fn entries_are_relative_to_the_coordinate_and_end_with_the_point() {
    let u = draw(0, 3);
    let scaled: Vec<f64> = StreamedDirection::new(3, 0, 0..5)
        .entries(&[1e8, -3.0, 0.5])
        .collect();
    assert_eq!(scaled, [u[0] * 1e8, u[1] * 3.0, u[2]]);
}

#[test]
fn no_error_is_missed_more_often_than_stated() {
    // P(|e·u| < τ) ≤ (9/8)·τ/‖e‖, whatever e is (docs/theory/directions.md, equation D6).
    let errors: [&[f64]; 8] = [
        &[1.0],
        &[1.0, 1.0],
        &[1.0, -1.0],
        &[1.0, 0.9],
        &[1.0, 1.0, 1.0],
        &[1.0, -0.5, -0.5],
        &[1.0, 1.0, 1.0, 1.0],
        &[1.0; 30],
    ];
    let draws = 40_000;
    for e in errors {
        let norm = e.iter().map(|e| e * e).sum::<f64>().sqrt();
        let u = draw(9, e.len() * draws);
        let along: Vec<f64> = u
            .chunks(e.len())
            .map(|u| u.iter().zip(e).map(|(u, e)| u * e).sum::<f64>().abs())
            .collect();
        for share in [0.02, 0.1, 0.3, 0.6] {
            let missed = along.iter().filter(|a| **a < share * norm).count() as f64;
            let expected = MISSED_PER_BAR * share * draws as f64;
            // Five standard deviations of a count.
            assert!(
                missed < expected + 5.0 * expected.sqrt(),
                "{e:?} at {share}: {missed} of {expected}"
            );
        }
    }
}
