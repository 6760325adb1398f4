//! What can be wrong with a gradient file or a pair of them, and what to do about it.
//!
//! Texts only: the place (file, line, block) is the error's around it.

use thiserror::Error;

use crate::input_error::excerpt;

/// A gradient can't be used.
#[derive(Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum GradientProblem {
    /// No reader for files of this name.
    #[error(
        "{} no known gradient format: use {known}",
        match extension { Some(e) => format!("\".{}\" is", excerpt(e)), None => "a name without an extension tells".to_owned() }
    )]
    UnknownFormat {
        /// The file's extension, without the dot.
        extension: Option<String>,
        /// The known ones.
        known: &'static str,
    },
}
