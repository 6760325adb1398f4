//! `gradcheck scalar`, `gradcheck course` and `gradcheck faults`.

use serde::Serialize;

/// `gradcheck scalar` and `gradcheck course`.
#[derive(Debug, Serialize)]
pub struct NamedChecks {
    /// The version of the contract.
    pub schema: u32,
    /// The checks.
    pub checks: Vec<NamedCheck>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NamedCheck {
    /// `scalar`, `right gradient`, `with both bugs`.
    pub name: &'static str,
    /// The notebook's difference, computed the notebook's way.
    pub difference: f64,
    /// What the course published for it, where it did.
    pub published_difference: Option<f64>,
    /// The word of our own judge.
    pub verdict: String,
    /// The blocks our judge blames.
    pub wrong_blocks: Vec<String>,
}

/// `gradcheck faults`.
#[derive(Debug, Serialize)]
pub struct FaultList {
    /// The version of the contract.
    pub schema: u32,
    /// The faults.
    pub faults: Vec<FaultEntry>,
}

/// One of them.
#[derive(Debug, Clone, Serialize)]
pub struct FaultEntry {
    /// The name for `--fault`.
    pub name: &'static str,
    /// What it does.
    pub description: &'static str,
    /// A command that shows it.
    pub example: String,
}
