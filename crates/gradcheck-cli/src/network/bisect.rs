//! Since which step of a training a gradient is wrong, by bisection over the saved parameters; see
//! docs/theory/training.md.
//!
//! Bisection takes for granted that what is wrong stays wrong; what is next to the step found is looked at
//! too, and said where it says otherwise. Refuses to know what is wrong and why.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use gradient_check::{Report, Verdict};

use super::history::{History, again, updates_again};
use super::job::{Stage, Watch, check_at};
use super::prepare::Prepared;
use super::saturation::{Changes, changes};
use super::since::{Limit, Since};

/// How often the bisection begins again because other coordinates were wrong before those it followed.
const MOST_ROUNDS: usize = 4;

/// One word on one step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word {
    Right,
    Undecided,
    Wrong,
}

/// Bisects between the check at initialization, `first`, which is not wrong, and the one at the end, which
/// is. `history` has the parameters at steps of the training.
pub(super) fn since(
    prepared: &Prepared,
    first: &Report,
    last: &Report,
    history: &History,
    watch: Watch<'_>,
) -> Since {
    let steps = prepared.training.steps;
    let mut bisection = Bisection {
        prepared,
        watch,
        coordinates: wrong(last),
        words: BTreeMap::from([(steps, Word::Wrong)]),
        checks: 0,
    };
    let mut bracket = Bracket {
        low: 0,
        high: steps,
        limit: None,
    };
    // The steps last trained again, beside those saved.
    let mut fine = None;
    let confirmed = bisection.run(first, history, &mut fine, &mut bracket);
    if confirmed.is_some() && bracket.high - bracket.low == 1 {
        bisection.look_beside(&bracket, history, fine.as_ref());
    }
    let Bracket { low, high, limit } = bracket;
    let words = &bisection.words;
    let right_until = words
        .range(..high)
        .rev()
        .find(|(_, word)| **word == Word::Right)
        .map(|(step, _)| *step);
    let between = words.range(right_until.unwrap_or(0)..high);
    let undecided = between.filter(|(_, word)| **word == Word::Undecided);
    let wrong_before = words.range(..low).filter(|(_, word)| **word == Word::Wrong);
    let right_after = words
        .range(high..)
        .filter(|(_, word)| **word == Word::Right);
    Since {
        right_until,
        not_wrong_at: low,
        wrong_from: high,
        checks: bisection.checks,
        // The first check was of all of them.
        confirmed: confirmed == Some(true) || (low == 0 && first.verdict == Verdict::Agree),
        undecided: undecided.map(|(step, _)| *step).collect(),
        unsteady: wrong_before
            .chain(right_after)
            .map(|(step, _)| *step)
            .collect(),
        limit,
        changes: what_changed(prepared, history, fine.as_ref(), low, high),
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

/// The last step known not to be wrong, the first known to be, and why there is anything between.
struct Bracket {
    low: usize,
    high: usize,
    limit: Option<Limit>,
}

struct Bisection<'a> {
    prepared: &'a Prepared,
    watch: Watch<'a>,
    coordinates: Vec<usize>,
    words: BTreeMap<usize, Word>,
    checks: usize,
}

impl Bisection<'_> {
    /// Narrows the bracket as far as it goes. `None` where it was stopped, else whether the step before the
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
            if self.words.get(&0) == Some(&Word::Wrong) {
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
            // At the start all of them have been looked at.
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
            // Others were wrong before: follow these.
            self.coordinates.extend(wrong(&report));
            self.coordinates.sort_unstable();
            self.coordinates.dedup();
            self.words
                .retain(|step, word| *step >= bracket.low && *word == Word::Wrong);
            self.words.insert(bracket.low, Word::Wrong);
            *bracket = Bracket {
                low: 0,
                high: bracket.low,
                limit: None,
            };
        }
        bracket.limit = Some(Limit::Scattered);
        None
    }

    /// The word on the start: the first check's, or where it was undecided on other coordinates, that on
    /// these.
    fn begin(&mut self, first: &Report, history: &History) -> Result<(), Limit> {
        if first.verdict == Verdict::Agree {
            self.words.insert(0, Word::Right);
            return Ok(());
        }
        self.word(0, history, None).map(|_| ())
    }

    /// Bisects over the saved steps.
    fn narrow(&mut self, history: &History, bracket: &mut Bracket) -> Result<(), Limit> {
        let steps = history.steps();
        search(&steps, &mut bracket.low, &mut bracket.high, |step| {
            self.word(step, history, None)
        })
    }

    /// Trains again between two saved steps, and bisects over what that saves, until the two are neighbors;
    /// in all with no more updates than the training had.
    fn narrow_between(
        &mut self,
        history: &History,
        bracket: &mut Bracket,
    ) -> Result<Option<History>, Limit> {
        let mut left = self.prepared.training.steps;
        let mut fine: Option<History> = None;
        while bracket.high - bracket.low > 1 {
            let updates = updates_again(self.prepared, bracket.low, bracket.high);
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
            let trained = again(self.prepared, low, high, self.watch.cancel);
            let trained = match trained {
                _ if self.watch.cancel.load(Ordering::Relaxed) => return Err(Limit::Interrupted),
                Ok(Some(trained)) => trained,
                _ => return Err(Limit::NotRepeatable),
            };
            let steps = trained.steps();
            search(&steps, &mut bracket.low, &mut bracket.high, |step| {
                self.word(step, &trained, None)
            })?;
            fine = Some(trained);
        }
        Ok(fine)
    }

    /// The steps on either side of the two, where their parameters are at hand.
    fn look_beside(&mut self, bracket: &Bracket, history: &History, fine: Option<&History>) {
        let before = bracket.low.checked_sub(1);
        for step in before.into_iter().chain([bracket.high + 1]) {
            let known = history.at(step).is_some() || fine.is_some_and(|f| f.at(step).is_some());
            // A step that can't be looked at says nothing.
            if known && self.word(step, history, fine).is_err() {
                return;
            }
        }
    }

    /// The word on one step, in the coordinates followed.
    fn word(
        &mut self,
        step: usize,
        history: &History,
        fine: Option<&History>,
    ) -> Result<Word, Limit> {
        if let Some(word) = self.words.get(&step) {
            return Ok(*word);
        }
        let coordinates = self.coordinates.clone();
        let report = self.look(step, history, fine, Some(&coordinates))?;
        let word = match report.verdict {
            Verdict::Agree => Word::Right,
            Verdict::Inconclusive(_) => Word::Undecided,
            Verdict::Disagree => Word::Wrong,
        };
        self.words.insert(step, word);
        Ok(word)
    }

    /// One check at a saved step, of some coordinates or of all.
    fn look(
        &mut self,
        step: usize,
        history: &History,
        fine: Option<&History>,
        coordinates: Option<&[usize]>,
    ) -> Result<Report, Limit> {
        if self.watch.cancel.load(Ordering::Relaxed) {
            return Err(Limit::Interrupted);
        }
        let parameters = parameters_at(history, fine, step).ok_or(Limit::NotSaved)?;
        let stage = Stage::AfterTraining { steps: step };
        let checked = check_at(self.prepared, parameters, stage, coordinates, self.watch)
            .map_err(|error| Limit::Failed(error.to_string()))?;
        // What an interrupted check saw to be wrong is wrong; what it did not see says nothing.
        if checked.report.interrupted && checked.report.verdict != Verdict::Disagree {
            return Err(Limit::Interrupted);
        }
        self.checks += 1;
        Ok(checked.report)
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
/// left or `word` fails.
fn search<E>(
    steps: &[usize],
    low: &mut usize,
    high: &mut usize,
    mut word: impl FnMut(usize) -> Result<Word, E>,
) -> Result<(), E> {
    loop {
        let from = steps.partition_point(|step| step <= low);
        let to = steps.partition_point(|step| step < high);
        if from >= to {
            return Ok(());
        }
        let middle = steps[from + (to - from) / 2];
        match word(middle)? {
            Word::Wrong => *high = middle,
            Word::Right | Word::Undecided => *low = middle,
        }
    }
}

/// What saturated between the two steps; nothing, where it can't be told.
fn what_changed(
    prepared: &Prepared,
    history: &History,
    fine: Option<&History>,
    low: usize,
    high: usize,
) -> Changes {
    let architecture = &prepared.architecture;
    let saturation = |step| {
        let parameters = parameters_at(history, fine, step)?;
        let masks = prepared.masks.as_ref();
        mlp::saturation(architecture, parameters, &prepared.batch, masks).ok()
    };
    match (
        saturation(low),
        saturation(high),
        saturation(prepared.training.steps),
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
mod tests;
