//! One unit: how far its activations rise when a parameter of its own is replaced, and what lies beyond it.
//!
//! Refuses to know which parameter, and how its replacements were chosen.

use tensor_core::Scalar;

use super::base::Base;
use super::beyond::{Beyond, Work, find_idle, take};
use super::kernels::{LANES, Row, any_above, outer, raise};

/// One unit of one layer, for the examples on which it acts or for all.
pub(crate) struct Mover<T> {
    pub(crate) beyond: Beyond<T>,
    /// Z, A and D of the unit, for the columns of `beyond`.
    z: Vec<T>,
    a: Vec<T>,
    mask: Vec<T>,
    /// Of each example: Z where the unit is cut off and can wake, −∞ elsewhere. Empty where none is left out.
    gate: Vec<T>,
    /// Whether the unit is one of layer L.
    last: bool,
}

/// How far the activations of a unit rise under probes of one parameter, and what is reused to say so.
pub(crate) struct Rises<T> {
    /// One row a probe.
    pub(crate) rows: Vec<T>,
    /// The columns that the rows are of; all, where it is not [`sparse`](Self::among).
    columns: Vec<usize>,
    sparse: bool,
    x: Vec<T>,
    z: Vec<T>,
    a: Vec<T>,
    mask: Vec<T>,
}

impl<T: Scalar> Rises<T> {
    pub(crate) fn new() -> Self {
        Self {
            rows: Vec::new(),
            columns: Vec::new(),
            sparse: false,
            x: Vec::new(),
            z: Vec::new(),
            a: Vec::new(),
            mask: Vec::new(),
        }
    }

    /// The columns that the rows are of, where they are not all.
    pub(crate) fn among(&self) -> Option<&[usize]> {
        self.sparse.then_some(&self.columns)
    }
}

impl<T: Scalar> Mover<T> {
    /// Of no unit yet.
    pub(crate) fn new() -> Self {
        Self {
            beyond: Beyond::empty(),
            z: Vec::new(),
            a: Vec::new(),
            mask: Vec::new(),
            gate: Vec::new(),
            last: false,
        }
    }

    /// Turns to unit `unit` of layer `layer`, if it is another one: for the examples on which it acts, or for
    /// `all`.
    pub(crate) fn turn_to(
        &mut self,
        base: &Base<'_, T>,
        (layer, unit): (usize, usize),
        all: bool,
        work: &mut Work<T>,
    ) {
        if self.beyond.is(layer, unit) {
            return;
        }
        let idle = &mut self.beyond.idle;
        if all {
            idle.clear();
            idle.resize(base.examples(), false);
        } else {
            find_idle(base, layer, unit, idle);
        }
        self.beyond.turn_to(base, layer, unit, work);
        let own = unit..unit + 1;
        let (columns, idle) = (self.beyond.chosen(), &self.beyond.idle);
        take(base.z(layer), own.clone(), columns, &mut self.z);
        for rows in [&mut self.a, &mut self.mask, &mut self.gate] {
            rows.clear();
        }
        self.last = layer == base.depth();
        if self.last {
            return;
        }
        take(base.a(layer), own.clone(), columns, &mut self.a);
        let mask = base.mask(layer);
        if let Some(mask) = mask {
            take(mask, own, columns, &mut self.mask);
        }
        if self.beyond.examples < base.examples() {
            let never = T::from_f64(f64::NEG_INFINITY);
            let can_wake = |example: usize| {
                idle[example] && mask.is_none_or(|mask| mask.row(unit)[example] != T::zero())
            };
            let z = base.z(layer).row(unit).iter().enumerate();
            let gate = z.map(|(example, &z)| if can_wake(example) { z } else { never });
            self.gate.extend(gate);
        }
    }

    /// Whether one of `deltas` wakes an example that is left out, so that it acts there; `x` is what the parameter is
    /// multiplied by, of all examples. True where it cannot be told.
    pub(crate) fn wakes(&self, deltas: &[T], x: &[T]) -> bool {
        any_above(&self.gate, deltas, x)
    }

    /// How far the activations rise under each of `deltas`, all of them finite; Z, where the unit is one of layer L.
    pub(crate) fn raise(&self, base: &Base<'_, T>, deltas: &[T], x: &[T], rises: &mut Rises<T>) {
        rises.sparse = self.beyond.packs() && self.find_moving(x, rises);
        let Rises {
            rows,
            columns,
            sparse,
            x: own,
            z,
            a,
            mask,
        } = rises;
        let row = if *sparse {
            let gather = |from: &[T], to: &mut Vec<T>| {
                to.clear();
                if !from.is_empty() {
                    to.extend(columns.iter().map(|&column| from[column]));
                }
            };
            if !self.last {
                gather(&self.z, z);
                gather(&self.a, a);
                gather(&self.mask, mask);
            }
            Row { z, mask, a }
        } else {
            self.beyond.choose(x, own);
            Row {
                z: &self.z,
                mask: &self.mask,
                a: &self.a,
            }
        };
        let count = deltas.len() * own.len();
        if rows.len() < count {
            rows.resize(count, T::zero());
        }
        let rows = &mut rows[..count];
        if self.last {
            outer(deltas, own, rows);
        } else {
            raise(base.activation(), deltas, own, row, rows);
        }
    }

    /// The columns in which x is not 0, and x there; false where they are most of them. In the others nothing
    /// rises.
    fn find_moving(&self, x: &[T], rises: &mut Rises<T>) -> bool {
        let real = &self.beyond.chosen()[..self.beyond.examples];
        let (columns, own) = (&mut rises.columns, &mut rises.x);
        let room = real.len().next_multiple_of(LANES);
        columns.resize(room.max(columns.len()), 0);
        own.resize(room.max(own.len()), T::zero());
        // Without a branch: nobody can predict which of them are 0.
        let mut count = 0;
        for (column, &example) in real.iter().enumerate() {
            let x = x[example];
            columns[count] = column;
            own[count] = x;
            count += usize::from(x != T::zero());
        }
        if 4 * count > 3 * real.len() {
            return false;
        }
        columns.truncate(count);
        own.truncate(count);
        // Whole vectors: what does not rise changes nothing.
        let whole = count.next_multiple_of(LANES);
        columns.resize(whole, columns.last().copied().unwrap_or_default());
        own.resize(whole, T::zero());
        true
    }
}
