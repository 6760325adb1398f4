//! Sums of many terms: what rounding loses is added again, on however many threads.

use finite_diff::directions::{StreamedDirection, WorkingCopy};
use finite_diff::from_fn;
use finite_diff::sum::compensated_sum;

use super::CHUNK;

#[test]
fn what_is_lost_is_added_again() {
    let terms = [1.0, 1e100, 1.0, -1e100];
    assert_eq!(compensated_sum(terms), 2.0);
    assert_eq!(
        compensated_sum(terms.into_iter().chain([f64::INFINITY])),
        f64::INFINITY
    );
}

#[test]
fn many_chunks_add_up_to_the_whole() {
    for len in [0, 1, CHUNK, CHUNK + 1, 5 * CHUNK + 3] {
        let (at, j) = (vec![0.0; len], from_fn(len, |_: &[f64]| 0.0));
        let copy = WorkingCopy::new(&j, &at, None).unwrap();
        let direction = StreamedDirection::new(1, 2, 0..len);
        // So that the products are 0, 0.1, 0.2, …
        let values: Vec<f64> = (direction.entries(&at).enumerate())
            .map(|(i, u)| 0.1 * i as f64 / u)
            .collect();
        let exact = 0.05 * len as f64 * (len as f64 - 1.0);
        let off = (copy.contract(&direction, &values) - exact).abs();
        assert!(off <= 4.0 * f64::EPSILON * exact.abs(), "{len}: {off:e}");
    }
}
