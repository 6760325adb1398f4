//! One unit: how its activations change when one of its parameters is replaced, and what lies beyond it.
//!
//! Invariant: knows nothing of which parameter it is, and of how its replacements were chosen.

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
    /// For each example: Z if the unit is inactive but can be activated, otherwise −∞. Empty if no example is left out.
    gate: Vec<T>,
}

/// The changes of a unit's activations under probes of one parameter, with reused buffers.
pub(crate) struct Rises<T> {
    /// One row per probe.
    pub(crate) rows: Vec<T>,
    /// The columns of the rows; all of them, if it is not [`sparse`](Self::among).
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

    /// The columns of the rows, if they are not all.
    pub(crate) fn among(&self) -> Option<&[usize]> {
        self.sparse.then_some(&self.columns)
    }
}

impl<T: Scalar> Mover<T> {
    /// A mover of no unit yet.
    pub(crate) fn new() -> Self {
        Self {
            beyond: Beyond::empty(),
            activation: None,
            own: PickedRow::new(),
            picked: Vec::new(),
            gate: Vec::new(),
        }
    }

    /// Switches to unit `unit` of layer `layer`, if it is another one: for the examples on which it acts, or for
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

    /// Whether one of `deltas` activates the unit on an example that is left out; `x` is the input that the parameter
    /// is multiplied by, for all examples. True if that is not known.
    pub(crate) fn wakes(&self, deltas: &[T], x: &[T]) -> bool {
        any_above(&self.gate, deltas, x)
    }

    /// Computes the changes of the activations under each of `deltas`, all of them finite; of Z, for a unit of layer L.
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

    /// Finds the columns in which x is not 0, and x there; false if they are most of them. In the others nothing
    /// changes.
    fn find_moving(&self, x: &[T], rises: &mut Rises<T>) -> bool {
        let real = &self.beyond.chosen()[..self.beyond.examples];
        let (columns, own) = (&mut rises.columns, &mut rises.x);
        let room = real.len().next_multiple_of(LANES);
        columns.resize(room.max(columns.len()), 0);
        own.resize(room.max(own.len()), T::zero());
        // Without a branch, because it is unpredictable which of them are 0.
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
        // Filled up to whole vectors: an entry of 0 changes nothing.
        let whole = count.next_multiple_of(LANES);
        columns.resize(whole, columns.last().copied().unwrap_or_default());
        own.resize(whole, T::zero());
        true
    }
}
