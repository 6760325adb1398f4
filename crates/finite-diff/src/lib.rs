//! Numeric derivatives of any scalar function, with an error bar on each.
mod layout;
mod objective;

pub use layout::{Block, Coordinate, LayoutError, ParameterLayout};
pub use objective::{
    EvaluationError, FromFn, Neighborhood, Objective, Reevaluation, TryFromFn, from_fn, try_from_fn,
};
