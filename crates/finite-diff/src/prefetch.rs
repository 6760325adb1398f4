//! The evaluations of one coordinate, made beside each other before they are needed.
//!
//! Invariant: knows nothing of what the values are used for.

use std::sync::{Mutex, PoisonError};

use crate::EvaluationError;
use crate::objective::{Neighborhood, Piece};

/// The probes that one coordinate is known to take, while they are under way.
pub(crate) struct Pending<T> {
    coordinate: usize,
    state: Mutex<State<T>>,
}

struct State<T> {
    probes: Vec<Known<T>>,
    open: usize,
    failed: bool,
}

/// A probe, and J there; `None` where it was not evaluated, or the value has been taken.
struct Known<T> {
    replacement: T,
    value: Option<Result<T, EvaluationError>>,
}

impl<T: Copy> Pending<T> {
    pub(crate) fn new(coordinate: usize, replacements: Vec<T>) -> Self {
        let known = |replacement| Known {
            replacement,
            value: None,
        };
        Self {
            coordinate,
            state: Mutex::new(State {
                open: replacements.len(),
                probes: replacements.into_iter().map(known).collect(),
                failed: false,
            }),
        }
    }

    /// How many steps it takes: one a probe, and one where there are none.
    pub(crate) fn steps(&self) -> usize {
        self.lock().open.max(1)
    }

    /// Evaluates the probe `number`, unless one before it failed. Whether this was the last one, after which
    /// the coordinate can be looked at.
    pub(crate) fn step(&self, near: &mut dyn Neighborhood<T>, number: usize) -> bool {
        let wanted = {
            let state = self.lock();
            let probe = state.probes.get(number).filter(|_| !state.failed);
            probe.map(|probe| probe.replacement)
        };
        let value = wanted.map(|replacement| near.value_with(self.coordinate, replacement));
        let mut state = self.lock();
        state.failed |= matches!(value, Some(Err(_)));
        if let Some(probe) = state.probes.get_mut(number) {
            probe.value = value;
        }
        state.open = state.open.saturating_sub(1);
        state.open == 0
    }

    /// `near` with what is known by now.
    pub(crate) fn take<'a, 'n>(
        &self,
        near: &'a mut (dyn Neighborhood<T> + 'n),
    ) -> Prefetched<'a, 'n, T> {
        Prefetched {
            near,
            coordinate: self.coordinate,
            probes: std::mem::take(&mut self.lock().probes),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A neighborhood that has been asked for some values of one coordinate already, and hands out each of them once.
/// So whoever asks counts the evaluations that he would have made himself, and makes those that are missing.
pub(crate) struct Prefetched<'a, 'n, T> {
    near: &'a mut (dyn Neighborhood<T> + 'n),
    coordinate: usize,
    probes: Vec<Known<T>>,
}

impl<T: Copy + PartialEq + Send + Sync> Neighborhood<T> for Prefetched<'_, '_, T> {
    fn fork(&self) -> Result<Box<dyn Neighborhood<T> + '_>, EvaluationError> {
        self.near.fork()
    }

    fn center(&mut self) -> Result<T, EvaluationError> {
        self.near.center()
    }

    fn value_with(&mut self, coordinate: usize, replacement: T) -> Result<T, EvaluationError> {
        let known = self
            .probes
            .iter_mut()
            .filter(|_| coordinate == self.coordinate)
            .find(|known| known.replacement == replacement && known.value.is_some());
        match known.and_then(|known| known.value.take()) {
            Some(value) => value,
            None => self.near.value_with(coordinate, replacement),
        }
    }

    fn batch(&self) -> usize {
        self.near.batch()
    }

    fn piece_with(&mut self, coordinate: usize, replacement: T) -> Result<Piece, EvaluationError> {
        self.near.piece_with(coordinate, replacement)
    }
}
