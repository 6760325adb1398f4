//! Finds the step of a training at which a gradient became wrong, by bisection over the saved parameters; see
//! docs/theory/training.md.
//!
//! Bisection assumes that what is wrong stays wrong; the neighbors of the step found are checked too, and
//! reported if they contradict this. Invariant: knows nothing of what is wrong and why.

use std::collections::BTreeMap;

use gradient_check::{Report, Verdict};

use super::history::{History, again, updates_again};
use super::onset::{Limit, Onset};
use super::saturation::{Changes, changes};
use super::{Stage, StageProgress, TrainedCheck};

/// How often the bisection restarts because other coordinates were wrong earlier than those it followed.
const MOST_ROUNDS: usize = 4;

/// The status of one step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Status {
    Right,
    Undecided,
    Wrong,
}

/// Bisects between the check at initialization, `first`, which is not wrong, and the one at the end, which
/// is. `history` has the parameters at steps of the training.
pub(super) fn onset(
    checked: &TrainedCheck<'_>,
    first: &Report,
    last: &Report,
    history: &History,
    progress: &StageProgress<'_>,
) -> Onset {
    let steps = checked.training.steps;
    let mut bisection = Bisection {
        checked,
        progress,
        coordinates: wrong(last),
        statuses: BTreeMap::from([(steps, Status::Wrong)]),
        checks: 0,
    };
    let mut bracket = Bracket {
        low: 0,
        high: steps,
        limit: None,
    };
    // The steps of the last repeated training, besides the saved ones.
    let mut fine = None;
    let confirmed = bisection.run(first, history, &mut fine, &mut bracket);
    if confirmed.is_some() && bracket.high - bracket.low == 1 {
        bisection.look_beside(&bracket, history, fine.as_ref());
    }
    let Bracket { low, high, limit } = bracket;
    let statuses = &bisection.statuses;
    let right_until = statuses
        .range(..high)
        .rev()
        .find(|(_, status)| **status == Status::Right)
        .map(|(step, _)| *step);
    let between = statuses.range(right_until.unwrap_or(0)..high);
    let undecided = between.filter(|(_, status)| **status == Status::Undecided);
    let wrong_before = statuses
        .range(..low)
        .filter(|(_, status)| **status == Status::Wrong);
    let right_after = statuses
        .range(high..)
        .filter(|(_, status)| **status == Status::Right);
    Onset {
        right_until,
        not_wrong_at: low,
        wrong_from: high,
        checks: bisection.checks,
        // The first check was of all coordinates.
        confirmed: confirmed == Some(true) || (low == 0 && first.verdict == Verdict::Agree),
        undecided: undecided.map(|(step, _)| *step).collect(),
        unsteady: wrong_before
            .chain(right_after)
            .map(|(step, _)| *step)
            .collect(),
        limit,
        changes: what_changed(checked, history, fine.as_ref(), low, high),
    }
}

/// The wrong coordinates that a report lists, in order.
fn wrong(report: &Report) -> Vec<usize> {
    let mut wrong: Vec<usize> = report
        .blocks
        .iter()
        .flat_map(|block| block.wrong.iter().copied())
        .collect();
    wrong.sort_unstable();
    wrong
}

/// The last step known not to be wrong, the first known to be wrong, and why there are steps in between.
struct Bracket {
    low: usize,
    high: usize,
    limit: Option<Limit>,
}

struct Bisection<'a> {
    checked: &'a TrainedCheck<'a>,
    progress: &'a StageProgress<'a>,
    coordinates: Vec<usize>,
    statuses: BTreeMap<usize, Status>,
    checks: usize,
}

