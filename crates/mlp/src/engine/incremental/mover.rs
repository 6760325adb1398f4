//! One unit: how far its activations rise when a parameter of its own is replaced, and what lies beyond it.
//!
//! Refuses to know which parameter, and how its replacements were chosen.

use tensor_core::Scalar;

use crate::Activation;
use crate::engine::base::Base;
use crate::engine::beyond::{Beyond, Work};
use crate::engine::columns::pick_where;
use crate::engine::kernels::{By, LANES, any_above};
use crate::engine::unit_row::{PickedRow, UnitRow};

/// One unit of one layer, for the examples on which it acts or for all.
pub(crate) struct Mover<T> {
    pub(crate) beyond: Beyond<T>,
    /// φ of the unit, and its row for the columns of `beyond`.
    activation: Option<Activation>,
    own: PickedRow<T>,
    picked: Vec<usize>,
    /// Of each example: Z where the unit is cut off and can wake, −∞ elsewhere. Empty where none is left out.
    gate: Vec<T>,
}

/// How far the activations of a unit rise under probes of one parameter, and what is reused to say so.
pub(crate) struct Rises<T> {
    /// One row a probe.
    pub(crate) rows: Vec<T>,
    /// The columns that the rows are of; all, where it is not [`sparse`](Self::among).
    columns: Vec<usize>,
    sparse: bool,
    x: Vec<T>,
    own: PickedRow<T>,
}

impl<T: Scalar> Rises<T> {
    pub(crate) fn new() -> Self {
        Self {
            rows: Vec::new(),
            columns: Vec::new(),
            sparse: false,
            x: Vec::new(),
            own: PickedRow::new(),
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
            activation: None,
            own: PickedRow::new(),
            picked: Vec::new(),
            gate: Vec::new(),
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
        let examples = base.examples();
        let own = UnitRow::of(base, layer, unit);
        let acts = |example: usize| all || own.acts(example);
        let acting = pick_where(examples, &mut self.picked, acts);
        self.beyond
            .turn_to(base, (layer, unit), (&self.picked, acting), work);
        self.activation = own.activation;
        self.own.pick(own.row, &self.picked);
        self.gate.clear();
        if acting < examples {
            let never = T::from_f64(f64::NEG_INFINITY);
            let can_wake = |example: usize| own.is_kept(example) && !acts(example);
            let z = own.row.z.iter().enumerate();
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
    pub(crate) fn raise(&self, deltas: &[T], x: &[T], rises: &mut Rises<T>) {
        rises.sparse = self.beyond.packs() && self.find_moving(x, rises);
        let Rises {
            rows,
            columns,
            sparse,
            x: moving,
            own,
        } = rises;
        let row = if *sparse {
            own.pick(self.own.row(), columns);
            own.row()
        } else {
            self.beyond.choose(x, moving);
            self.own.row()
        };
        let count = deltas.len() * moving.len();
        if rows.len() < count {
            rows.resize(count, T::zero());
        }
        let unit = UnitRow {
            activation: self.activation,
            row,
        };
        let by = By::Multiples { deltas, x: moving };
        unit.raise(by, &mut rows[..count]);
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
