//! Why a network could not be checked.

use gradient_check::CheckError;
use mlp::MlpError;
use thiserror::Error;

/// Why a network could not be checked: one of its passes failed, or the check did.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum NetworkCheckError {
    /// The network, its batch and its parameters do not fit together, or a pass through it failed.
    #[error(transparent)]
    Network(#[from] MlpError),
    /// The check could not be made.
    #[error(transparent)]
    Check(#[from] CheckError),
    /// The engine can't take the steps that the method requires.
    #[error("the engine `{engine}` can't be used here: {reason}")]
    Engine {
        /// The name of the engine.
        engine: &'static str,
        /// The reason.
        reason: &'static str,
    },
}
