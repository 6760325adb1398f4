//! Whether the directional test and the component-wise comparison agree, and what it means if they do not.
//!
//! A pure function of the report.

use crate::directions::{DirectionResult, DirectionalTest};
use crate::report::{BlockReport, Report};
use crate::verdict::{Reason, Verdict};

/// The combined result of the two checks.
#[derive(Debug, Clone, PartialEq)]
pub enum Agreement {
    /// Neither finds an error.
    BothRight,
    /// Both checks find an error.
    BothWrong {
        /// Blocks that only the directional test calls wrong.
        only_directions: Vec<String>,
        /// Blocks that only the check coordinate by coordinate calls wrong, with the chance of it.
        only_components: Vec<Missed>,
    },
    /// The directional test finds an error and the check coordinate by coordinate none.
    OnlyDirections {
        /// The blocks along which; empty where only the direction over all shows it.
        blocks: Vec<String>,
        /// The reason why the component-wise check may not have found it.
        because: Explanation,
    },
    /// The check coordinate by coordinate finds an error, and the directional test calls those very blocks right.
    OnlyComponents {
        /// The blocks, with the chance that a random direction misses it.
        blocks: Vec<Missed>,
    },
    /// At least one of the two is inconclusive, and they do not contradict each other.
    Undecided,
}

/// A block that is wrong and looks right along its direction, and along that over all.
#[derive(Debug, Clone, PartialEq)]
pub struct Missed {
    /// The block.
    pub block: String,
    /// The chance that a direction drawn at random is so nearly orthogonal to the error; 1 where the
    /// error is below what the directional test sees.
    pub chance: f64,
    /// Whether no direction moves any of the wrong entries: they are on a bound.
    pub unmoved: bool,
}

/// The reason why an error shows along a direction and in no coordinate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Explanation {
    /// Errors within the bars of the coordinates add up to as much.
    AddsUp,
    /// The error is more than the bars add up to, and there are coordinates that were not judged, or not decided.
    NotJudged,
    /// The error is more than the bars add up to, and every coordinate was judged and agrees: J is not smooth along
    /// the direction, or a bar is too small.
    NoRoom,
}

impl Report {
    /// The combined result of the directional test and the component-wise check; `None` where there was no directional
    /// test.
    pub fn agreement(&self) -> Option<Agreement> {
        Some(agreement(self.directional.as_ref()?, &self.blocks))
    }
}

fn agreement(test: &DirectionalTest, blocks: &[BlockReport]) -> Agreement {
    let is_wrong = |name: &str| {
        let mut all = blocks.iter();
        all.any(|block| block.name == name && block.verdict == Verdict::Disagree)
    };
    let components_wrong = blocks
        .iter()
        .any(|block| block.verdict == Verdict::Disagree);
    let by_directions: Vec<String> = test.wrong().filter_map(|d| d.block.clone()).collect();
    let directions_wrong = test.verdict == Verdict::Disagree;
    let missed = || -> Vec<Missed> {
        let all = test.directions.iter().find(|d| d.block.is_none());
        let wrong = blocks.iter().filter(|b| b.verdict == Verdict::Disagree);
        wrong
            .filter_map(|block| {
                let own = test
                    .directions
                    .iter()
                    .find(|d| d.block.as_ref() == Some(&block.name));
                missed(&block.name, own, all)
            })
            .collect()
    };
    match (directions_wrong, components_wrong) {
        (true, true) => Agreement::BothWrong {
            only_directions: by_directions.into_iter().filter(|b| !is_wrong(b)).collect(),
            only_components: missed(),
        },
        (true, false) => Agreement::OnlyDirections {
            blocks: by_directions,
            because: explanation(test),
        },
        (false, true) => match missed() {
            blocks if blocks.is_empty() => Agreement::Undecided,
            blocks => Agreement::OnlyComponents { blocks },
        },
        (false, false) => {
            let confirmed = blocks.iter().all(|block| block.verdict == Verdict::Agree);
            match test.verdict {
                Verdict::Agree if confirmed => Agreement::BothRight,
                _ => Agreement::Undecided,
            }
        }
    }
}

/// A wrong block that its own direction calls right; `None` where that is inconclusive or wrong too.
fn missed(
    name: &str,
    own: Option<&DirectionResult>,
    all: Option<&DirectionResult>,
) -> Option<Missed> {
    let right = |d: &&DirectionResult| d.reading.verdict == Verdict::Agree;
    let own = own.or(all).filter(right)?;
    // Independent directions: both must have missed.
    let other = all.filter(|all| all.block != own.block && right(all));
    let chance = own.reading.chance_to_miss(own.error_elsewhere)
        * other.map_or(1.0, |all| all.reading.chance_to_miss(all.error_elsewhere));
    Some(Missed {
        block: name.to_owned(),
        chance,
        unmoved: own.error_elsewhere == 0.0,
    })
}

fn explanation(test: &DirectionalTest) -> Explanation {
    let adds_up = |d: &DirectionResult| {
        let least = |error: f64| error.abs() - d.reading.error_bar.unwrap_or(0.0);
        d.room
            .zip(d.reading.error)
            .is_some_and(|(room, error)| least(error) <= room)
    };
    let mut unexplained = test.wrong().filter(|d| !adds_up(d)).peekable();
    if unexplained.peek().is_none() {
        Explanation::AddsUp
    } else if unexplained.any(|d| d.room.is_none() || d.judged < d.coordinates) {
        Explanation::NotJudged
    } else {
        Explanation::NoRoom
    }
}

/// The verdict on the check once the directional test is known, which never makes a gradient right.
///
/// Where all coordinates agree and the test finds an error beyond its own error bars, the check is inconclusive: the
/// verdict on a coordinate rests on an error bar for that coordinate, and only says that no error is larger.
/// Where an error is larger than errors within the bars could add up to, and there are coordinates that
/// were not checked, nothing supports them, and the gradient is wrong.
pub(crate) fn temper(verdict: Verdict, test: &DirectionalTest) -> Verdict {
    if verdict != Verdict::Agree || test.verdict != Verdict::Disagree {
        return verdict;
    }
    match explanation(test) {
        Explanation::AddsUp => Verdict::Inconclusive(Reason::BelowResolution),
        Explanation::NotJudged => Verdict::Disagree,
        Explanation::NoRoom => Verdict::Inconclusive(Reason::Kink),
    }
}
