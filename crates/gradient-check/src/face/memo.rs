//! A function of many values, evaluated once a point though it is asked for each of its values.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use finite_diff::{Domain, EvaluationError, Objective, Real};
use thiserror::Error;

/// How many values are kept, of all points together: 64 MB.
const KEPT: usize = 1 << 23;

/// The function gave another number of values at one point than at another.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the function returned {got} values, but {expected} at the point itself")]
pub(super) struct Length {
    pub(super) expected: usize,
    pub(super) got: usize,
}

/// A function F: ℝⁿ → ℝᵐ.
pub(super) type Evaluate<'b, T> = &'b (dyn Fn(&[T]) -> Result<Vec<f64>, EvaluationError> + Sync);

/// F with its values at points seen before. Not at the point of the check itself, which is evaluated again each
/// time, so that a function that gives other values then is found out.
pub(super) struct Memo<'b, T> {
    function: Evaluate<'b, T>,
    center: &'b [T],
    outputs: usize,
    domain: Option<&'b Domain>,
    seen: Mutex<Seen>,
    /// Two hashes of the bits: two points are taken for one by accident once in 2¹²⁸ pairs.
    hashers: [RandomState; 2],
    calls: AtomicU64,
}

#[derive(Default)]
struct Seen {
    values: HashMap<[u64; 2], Arc<[f64]>>,
    kept: usize,
}

impl<'b, T: Real> Memo<'b, T> {
    pub(super) fn new(
        function: Evaluate<'b, T>,
        center: &'b [T],
        outputs: usize,
        domain: Option<&'b Domain>,
    ) -> Self {
        Self {
            function,
            center,
            outputs,
            domain,
            seen: Mutex::default(),
            hashers: [RandomState::new(), RandomState::new()],
            calls: AtomicU64::new(0),
        }
    }

    /// How often F was evaluated.
    pub(super) fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    fn values(&self, point: &[T]) -> Result<Arc<[f64]>, EvaluationError> {
        let same = |(a, b): (&T, &T)| a.widen().to_bits() == b.widen().to_bits();
        if point.iter().zip(self.center).all(same) {
            return self.evaluate(point);
        }
        let bits: Vec<u64> = point.iter().map(|x| x.widen().to_bits()).collect();
        let key = [0, 1].map(|i: usize| self.hashers[i].hash_one(&bits));
        let lock = || self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(values) = lock().values.get(&key) {
            return Ok(values.clone());
        }
        let values = self.evaluate(point)?;
        let mut seen = lock();
        if seen.kept + values.len() > KEPT {
            *seen = Seen::default();
        }
        seen.kept += values.len();
        seen.values.insert(key, values.clone());
        Ok(values)
    }

    fn evaluate(&self, point: &[T]) -> Result<Arc<[f64]>, EvaluationError> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let values = (self.function)(point)?;
        match values.len() == self.outputs {
            true => Ok(values.into()),
            false => Err(Box::new(Length {
                expected: self.outputs,
                got: values.len(),
            })),
        }
    }
}

/// One of the values as an objective.
pub(super) struct Output<'m, 'b, T> {
    pub(super) memo: &'m Memo<'b, T>,
    pub(super) number: usize,
}

impl<T: Real> Objective<T> for Output<'_, '_, T> {
    fn dim(&self) -> usize {
        self.memo.center.len()
    }

    fn value(&self, point: &[T]) -> Result<T, EvaluationError> {
        Ok(T::narrow(self.memo.values(point)?[self.number]))
    }

    fn domain(&self) -> Option<&Domain> {
        self.memo.domain
    }
}