impl Bisection<'_> {
    /// Narrows the bracket as far as possible. `None` if it was stopped, otherwise whether the step before the
    /// first wrong one is right in all coordinates.
    fn run(
        &mut self,
        first: &Report,
        history: &History,
        fine: &mut Option<History>,
        bracket: &mut Bracket,
    ) -> Option<bool> {
        for _ in 0..MOST_ROUNDS {
            if let Err(limit) = self.begin(first, history) {
                bracket.limit = Some(limit);
                return None;
            }
            if self.statuses.get(&0) == Some(&Status::Wrong) {
                bracket.high = 0;
                return None;
            }
            if let Err(limit) = self.narrow(history, bracket) {
                bracket.limit = Some(limit);
                return None;
            }
            if bracket.high - bracket.low > 1 {
                match self.narrow_between(history, bracket) {
                    Ok(trained) => *fine = trained,
                    Err(limit) => {
                        bracket.limit = Some(limit);
                        return None;
                    }
                }
            }
            // At initialization all of them have been checked.
            if bracket.low == 0 {
                return Some(first.verdict == Verdict::Agree);
            }
            let report = match self.look(bracket.low, history, fine.as_ref(), None) {
                Ok(report) => report,
                Err(limit) => {
                    bracket.limit = Some(limit);
                    return None;
                }
            };
            if report.verdict != Verdict::Disagree {
                return Some(report.verdict == Verdict::Agree);
            }
            // Others were wrong earlier: follow these.
            self.coordinates.extend(wrong(&report));
            self.coordinates.sort_unstable();
            self.coordinates.dedup();
            self.statuses
                .retain(|step, status| *step >= bracket.low && *status == Status::Wrong);
            self.statuses.insert(bracket.low, Status::Wrong);
            *bracket = Bracket {
                low: 0,
                high: bracket.low,
                limit: None,
            };
        }
        bracket.limit = Some(Limit::Scattered);
        None
    }

    /// The status at initialization: that of the first check, or if it was inconclusive on other coordinates, that
    /// on the followed ones.
    fn begin(&mut self, first: &Report, history: &History) -> Result<(), Limit> {
        if first.verdict == Verdict::Agree {
            self.statuses.insert(0, Status::Right);
            return Ok(());
        }
        self.status(0, history, None).map(|_| ())
    }

    /// Bisects over the saved steps.
    fn narrow(&mut self, history: &History, bracket: &mut Bracket) -> Result<(), Limit> {
        let steps = history.steps();
        search(&steps, &mut bracket.low, &mut bracket.high, |step| {
            self.status(step, history, None)
        })
    }

    /// Repeats the training between two saved steps, and bisects over what that saves, until the two are neighbors;
    /// with no more updates in total than the training had.
    fn narrow_between(
        &mut self,
        history: &History,
        bracket: &mut Bracket,
    ) -> Result<Option<History>, Limit> {
        let mut left = self.checked.training.steps;
        let mut fine: Option<History> = None;
        while bracket.high - bracket.low > 1 {
            let updates = updates_again(self.checked, bracket.low, bracket.high);
            if updates > left {
                bracket.limit = Some(Limit::NotSaved);
                break;
            }
            left -= updates;
            let at = |step| Some((step, parameters_at(history, fine.as_ref(), step)?));
            let (Some(low), Some(high)) = (at(bracket.low), at(bracket.high)) else {
                bracket.limit = Some(Limit::NotSaved);
                break;
            };
            let trained = again(self.checked, low, high);
            let trained = match trained {
                _ if self.checked.is_canceled() => return Err(Limit::Interrupted),
                Ok(Some(trained)) => trained,
                _ => return Err(Limit::NotRepeatable),
            };
            let steps = trained.steps();
            search(&steps, &mut bracket.low, &mut bracket.high, |step| {
                self.status(step, &trained, None)
            })?;
            fine = Some(trained);
        }
        Ok(fine)
    }

    /// Checks the steps on either side of the two, if their parameters are available.
    fn look_beside(&mut self, bracket: &Bracket, history: &History, fine: Option<&History>) {
        let before = bracket.low.checked_sub(1);
        for step in before.into_iter().chain([bracket.high + 1]) {
            let known = history.at(step).is_some() || fine.is_some_and(|f| f.at(step).is_some());
            // A step that can't be checked is ignored.
            if known && self.status(step, history, fine).is_err() {
                return;
            }
        }
    }

    /// The status of one step, in the followed coordinates.
    fn status(
        &mut self,
        step: usize,
        history: &History,
        fine: Option<&History>,
    ) -> Result<Status, Limit> {
        if let Some(status) = self.statuses.get(&step) {
            return Ok(*status);
        }
        let coordinates = self.coordinates.clone();
        let report = self.look(step, history, fine, Some(&coordinates))?;
        let status = match report.verdict {
            Verdict::Agree => Status::Right,
            Verdict::Inconclusive(_) => Status::Undecided,
            Verdict::Disagree => Status::Wrong,
        };
        self.statuses.insert(step, status);
        Ok(status)
    }

    /// One check at a saved step, of some coordinates or of all.
    fn look(
        &mut self,
        step: usize,
        history: &History,
        fine: Option<&History>,
        coordinates: Option<&[usize]>,
    ) -> Result<Report, Limit> {
        if self.checked.is_canceled() {
            return Err(Limit::Interrupted);
        }
        let parameters = parameters_at(history, fine, step).ok_or(Limit::NotSaved)?;
        let stage = Stage::AfterTraining { steps: step };
        let (checked, progress) = (self.checked, self.progress);
        let report = match coordinates {
            Some(coordinates) => {
                checked.check_coordinates_at(parameters, coordinates, stage, progress)
            }
            None => checked
                .check_at(parameters, stage, progress)
                .map(|checked| checked.report),
        };
        let report = report.map_err(|error| Limit::Failed(error.to_string()))?;
        // What an interrupted check found wrong is wrong; what it did not reach is unknown.
        if report.interrupted && report.verdict != Verdict::Disagree {
            return Err(Limit::Interrupted);
        }
        self.checks += 1;
        Ok(report)
    }
}

