//! The inputs of a case: their numbers, and how they lie in memory.
//!
//! Refuses to know the operation.

use candle_core::{DType, Device, Result, Tensor, Var};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

/// What kind of numbers.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// Of either sign, 0.2 to 2 in size.
    Spread,
    /// 0.3 to 2.
    Positive,
    /// −2 to −0.3.
    Negative,
    /// Of either sign, around 1e-8: the variable is larger, and scaled down before the operation, since steps are no
    /// smaller than they must be for a variable around 1.
    Tiny,
    /// Of either sign, up to 12.
    Wide,
    /// Zeros among the others.
    Zeros,
    /// Some of −1, 0, 1, so that many are the same.
    Ties,
    /// These, again and again.
    These(Vec<f64>),
}

impl Values {
    fn name(&self) -> &'static str {
        match self {
            Self::Spread => "spread",
            Self::Positive => "positive",
            Self::Negative => "negative",
            Self::Tiny => "tiny",
            Self::Wide => "wide",
            Self::Zeros => "zeros",
            Self::Ties => "ties",
            Self::These(_) => "chosen",
        }
    }

    fn draw(&self, count: usize, rng: &mut ChaCha8Rng) -> Vec<f64> {
        let mut signed = |low: f64, high: f64| {
            let size: f64 = rng.random_range(low..high);
            if rng.random::<bool>() { size } else { -size }
        };
        (0..count)
            .map(|i| match self {
                Self::Spread | Self::Tiny => signed(0.2, 2.0),
                Self::Positive => signed(0.3, 2.0).abs(),
                Self::Negative => -signed(0.3, 2.0).abs(),
                Self::Wide => signed(0.2, 12.0),
                Self::Zeros => match signed(0.2, 2.0) {
                    value if i % 3 == 1 => 0.0 * value.abs(),
                    value => value,
                },
                Self::Ties => signed(0.0, 1.5).round(),
                Self::These(values) => values[i % values.len()],
            })
            .collect()
    }
}

/// One input of an operation.
#[derive(Debug, Clone, PartialEq)]
pub struct Input {
    /// Its name.
    pub name: &'static str,
    /// Its shape, as the operation sees it.
    pub shape: Vec<usize>,
    /// Its numbers.
    pub values: Values,
}

/// An input of this name and shape, spread numbers in it.
pub(crate) fn input(name: &'static str, shape: &[usize]) -> Input {
    Input {
        name,
        shape: shape.to_vec(),
        values: Values::Spread,
    }
}

impl Input {
    /// This input with other numbers.
    pub(crate) fn of(mut self, values: Values) -> Self {
        self.values = values;
        self
    }

    /// Shape and numbers in short.
    pub(crate) fn short(&self) -> String {
        format!("{} {:?} {}", self.name, self.shape, self.values.name())
    }

    /// What the operation sees of the variable.
    pub(crate) fn seen(&self, view: View, variable: &Tensor) -> Result<Tensor> {
        match self.values {
            Values::Tiny => view.seen(&variable.affine(1e-8, 0.0)?, &self.shape),
            _ => view.seen(variable, &self.shape),
        }
    }

    /// The variable for this input in a layout.
    pub(crate) fn variable(&self, view: View, dtype: DType, seed: u64) -> Result<Var> {
        let shape = view.stored(&self.shape);
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let values = self.values.draw(shape.iter().product(), &mut rng);
        Var::from_tensor(&Tensor::from_vec(values, shape, &Device::Cpu)?.to_dtype(dtype)?)
    }
}

/// How an input lies in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// As a variable of its own.
    Whole,
    /// As the result of another operation.
    Computed,
    /// With the last two axes swapped.
    Transposed,
    /// With the axes rotated.
    Permuted,
    /// Cut out along the last axis, with an offset.
    Narrowed,
    /// Cut out along the first axis, with an offset.
    Sliced,
    /// One entry seen many times along the first axis.
    Expanded,
}

impl View {
    /// All that make sense for a shape; the whole comes first.
    pub(crate) fn all(shape: &[usize]) -> Vec<Self> {
        let mut all = vec![Self::Whole, Self::Computed];
        if shape.len() >= 2 {
            all.push(Self::Transposed);
        }
        if shape.len() >= 3 {
            all.push(Self::Permuted);
        }
        if !shape.is_empty() {
            all.push(Self::Narrowed);
        }
        if shape.len() >= 2 {
            all.extend([Self::Sliced, Self::Expanded]);
        }
        all
    }

    /// Whether the entries do not follow each other.
    pub(crate) fn is_strided(self) -> bool {
        matches!(self, Self::Transposed | Self::Narrowed | Self::Expanded)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Computed => "computed",
            Self::Transposed => "transposed",
            Self::Permuted => "permuted",
            Self::Narrowed => "narrowed",
            Self::Sliced => "sliced",
            Self::Expanded => "expanded",
        }
    }

    /// The shape of the variable behind an input of this shape.
    fn stored(self, shape: &[usize]) -> Vec<usize> {
        let mut stored = shape.to_vec();
        let rank = stored.len();
        match self {
            Self::Whole | Self::Computed => {}
            Self::Transposed => stored.swap(rank - 2, rank - 1),
            Self::Permuted => stored.rotate_left(1),
            Self::Narrowed => stored[rank - 1] += 3,
            Self::Sliced => stored[0] += 3,
            Self::Expanded => stored[0] = 1,
        }
        stored
    }

    /// A tensor of this shape, seen of what is stored.
    fn seen(self, variable: &Tensor, shape: &[usize]) -> Result<Tensor> {
        let rank = shape.len();
        match self {
            Self::Whole => Ok(variable.clone()),
            // −x·(−1): every bit is the same.
            Self::Computed => variable.affine(-1.0, 0.0)?.affine(-1.0, 0.0),
            Self::Transposed => variable.transpose(rank - 2, rank - 1),
            Self::Permuted => {
                // Stored as (1, 2, …, 0); axis 0 is the last one there.
                let mut axes = vec![rank - 1];
                axes.extend(0..rank - 1);
                variable.permute(axes)
            }
            Self::Narrowed => variable.narrow(rank - 1, 2, shape[rank - 1]),
            Self::Sliced => variable.narrow(0, 1, shape[0]),
            Self::Expanded => variable.broadcast_as(shape),
        }
    }
}
