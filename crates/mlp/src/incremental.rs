//! J around one θ, recomputing only what one parameter touches.
//!
//! A parameter of layer l changes one row of Z_l (one unit, m examples), that row changes Z_{l+1} by a
//! rank-one term, and only from layer l+2 on are there full products. What the other rows hold is kept
//! from one forward pass. docs/theory/speed.md has the equations and what it costs.
//!
//! Refuses to know steps, stencils and gradients.

mod base;
mod beyond;
mod kernels;
mod losses;
mod mover;
mod neighborhood;
mod unit_row;

pub(crate) use base::Base;
pub(crate) use beyond::{Beyond, Work};
pub(crate) use kernels::{Bent, Lines, any_at, mark_crossings, sum};
pub(crate) use losses::{Buffers, losses};
pub(crate) use neighborhood::Incremental;
pub(crate) use unit_row::UnitRow;
