//! candle's variables as the blocks of a point: read, written, and put back whatever happens.
//!
//! Refuses to know what is computed from them.

use candle_core::{DType, Tensor, Var};
use candle_nn::VarMap;
use finite_diff::{ParameterLayout, Real};

use crate::error::CandleError;

/// Whatever holds variables with names.
pub trait Variables {
    /// Each with its name, in an order that is always the same.
    fn named(&self) -> Vec<(String, Var)>;
}

impl Variables for VarMap {
    /// By name: the map itself has no order.
    fn named(&self) -> Vec<(String, Var)> {
        let data = self.data().lock();
        let data = data.unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut named: Vec<_> = data.iter().map(|(n, v)| (n.clone(), v.clone())).collect();
        named.sort_by(|a, b| a.0.cmp(&b.0));
        named
    }
}

impl<N: AsRef<str>> Variables for [(N, Var)] {
    fn named(&self) -> Vec<(String, Var)> {
        let owned = |(name, variable): &(N, Var)| (name.as_ref().to_owned(), variable.clone());
        self.iter().map(owned).collect()
    }
}

impl<N: AsRef<str>, const COUNT: usize> Variables for [(N, Var); COUNT] {
    fn named(&self) -> Vec<(String, Var)> {
        self.as_slice().named()
    }
}

impl<N: AsRef<str>> Variables for Vec<(N, Var)> {
    fn named(&self) -> Vec<(String, Var)> {
        self.as_slice().named()
    }
}

/// A real type that candle has too.
pub(crate) trait Number: Real + candle_core::WithDType {}
impl Number for f32 {}
impl Number for f64 {}

/// A variable and what was in it.
struct Kept {
    name: String,
    variable: Var,
    before: Tensor,
}

impl Kept {
    fn put_back(&self) -> candle_core::Result<()> {
        self.variable.set(&self.before)
    }
}

/// The variables of a check, with a copy of what was in them. Dropped, it puts that back.
pub(crate) struct Held {
    moved: Vec<Kept>,
    fixed: Vec<Kept>,
    pub(crate) layout: ParameterLayout,
}

impl Held {
    pub(crate) fn new(variables: &[(String, Var)], fixed: &[String]) -> Result<Self, CandleError> {
        if let Some(name) = fixed
            .iter()
            .find(|name| !variables.iter().any(|(n, _)| n == *name))
        {
            let known: Vec<String> = variables.iter().map(|(n, _)| format!("`{n}`")).collect();
            return Err(CandleError::Unknown {
                name: name.clone(),
                known: known.join(", "),
            });
        }
        let mut held = Self {
            moved: Vec::new(),
            fixed: Vec::new(),
            layout: ParameterLayout::new(),
        };
        let mut seen: Vec<&(String, Var)> = Vec::new();
        for named in variables {
            let (name, variable) = named;
            if let Some(other) = seen.iter().find(|(_, v)| v.id() == variable.id()) {
                return Err(CandleError::SameVariable {
                    first: other.0.clone(),
                    second: name.clone(),
                });
            }
            seen.push(named);
            let before = variable.as_detached_tensor().copy();
            let kept = Kept {
                name: name.clone(),
                variable: variable.clone(),
                before: before.map_err(failed("copy a variable"))?,
            };
            if fixed.contains(name) {
                held.fixed.push(kept);
                continue;
            }
            match variable.dtype() {
                DType::F32 | DType::F64 => {}
                dtype if dtype.is_int() => {
                    let name = name.clone();
                    return Err(CandleError::NotFloat { name, dtype });
                }
                dtype => {
                    let what = format!("`{name}`");
                    return Err(CandleError::TooCoarse { what, dtype });
                }
            }
            let layout = std::mem::take(&mut held.layout).with(name, variable.dims());
            held.layout =
                layout.map_err(|e| CandleError::Check(gradient_check::CheckError::Point(e)))?;
            held.moved.push(kept);
        }
        Ok(held)
    }

    /// Whether one of those that move is in single precision.
    pub(crate) fn any_single(&self) -> bool {
        let mut moved = self.moved.iter();
        moved.any(|kept| kept.variable.dtype() == DType::F32)
    }

    /// What is in the variables that move, one after the other.
    pub(crate) fn read<T: Number>(&self) -> candle_core::Result<Vec<T>> {
        let mut point = Vec::with_capacity(self.layout.len());
        for kept in &self.moved {
            let flat = kept.variable.as_detached_tensor().flatten_all()?;
            point.extend(flat.to_dtype(T::DTYPE)?.to_vec1::<T>()?);
        }
        Ok(point)
    }

    /// Writes `point` into those that move, and what they had into the others.
    pub(crate) fn write<T: Number>(&self, point: &[T]) -> candle_core::Result<()> {
        for (kept, block) in self.moved.iter().zip(self.layout.blocks()) {
            let variable = &kept.variable;
            let values =
                Tensor::from_slice(&point[block.range()], variable.dims(), variable.device())?;
            variable.set(&values.to_dtype(variable.dtype())?)?;
        }
        self.fixed.iter().try_for_each(Kept::put_back)
    }

    /// The variables that move, by name.
    pub(crate) fn moved(&self) -> impl Iterator<Item = (&str, &Var)> {
        self.moved
            .iter()
            .map(|kept| (kept.name.as_str(), &kept.variable))
    }

    /// Puts everything back.
    pub(crate) fn put_back(&self) -> candle_core::Result<()> {
        let mut all = self.moved.iter().chain(&self.fixed);
        all.try_for_each(Kept::put_back)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // A check that ends as it should has done so and said what failed; this is for all others.
        for kept in self.moved.iter().chain(&self.fixed) {
            let _ = kept.put_back();
        }
    }
}

/// candle's error with what it happened at.
pub(crate) fn failed(doing: &'static str) -> impl Fn(candle_core::Error) -> CandleError {
    move |source| CandleError::Candle { doing, source }
}
