//! The families: each with a name, the expected verdict, and how its problem at a point is drawn.

mod conditioned;
mod control;
mod domain;
mod kinks;
mod noise;
mod offsets;
mod oscillating;
mod saturated;
mod single;
mod solvers;
mod stationary;
mod sums;
mod units;
mod zero;

use crate::black_boxes::draw::Draw;
use crate::black_boxes::problem::{Expected, Problem};

/// A family of problems.
pub(crate) struct Family {
    pub(crate) name: String,
    pub(crate) expected: Expected,
    /// The largest number of points that is worth the time.
    pub(crate) at_most: usize,
    draw: Box<dyn Fn(&mut Draw) -> Problem>,
}

impl Family {
    fn at_most(mut self, points: usize) -> Self {
        self.at_most = points;
        self
    }

    /// The family's problem at the point of this number.
    pub(crate) fn problem(&self, index: usize) -> Problem {
        (self.draw)(&mut Draw::new(&self.name, index))
    }
}

fn family(
    name: impl Into<String>,
    expected: Expected,
    draw: impl Fn(&mut Draw) -> Problem + 'static,
) -> Family {
    Family {
        name: name.into(),
        expected,
        at_most: usize::MAX,
        draw: Box::new(draw),
    }
}

/// All families.
pub(crate) fn all() -> Vec<Family> {
    let kinds = [
        control::families,
        single::families,
        offsets::families,
        sums::families,
        noise::families,
        solvers::families,
        units::families,
        saturated::families,
        zero::families,
        kinks::families,
        oscillating::families,
        conditioned::families,
        domain::families,
        stationary::families,
    ];
    kinds.iter().flat_map(|families| families()).collect()
}
