//! Bisection: from a block that is wrong along a direction to the coordinates, or the ranges, that are.
//!
//! Invariant: knows nothing of how a derivative along a direction is estimated.

use std::ops::Range;

use finite_diff::{Block, Objective, ParameterLayout, Real};

use super::describe::Site;
use super::report::{WrongRange, smallest_visible};
use crate::directions::{Bench, DirectionReading, Looked};
use crate::error::CheckError;
use crate::verdict::Verdict;

/// In how many parts a range is looked at for gaps: one that is this share of the range or longer holds a
/// point where two parts meet, and the range is taken apart there.
const PARTS: usize = 8;

/// How many halvings further down a part is looked for that can be decided, where neither half can: 14 parts
/// at most in each.
const DEEPER: u32 = 3;

/// What bounds the search.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// k.
    pub(super) directions: usize,
    /// Wrong ranges of one block.
    pub(super) ranges: usize,
    /// The count of evaluations at which the search ends.
    pub(super) until: u64,
}

/// What came of the search.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) wrong: Vec<WrongRange>,
    pub(super) undecided: Vec<Range<usize>>,
    pub(super) cut: bool,
}

/// A range that failed, and |e_u| along the direction that it failed along.
#[derive(Debug, Clone)]
struct Failing {
    range: Range<usize>,
    error: f64,
}

/// The verdict on a part of a range that failed.
enum Part {
    Wrong(f64),
    Right,
    Undecided,
}

/// One end of a range.
#[derive(Clone, Copy, PartialEq)]
enum End {
    First,
    Last,
}

/// Looks for what is wrong in `block`, which failed as `reading` tells. `calm` says that short looks can be
/// believed to lead the way; what they lead to is confirmed by the ladder in any case.
pub(super) fn search<T: Real, O: Objective<T> + ?Sized>(
    bench: &Bench<'_, T, O>,
    layout: &ParameterLayout,
    block: &Block,
    reading: &DirectionReading,
    calm: bool,
    limits: Limits,
) -> Result<Found, CheckError> {
    let site = Site {
        bench,
        layout,
        block,
        calm,
        directions: limits.directions,
        entry: bench.typical_entry(block.range()),
    };
    let mut search = Search {
        site,
        limits,
        ranges: Vec::new(),
        found: Found::default(),
    };
    let whole = Failing {
        range: block.range(),
        error: reading.error.unwrap_or(f64::INFINITY).abs(),
    };
    search.locate(&whole)?;
    for (range, narrowed) in std::mem::take(&mut search.ranges) {
        search.confirm(&range, narrowed)?;
    }
    if search.found.wrong.is_empty() {
        // No part of it fails as it does: it stands as it is.
        let as_it_is = search
            .site
            .describe(&whole.range, whole.error, reading.tolerance, false)?;
        search.found.wrong.push(as_it_is);
    }
    Ok(search.found)
}

/// The half at `end`, and the other one.
fn halves(range: &Range<usize>, end: End) -> (Range<usize>, Range<usize>) {
    let middle = range.start + range.len() / 2;
    let (left, right) = (range.start..middle, middle..range.end);
    match end {
        End::First => (left, right),
        End::Last => (right, left),
    }
}

struct Search<'s, 'a, T, O: ?Sized> {
    site: Site<'s, 'a, T, O>,
    limits: Limits,
    /// What was come to, and whether both its ends are wrong by themselves.
    ranges: Vec<(Range<usize>, bool)>,
    found: Found,
}

impl<T: Real, O: Objective<T> + ?Sized> Search<'_, '_, T, O> {
    /// Finds the first and the last wrong coordinate of a range that failed, and takes apart what lies
    /// between.
    fn locate(&mut self, failing: &Failing) -> Result<(), CheckError> {
        let first = self.edge(failing.clone(), End::First)?;
        if first.range.len() > 1 || first.range.end == failing.range.end {
            let narrowed = first.range.len() == 1;
            self.ranges.push((first.range, narrowed));
            return Ok(());
        }
        let rest = first.range.end..failing.range.end;
        let last = match self.part(rest.clone(), failing)? {
            Part::Wrong(error) => self.edge(Failing { range: rest, error }, End::Last)?,
            Part::Right => first.clone(),
            Part::Undecided => {
                self.found.undecided.push(rest);
                first.clone()
            }
        };
        let narrowed = last.range.len() == 1;
        let hull = Failing {
            range: first.range.start..last.range.end,
            error: failing.error,
        };
        self.take_apart(hull, narrowed)
    }

    /// Splits a range, both ends of which are wrong, at a gap of an eighth of it or more, as long as there is
    /// one.
    fn take_apart(&mut self, hull: Failing, narrowed: bool) -> Result<(), CheckError> {
        let Range { start, end } = hull.range.clone();
        let inside = start + 1..end.saturating_sub(1);
        let mut meets: Vec<usize> = (1..PARTS)
            .map(|k| start + hull.range.len() * k / PARTS)
            .filter(|at| inside.contains(at))
            .collect();
        meets.dedup();
        for at in meets {
            if self.is_cut() {
                break;
            }
            if !matches!(self.part(at..at + 1, &hull)?, Part::Right) {
                continue;
            }
            let left = Failing {
                range: start..at,
                error: hull.error,
            };
            let right = Failing {
                range: at + 1..end,
                error: hull.error,
            };
            let left = start..self.edge(left, End::Last)?.range.end;
            let right = self.edge(right, End::First)?.range.start..end;
            if (right.start - left.end) * PARTS >= hull.range.len() {
                for range in [left, right] {
                    let error = hull.error;
                    self.take_apart(Failing { range, error }, narrowed)?;
                }
                return Ok(());
            }
        }
        self.ranges.push((hull.range, narrowed));
        Ok(())
    }

