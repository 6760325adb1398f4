//! Laws that hold for every matrix and every scalar.

#![allow(
    clippy::unwrap_used,
    reason = "a failure is a failed test, in helpers too"
)]

mod exponentials;
mod products;
mod scalars;
mod stable;

/// Relative distance, absolute below 1.
fn distance(a: f64, b: f64) -> f64 {
    (a - b).abs() / a.abs().max(b.abs()).max(1.0)
}
