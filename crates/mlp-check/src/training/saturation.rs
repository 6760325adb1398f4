//! What saturated in a network between two steps of its training.
//!
//! Invariant: reports what changed, not that it is the cause.

use mlp::{Activation, Extreme, Loss, Saturation, UnitState};

/// The largest number of units that are listed.
const MOST_UNITS: usize = 4;

/// What changed between the last step at which the gradient was not wrong and the first at which it was.
#[derive(Debug, Clone, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Changes {
    /// Units whose state changed, at most four, those that changed most first, and then the outputs. If
    /// none changed, one that saturated later.
    pub saturated: Vec<Saturated>,
    /// Extremes that grew, (T4).
    pub extremes: Vec<Grown>,
}

/// A unit, or the outputs as a whole, that passes back a smaller gradient than before.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Saturated {
    /// The layer, counted from 1.
    pub layer: usize,
    /// The unit's index, counted from 0; `None` for the outputs.
    pub unit: Option<usize>,
    /// Its state now.
    pub state: State,
    /// The number of examples on which it was in that state at the last step at which nothing was wrong.
    pub before: usize,
    /// The number of such examples at the first wrong step.
    #[cfg_attr(feature = "serde", serde(rename = "examples"))]
    pub then: usize,
    /// The number of such examples at the end.
    #[cfg_attr(feature = "serde", serde(rename = "at_the_end"))]
    pub last: usize,
    /// The number of examples that count.
    #[cfg_attr(feature = "serde", serde(rename = "of"))]
    pub examples: usize,
}

/// The state of a unit or of the outputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// |φ′(z)| is below [`mlp::FLAT_BELOW`] of its maximum on some examples.
    Saturated,
    /// ReLU: z ≤ 0 on all examples.
    Dead,
    /// Leaky ReLU: z ≤ 0 on all examples, where it still passes back a hundredth.
    AlwaysBelow,
    /// z > 0 on all examples.
    AlwaysOn,
    /// Nearer than [`mlp::SURE_WITHIN`] to 0 or 1 on some examples.
    Sure,
}

#[cfg(feature = "serde")]
impl serde::Serialize for State {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl State {
    /// The name in JSON and text.
    pub fn name(self) -> &'static str {
        match self {
            Self::Saturated => "saturated",
            Self::Dead => "dead",
            Self::AlwaysBelow => "always below 0",
            Self::AlwaysOn => "always on",
            Self::Sure => "within 1.2e-07 of 0 or 1",
        }
    }
}

/// A largest value that grew.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Grown {
    /// The quantity.
    #[cfg_attr(feature = "serde", serde(rename = "what"))]
    pub quantity: Quantity,
    /// The layer of the unit that has it at the first wrong step, counted from 1.
    pub layer: usize,
    /// The unit, counted from 0.
    pub unit: usize,
    /// The example, counted from 0.
    pub example: usize,
    /// The largest value at the last step at which nothing was wrong.
    pub before: f64,
    /// The largest value at the first wrong step.
    pub value: f64,
}

/// The quantity that has a largest value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    /// |z| of a hidden unit.
    HiddenZ,
    /// The output nearest to 0 or 1.
    Output,
    /// |A − Y|.
    Error,
}

#[cfg(feature = "serde")]
impl serde::Serialize for Quantity {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl Quantity {
    /// The name in JSON and text.
    pub fn name(self) -> &'static str {
        match self {
            Self::HiddenZ => "largest |z|",
            Self::Output => "output nearest to 0 or 1",
            Self::Error => "largest |A − Y|",
        }
    }
}

/// What changed from `before`, the last step that is not wrong, to `then`, the first that is; the state at
/// `last`, the end, is for comparison, or used if nothing changed until `then`.
pub(super) fn changes(
    activation: Activation,
    loss: Loss,
    before: &Saturation,
    then: &Saturation,
    last: &Saturation,
) -> Changes {
    let mut saturated: Vec<Saturated> = before
        .units
        .iter()
        .zip(&then.units)
        .zip(&last.units)
        .filter_map(|((before, then), last)| {
            let now = |state| then.state() == state && before.state() != state;
            let state = match activation {
                Activation::Identity => return None,
                Activation::Relu if now(UnitState::Off) => State::Dead,
                Activation::LeakyRelu if now(UnitState::Off) => State::AlwaysBelow,
                Activation::Relu | Activation::LeakyRelu if now(UnitState::On) => State::AlwaysOn,
                Activation::Relu | Activation::LeakyRelu => return None,
                _ if then.flat.max(last.flat) > before.flat => State::Saturated,
                _ => return None,
            };
            // A unit is on where it isn't flat.
            let count = |unit: &mlp::UnitSaturation| match state {
                State::AlwaysOn => unit.examples - unit.flat,
                _ => unit.flat,
            };
            Some(Saturated {
                layer: then.layer,
                unit: Some(then.unit),
                state,
                before: count(before),
                then: count(then),
                last: count(last),
                examples: then.examples,
            })
        })
        .collect();
    let rise = |s: &Saturated| {
        let by = |count: usize| count.saturating_sub(s.before);
        (by(s.then), by(s.last))
    };
    saturated.sort_by_key(|s| std::cmp::Reverse(rise(s)));
    // What changed at the step in question; only if nothing did, one that saturated later.
    let at_the_step = saturated.iter().filter(|s| s.then > s.before).count();
    saturated.truncate(at_the_step.clamp(1, MOST_UNITS));

    let output_layer = then.largest_error.map_or(0, |error| error.layer);
    if then.sure.len().max(last.sure.len()) > before.sure.len() {
        saturated.push(Saturated {
            layer: output_layer,
            unit: None,
            state: State::Sure,
            before: before.sure.len(),
            then: then.sure.len(),
            last: last.sure.len(),
            examples: then.examples,
        });
    }

    let grown = |quantity, before: Option<Extreme>, then: Option<Extreme>| {
        let (before, then) = (before?.value, then?);
        let size = |value: f64| match quantity {
            Quantity::Output if loss == Loss::BinaryCrossEntropy => (value - 0.5).abs(),
            _ => value.abs(),
        };
        (size(then.value) > size(before)).then_some(Grown {
            quantity,
            layer: then.layer,
            unit: then.unit,
            example: then.example,
            before,
            value: then.value,
        })
    };
    // A kink has no far end.
    let curved = activation.is_smooth() && activation != Activation::Identity;
    let z = |saturation: &Saturation| saturation.largest_z.filter(|_| curved);
    let extremes = [
        grown(Quantity::HiddenZ, z(before), z(then)),
        grown(Quantity::Output, before.surest_output, then.surest_output),
        grown(Quantity::Error, before.largest_error, then.largest_error),
    ];
    Changes {
        saturated,
        extremes: extremes.into_iter().flatten().collect(),
    }
}

