//! The client against servers that misbehave, that are several, and that it started itself.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

mod faults;
mod hostile;
#[allow(dead_code, reason = "the example uses the rest")]
#[path = "../../examples/mock_server/http.rs"]
mod http;
mod mock;
#[path = "../../examples/mock_server/model.rs"]
mod model;
mod objective;
mod several;
mod spawn;
