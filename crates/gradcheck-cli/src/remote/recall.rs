//! A cache of a model's answers, for checks that evaluate the same points in the same order again.
//!
//! Each output is checked by itself, but a model returns all of them at once: what was evaluated for the first
//! output is reused for the others. A point that is evaluated twice has two answers, so that noise stays noise.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, PoisonError};

use finite_diff::EvaluationError;

/// The number of numbers that are kept: 64 MB.
const KEPT: usize = 1 << 23;

/// Two hashes of a point: the probability that two different points collide is 2⁻¹²⁸.
type Key = [u64; 2];

/// The answers of a function at all points where it was asked.
#[derive(Default)]
pub(super) struct Recall {
    hashers: [RandomState; 2],
    answers: Mutex<Answers>,
}

#[derive(Default)]
struct Answers {
    at: HashMap<Key, Vec<Arc<[f64]>>>,
    kept: usize,
}

/// One user of the cache: its n-th request at a point gets the n-th answer that was obtained there.
pub(super) struct Asker<'r> {
    recall: &'r Recall,
    asked: Mutex<HashMap<Key, usize>>,
}

impl Recall {
    /// A new user of the cache, without requests so far.
    pub(super) fn asker(&self) -> Asker<'_> {
        Asker {
            recall: self,
            asked: Mutex::default(),
        }
    }
}

impl Asker<'_> {
    /// The answer at `point`: from the cache, or else from `evaluate`.
    pub(super) fn ask(
        &self,
        point: &[f64],
        evaluate: impl FnOnce() -> Result<Vec<f64>, EvaluationError>,
    ) -> Result<Arc<[f64]>, EvaluationError> {
        let bits: Vec<u64> = point.iter().map(|x| x.to_bits()).collect();
        let key = [0, 1].map(|i: usize| self.recall.hashers[i].hash_one(&bits));
        let number = {
            let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
            let times = asked.entry(key).or_default();
            *times += 1;
            *times - 1
        };
        let answers = || {
            self.recall
                .answers
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
        };
        let kept = |answers: &Answers| answers.at.get(&key)?.get(number).cloned();
        if let Some(answer) = kept(&answers()) {
            return Ok(answer);
        }
        let answer: Arc<[f64]> = evaluate()?.into();
        let mut answers = answers();
        if answers.kept + answer.len() <= KEPT {
            answers.kept += answer.len();
            answers.at.entry(key).or_default().push(answer.clone());
        }
        Ok(answer)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failure is a failed test")]
mod tests {
    use super::*;

    #[test]
    fn the_second_asker_hears_what_the_first_one_heard() {
        let recall = Recall::default();
        let mut next = 0.0;
        let mut ask = |asker: &Asker<'_>, x: f64| {
            let answer = asker.ask(&[x], || {
                next += 1.0;
                Ok(vec![next])
            });
            answer.unwrap()[0]
        };
        let (first, second) = (recall.asker(), recall.asker());
        // A point that is requested twice is evaluated twice: the model may be noisy.
        let heard = [0.5, 0.5, 2.0].map(|x| ask(&first, x));
        assert_eq!(heard, [1.0, 2.0, 3.0]);
        assert_eq!([0.5, 2.0, 0.5].map(|x| ask(&second, x)), [1.0, 3.0, 2.0]);
        assert_eq!([0.5, 7.0].map(|x| ask(&second, x)), [4.0, 5.0]);
    }
}
