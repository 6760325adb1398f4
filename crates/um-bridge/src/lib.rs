#![doc = include_str!("../README.md")]
//!
//! Invariant: knows nothing of checking; what a model computes is passed on unchanged, right or wrong.

mod answer;
mod call;
mod client;
mod error;
mod excerpt;
mod json;
mod model;
mod objective;
mod products;
mod server;
mod settings;
mod transport;
mod url;
mod workers;

pub use call::Call;
pub use client::{Client, Trouble};
pub use error::{CallError, Error, Problem};
pub use excerpt::Excerpt;
pub use model::{Model, Support};
pub use objective::{ModelObjective, ObjectiveError};
pub use server::{Server, SpawnError, SpawnSettings};
pub use settings::Settings;
pub use url::Url;
