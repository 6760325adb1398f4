//! Small versions of `cargo xtask coverage` and `cargo xtask power`.

#![allow(clippy::unwrap_used, reason = "a failure is a failed test")]

use super::{Look, Options, coverage};

#[test]
fn reported_bars_cover_the_truth() {
    let options = Options {
        coordinates: 4000,
        seed: 0,
        threads: None,
    };
    let coverage = coverage(&options, &|_| {}).unwrap();
    for look in Look::ALL.into_iter().filter(|look| look.is_final()) {
        let row = coverage.overall(look);
        assert!(row.bars > 3000, "{row:?}");
        assert!(row.coverage() >= 0.999, "{row:?} {:?}", coverage.outside);
    }
}
