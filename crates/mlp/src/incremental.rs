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

pub(crate) use base::Base;
pub(crate) use beyond::{Beyond, Work, idle};
pub(crate) use kernels::{mark_crossings, rise};
pub(crate) use neighborhood::Incremental;