#[cfg(test)]
mod tests {
    use mlp::{Activation, Extreme, Loss, Saturation, UnitSaturation};

    use super::{Quantity, State, changes};

    /// One layer whose units are flat on the given numbers of four examples, with the largest |z| and the output
    /// nearest to 0 or 1 as given.
    fn state(flat: &[usize], z: f64, output: f64) -> Saturation {
        let at = |layer, value| {
            Some(Extreme {
                layer,
                unit: 0,
                example: 3,
                value,
            })
        };
        Saturation {
            examples: 4,
            units: flat
                .iter()
                .enumerate()
                .map(|(unit, &flat)| UnitSaturation {
                    layer: 1,
                    unit,
                    flat,
                    examples: 4,
                })
                .collect(),
            sure: Vec::new(),
            largest_z: at(1, z),
            surest_output: at(2, output),
            largest_error: at(2, 0.4),
        }
    }

    fn units(activation: Activation, flat: [&[usize]; 3]) -> Vec<(Option<usize>, State, usize)> {
        let [before, then, last] = flat.map(|flat| state(flat, 1.0, 0.5));
        changes(activation, Loss::BinaryCrossEntropy, &before, &then, &last)
            .saturated
            .iter()
            .map(|s| (s.unit, s.state, s.then))
            .collect()
    }

    #[test]
    fn smooth_units_are_listed_by_how_much_more_often_they_are_flat() {
        let all = [&[0, 1, 2, 3][..], &[1, 1, 4, 2], &[4, 4, 4, 4]];
        let expected = [
            (Some(2), State::Saturated, 4),
            (Some(0), State::Saturated, 1),
        ];
        assert_eq!(units(Activation::Tanh, all), expected);
        // Nothing at the step: the one that saturates most by the end.
        let later = [&[0, 1, 2, 3][..], &[0, 1, 2, 3], &[0, 4, 3, 3]];
        let expected = [(Some(1), State::Saturated, 1)];
        assert_eq!(units(Activation::Sigmoid, later), expected);
        let none = [&[0, 1][..], &[0, 0], &[0, 1]];
        assert_eq!(units(Activation::Tanh, none), []);
        // A handful at most.
        assert_eq!(
            units(Activation::Gelu, [&[0; 9], &[1; 9], &[1; 9]]).len(),
            4
        );
    }

    #[test]
    fn units_with_a_kink_are_listed_when_they_die_or_stay_on() {
        let all = [&[3, 1, 4, 0, 2][..], &[4, 0, 4, 0, 3], &[4, 0, 4, 0, 4]];
        let expected = [(Some(0), State::Dead, 4), (Some(1), State::AlwaysOn, 4)];
        assert_eq!(units(Activation::Relu, all), expected);
        let below = units(Activation::LeakyRelu, all);
        assert_eq!(below[0], (Some(0), State::AlwaysBelow, 4));
        assert_eq!(units(Activation::Identity, all), []);
    }

    #[test]
    fn extremes_are_listed_where_they_grew() {
        let grown = |activation, loss, before: (f64, f64), then: (f64, f64)| {
            let before = state(&[0], before.0, before.1);
            let then = state(&[0], then.0, then.1);
            let found = changes(activation, loss, &before, &then, &then).extremes;
            found.iter().map(|g| g.quantity).collect::<Vec<_>>()
        };
        let (tanh, bce) = (Activation::Tanh, Loss::BinaryCrossEntropy);
        let both = [Quantity::HiddenZ, Quantity::Output];
        assert_eq!(grown(tanh, bce, (1.9, 0.02), (-2.1, 0.99)), both);
        assert_eq!(grown(tanh, bce, (2.1, 0.99), (1.9, 0.02)), []);
        // Near 0, softmax is not certain of anything; |z| is meaningless for a ReLU.
        let (relu, softmax) = (Activation::Relu, Loss::SoftmaxCrossEntropy);
        assert_eq!(grown(relu, softmax, (1.9, 0.9), (2.1, 0.1)), []);
    }
}