fn parameters_at<'h>(
    history: &'h History,
    fine: Option<&'h History>,
    step: usize,
) -> Option<&'h mlp::Parameters<f64>> {
    let saved = fine.and_then(|fine| fine.at(step));
    saved.or_else(|| history.at(step))
}

/// Bisects between `low`, not wrong, and `high`, wrong, (T1), over those of `steps` between them, until none is
/// left or `status` fails.
fn search<E>(
    steps: &[usize],
    low: &mut usize,
    high: &mut usize,
    mut status: impl FnMut(usize) -> Result<Status, E>,
) -> Result<(), E> {
    loop {
        let from = steps.partition_point(|step| step <= low);
        let to = steps.partition_point(|step| step < high);
        if from >= to {
            return Ok(());
        }
        let middle = steps[from + (to - from) / 2];
        match status(middle)? {
            Status::Wrong => *high = middle,
            Status::Right | Status::Undecided => *low = middle,
        }
    }
}

/// What saturated between the two steps; nothing if that can't be determined.
fn what_changed(
    checked: &TrainedCheck<'_>,
    history: &History,
    fine: Option<&History>,
    low: usize,
    high: usize,
) -> Changes {
    let architecture = checked.check.architecture;
    let saturation = |step| {
        let parameters = parameters_at(history, fine, step)?;
        let masks = checked.check.masks;
        mlp::saturation(architecture, parameters, checked.check.batch, masks).ok()
    };
    match (
        saturation(low),
        saturation(high),
        saturation(checked.training.steps),
    ) {
        (Some(before), Some(then), Some(last)) => changes(
            architecture.activation(),
            architecture.loss(),
            &before,
            &then,
            &last,
        ),
        _ => Changes::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Status, search};

    fn bracket(
        steps: &[usize],
        last: usize,
        word: impl Fn(usize) -> Status,
    ) -> (usize, usize, u32) {
        let (mut low, mut high, mut asked) = (0, last, 0);
        let done: Result<(), ()> = search(steps, &mut low, &mut high, |step| {
            asked += 1;
            Ok(word(step))
        });
        assert_eq!(done, Ok(()));
        (low, high, asked)
    }

    /// Wherever it becomes wrong, the step is found, in as many looks as the size has bits.
    #[test]
    fn the_first_wrong_step_is_found() {
        for last in 1..70 {
            let steps: Vec<usize> = (0..=last).collect();
            for first_wrong in 1..=last {
                let (low, high, asked) = bracket(&steps, last, |step| match step {
                    wrong if wrong >= first_wrong => Status::Wrong,
                    even if even % 2 == 0 => Status::Undecided,
                    _ => Status::Right,
                });
                assert_eq!((low, high), (first_wrong - 1, first_wrong));
                assert!(asked <= last.ilog2() + 1, "{last} {first_wrong} {asked}");
            }
        }
    }

    #[test]
    fn between_saved_steps_it_stops() {
        let steps = [0, 10, 20, 30, 35];
        let found = bracket(&steps, 35, |step| match step {
            0..=13 => Status::Right,
            _ => Status::Wrong,
        });
        assert_eq!((found.0, found.1), (10, 20));
        assert_eq!(bracket(&[0, 35], 35, |_| Status::Wrong), (0, 35, 0));
        assert_eq!(bracket(&[], 35, |_| Status::Wrong), (0, 35, 0));
    }

    #[test]
    fn what_was_found_before_a_stop_stands() {
        let steps: Vec<usize> = (0..=64).collect();
        let (mut low, mut high, mut looks) = (0, 64, 0);
        let stopped = search(&steps, &mut low, &mut high, |step| {
            looks += 1;
            match looks {
                3.. => Err("stopped"),
                _ => Ok(if step >= 13 {
                    Status::Wrong
                } else {
                    Status::Right
                }),
            }
        });
        assert_eq!(stopped, Err("stopped"));
        assert!(low < 13 && (13..64).contains(&high), "{low} {high}");
    }
}
