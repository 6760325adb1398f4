//! Gradients from files, and which block of one belongs to which block of the other.
//!
//! Gives plain named blocks of numbers, row-major. A value may be NaN or infinite: what that means is
//! the judge's to say. Refuses to know networks, tolerances and how the files came to be.

mod problem;

pub use problem::GradientProblem;