    /// The first, or last, coordinate of a range that failed which is wrong by itself; or the smallest
    /// range that fails though neither of its halves does.
    fn edge(&mut self, mut failing: Failing, end: End) -> Result<Failing, CheckError> {
        while failing.range.len() > 1 && !self.is_cut() {
            let (near, far) = halves(&failing.range, end);
            let first = self.part(near.clone(), &failing)?;
            if let Part::Wrong(error) = first {
                failing = Failing { range: near, error };
                continue;
            }
            let second = self.part(far.clone(), &failing)?;
            if let Part::Wrong(error) = second {
                if matches!(first, Part::Undecided) {
                    self.found.undecided.push(near);
                }
                failing = Failing { range: far, error };
                continue;
            }
            // A smaller part meets fewer kinks.
            let mut below = None;
            for (range, part) in [(near, first), (far, second)] {
                if below.is_none() && matches!(part, Part::Undecided) {
                    below = self.deeper(range.clone(), &failing, end, DEEPER)?;
                    if below.is_none() {
                        self.found.undecided.push(range);
                    }
                }
            }
            let Some(below) = below else { break };
            failing = below;
        }
        Ok(failing)
    }

    /// A wrong part of a range that could not be decided, so many halvings down.
    fn deeper(
        &mut self,
        range: Range<usize>,
        of: &Failing,
        end: End,
        halvings: u32,
    ) -> Result<Option<Failing>, CheckError> {
        if range.len() < 2 || halvings == 0 || self.is_cut() {
            return Ok(None);
        }
        let (near, far) = halves(&range, end);
        for half in [near, far] {
            match self.part(half.clone(), of)? {
                Part::Wrong(error) => return Ok(Some(Failing { range: half, error })),
                Part::Right => {}
                Part::Undecided => {
                    let below = self.deeper(half, of, end, halvings - 1)?;
                    if below.is_some() {
                        return Ok(below);
                    }
                }
            }
        }
        Ok(None)
    }

    /// Looks at a part of a range that failed along up to k fresh directions.
    fn part(&mut self, range: Range<usize>, of: &Failing) -> Result<Part, CheckError> {
        if !range.clone().any(|at| self.site.bench.is_free(at)) {
            return Ok(Part::Right);
        }
        let allowance = self.site.bench.allowance(range.clone(), self.site.entry);
        // Half of what the part would have if the error were spread evenly ((D9) of
        // docs/theory/directions.md).
        let sought = 0.5 * of.error * (range.len() as f64 / of.range.len() as f64).sqrt();
        let mut readings = Vec::new();
        for _ in 0..self.limits.directions {
            if self.is_cut() {
                return Ok(Part::Undecided);
            }
            let direction = self.site.bench.fresh(range.clone());
            let mut seen = if self.site.calm {
                self.site
                    .bench
                    .short(&direction, &allowance, Some(self.site.block.name()))?
            } else {
                self.site
                    .bench
                    .look(&direction, &allowance, Some(self.site.block.name()))?
            };
            let blunt = |seen: &Looked| {
                smallest_visible(&vec![seen.reading; self.limits.directions])
                    .is_none_or(|visible| visible > sought)
            };
            let suspect = seen.reading.verdict == Verdict::Disagree;
            if self.site.calm && !suspect && seen.moved && blunt(&seen) {
                seen =
                    self.site
                        .bench
                        .look(&direction, &allowance, Some(self.site.block.name()))?;
            }
            if seen.reading.verdict == Verdict::Disagree {
                return Ok(Part::Wrong(seen.reading.error.map_or(0.0, f64::abs)));
            }
            readings.push(seen.reading);
        }
        let visible = smallest_visible(&readings);
        Ok(if visible.is_some_and(|visible| visible <= sought) {
            Part::Right
        } else {
            Part::Undecided
        })
    }

    /// Looks at what was come to by the ladder, along directions of its own.
    fn confirm(&mut self, range: &Range<usize>, narrowed: bool) -> Result<(), CheckError> {
        if self.found.wrong.len() >= self.limits.ranges {
            self.found.cut = true;
            return Ok(());
        }
        let allowance = self.site.bench.allowance(range.clone(), self.site.entry);
        for _ in 0..self.limits.directions {
            let direction = self.site.bench.fresh(range.clone());
            let seen =
                self.site
                    .bench
                    .look(&direction, &allowance, Some(self.site.block.name()))?;
            if let (Verdict::Disagree, Some(error)) = (seen.reading.verdict, seen.reading.error) {
                let tolerance = seen.reading.tolerance;
                let described = self
                    .site
                    .describe(range, error.abs(), tolerance, narrowed)?;
                self.found.wrong.push(described);
                return Ok(());
            }
        }
        self.found.undecided.push(range.clone());
        Ok(())
    }

    /// Whether the search has reached one of its limits.
    fn is_cut(&mut self) -> bool {
        let over = self.site.bench.copy.evaluations() >= self.limits.until
            || self.site.bench.is_cancelled()
            || self.ranges.len() > self.limits.ranges;
        self.found.cut |= over;
        over
    }
}
