//! What lies above one layer, for all of its units.
//!
//! Invariant: knows nothing of what changes the units.

use super::narrow::{self, Narrow};
use super::rising::Rising;
use crate::MlpError;
use crate::engine::base::Base;
use crate::engine::beyond::{Beyond, Work};

/// The network above layer l.
pub(super) struct Above<'b> {
    base: &'b Base<'b, f64>,
    layer: usize,
    /// Both layers, stored once for all units, if above are one hidden layer of straight lines without dropout and one
    /// output.
    narrow: Option<Narrow>,
}

/// Buffers that are reused from unit to unit.
pub(super) struct Scratch {
    work: Work<f64>,
    beyond: Beyond<f64>,
    narrow: narrow::Scratch,
}

impl Scratch {
    pub(super) fn new() -> Self {
        Self {
            work: Work::new(),
            beyond: Beyond::empty(),
            narrow: narrow::Scratch::default(),
        }
    }
}

impl<'b> Above<'b> {
    pub(super) fn new(base: &'b Base<'b, f64>, layer: usize) -> Self {
        let lines = base.narrow_above(layer);
        Self {
            base,
            layer,
            narrow: lines.map(|lines| Narrow::new(base, layer, lines)),
        }
    }

    /// Computes the change of the loss of each picked example at each probe, one row each, and marks in `passed` the
    /// columns in which a hidden layer passes a kink. False if one of the changes is not finite.
    pub(super) fn follow(
        &self,
        rising: &Rising<'_>,
        scratch: &mut Scratch,
        changes: &mut Vec<f64>,
        passed: &mut [bool],
    ) -> Result<bool, MlpError> {
        if let Some(narrow) = &self.narrow {
            narrow.follow(self.base, rising, &mut scratch.narrow, changes, passed);
        } else {
            let Scratch { work, beyond, .. } = scratch;
            let place = (self.layer, rising.unit);
            let picked = (rising.picked, rising.picked.len());
            beyond.turn_to(self.base, place, picked, work);
            beyond.follow(self.base, rising.rises, work)?;
            std::mem::swap(changes, &mut work.changes);
            for &end in rising.ends {
                beyond.mark_crossings(self.base, rising.row(end), work, passed)?;
            }
        }
        Ok(changes.iter().all(|change| change.is_finite()))
    }
}
