//! The closures under test as a [`Subject`].

use finite_diff::{Domain, EvaluationError, ParameterLayout, Real};

use super::returned::{Returned, ReturnedPair, ReturnedValue, ReturnedVector};
use crate::{Gradient, NamedArray, Subject};

/// J on the blocks of a flat point.
type Value<'a, T> =
    Box<dyn Fn(&ParameterLayout, &[T]) -> Result<T, EvaluationError> + Send + Sync + 'a>;

/// The gradient likewise.
type Backward<'a, T> =
    Box<dyn Fn(&ParameterLayout, &[T]) -> Result<Returned, EvaluationError> + Send + Sync + 'a>;

/// A cost and its gradient, whatever closures they came as.
pub(super) struct Function<'a, T> {
    value: Value<'a, T>,
    backward: Backward<'a, T>,
    /// ε of the type the gradient comes in.
    pub(super) epsilon: f64,
}

impl<'a, T: Real> Function<'a, T> {
    pub(super) fn flat<S, V>(
        value: impl Fn(&[T]) -> S + Send + Sync + 'a,
        gradient: impl Fn(&[T]) -> V + Send + Sync + 'a,
    ) -> Self
    where
        S: ReturnedValue<T>,
        V: ReturnedVector,
    {
        Self {
            value: Box::new(move |_, point| value(point).into_value()),
            backward: Box::new(move |_, point| gradient(point).into_vector()),
            epsilon: V::EPSILON,
        }
    }

    pub(super) fn fused<P>(both: impl Fn(&[T]) -> P + Send + Sync + 'a) -> Self
    where
        P: ReturnedPair<T>,
    {
        // Two owners of one closure.
        let both = std::sync::Arc::new(both);
        let again = both.clone();
        Self {
            value: Box::new(move |_, point| Ok(both(point).into_pair()?.0)),
            backward: Box::new(move |_, point| Ok(again(point).into_pair()?.1)),
            epsilon: P::EPSILON,
        }
    }

    pub(super) fn of_inputs<S, V>(
        value: impl Fn(&[&[T]]) -> S + Send + Sync + 'a,
        gradient: impl Fn(&[&[T]]) -> V + Send + Sync + 'a,
    ) -> Self
    where
        S: ReturnedValue<T>,
        V: ReturnedVector,
    {
        Self {
            value: Box::new(move |layout, point| value(&layout.unflatten(point)?).into_value()),
            backward: Box::new(move |layout, point| {
                gradient(&layout.unflatten(point)?).into_vector()
            }),
            epsilon: V::EPSILON,
        }
    }
}

/// A [`Function`] of a point with this layout.
pub(super) struct Placed<'a, 'b, T> {
    pub(super) function: &'b Function<'a, T>,
    pub(super) layout: &'b ParameterLayout,
    pub(super) domain: Option<&'b Domain>,
}

impl<T: Real> Subject<T> for Placed<'_, '_, T> {
    fn value(&self, point: &mut [T]) -> Result<T, EvaluationError> {
        (self.function.value)(self.layout, point)
    }

    fn backward(&self, point: &mut [T], _: f64) -> Result<Gradient, EvaluationError> {
        let returned = (self.function.backward)(self.layout, point)?;
        Ok(named(returned, self.layout))
    }

    fn takes_cotangent(&self) -> bool {
        false
    }

    fn domain(&self) -> Option<&Domain> {
        self.domain
    }
}

/// As the judge takes it: parts without names have those of the blocks, in their order, and where one does not fit
/// its block it has its own length, which is for the judge to find.
pub(super) fn named(returned: Returned, layout: &ParameterLayout) -> Gradient {
    let blocks = layout.blocks();
    match returned {
        Returned::Flat(flat) => Gradient::Flat(flat),
        Returned::Named(arrays) => Gradient::Blocks(arrays),
        Returned::Parts(parts) => {
            let name = |(at, values): (usize, Vec<f64>)| match blocks.get(at) {
                Some(block) if block.len() == values.len() => {
                    NamedArray::new(block.name(), block.shape(), values)
                }
                Some(block) => NamedArray::new(block.name(), &[values.len()], values),
                None => NamedArray::new(format!("part {at}"), &[values.len()], values),
            };
            Gradient::Blocks(parts.into_iter().enumerate().map(name).collect())
        }
    }
}
