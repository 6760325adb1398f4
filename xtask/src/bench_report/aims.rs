//! What was aimed at, to stand beside what was measured. Nothing passes or fails by it.

use benches::{PEER, REFERENCE};

/// What a figure is held against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Against {
    /// Another engine, one thread: at least so many times as fast.
    Engine(&'static str),
    /// The engine's own floor: at most so many times as slow.
    Floor,
    /// Itself on one thread: at least so many times as fast on two.
    OneThread,
}

const FULL: Against = Against::Engine(REFERENCE);
const CRATE: Against = Against::Engine(PEER);

/// Size, engine, what it is held against, factor.
const AIMS: &[(&str, &str, Against, f64)] = &[
    ("S3", "incremental", FULL, 40.0),
    ("S3", "layerwise", FULL, 500.0),
    ("S4", "incremental", FULL, 300.0),
    ("S4", "layerwise", FULL, 10_000.0),
    // Of whichever engine is meant to be used.
    ("S1", "incremental", CRATE, 2.0),
    ("S1", "layerwise", CRATE, 2.0),
    ("S2", "incremental", CRATE, 10.0),
    ("S2", "layerwise", CRATE, 10.0),
    ("S4", "incremental", CRATE, 200.0),
    ("S4", "layerwise", CRATE, 200.0),
    ("S3", "incremental", Against::Floor, 2.0),
    ("S4", "incremental", Against::Floor, 2.0),
    ("S3", "layerwise", Against::Floor, 3.0),
    ("S4", "layerwise", Against::Floor, 3.0),
    ("S3", REFERENCE, Against::OneThread, 1.7),
    ("S4", REFERENCE, Against::OneThread, 1.7),
    ("S3", "incremental", Against::OneThread, 1.7),
    ("S4", "incremental", Against::OneThread, 1.7),
];

/// `≥ 300×`; nothing where nothing was aimed at.
pub(super) fn aim(size: &str, engine: &str, against: Against) -> String {
    let found = AIMS
        .iter()
        .find(|aim| aim.0 == size && aim.1 == engine && aim.2 == against);
    let sign = match against {
        Against::Floor => "≤",
        Against::Engine(_) | Against::OneThread => "≥",
    };
    found.map_or_else(String::new, |(.., factor)| {
        format!("{sign} {}×", super::numbers::short(*factor))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aims_stand_where_they_were_stated() {
        assert_eq!(aim("S4", "layerwise", FULL), "≥ 10,000×");
        assert_eq!(aim("S4", "incremental", Against::Floor), "≤ 2×");
        assert_eq!(aim("S3", "full", Against::OneThread), "≥ 1.7×");
        assert_eq!(aim("S1", "course", FULL), "");
    }
}
