//! Since which step a gradient is wrong, on the wire.

use serde::Serialize;

use crate::network::{Grown, Limit, Saturated};

#[derive(Debug, Serialize)]
pub(super) struct Since {
    right_until: Option<usize>,
    wrong_from: usize,
    checks: usize,
    confirmed: bool,
    undecided: Vec<usize>,
    unsteady: Vec<usize>,
    limit: Option<&'static str>,
    saturated: Vec<WireSaturated>,
    extremes: Vec<WireExtreme>,
}

#[derive(Debug, Serialize)]
struct WireSaturated {
    layer: usize,
    unit: Option<usize>,
    state: &'static str,
    before: usize,
    examples: usize,
    at_the_end: usize,
    of: usize,
}

#[derive(Debug, Serialize)]
struct WireExtreme {
    what: &'static str,
    layer: usize,
    unit: usize,
    example: usize,
    before: f64,
    value: f64,
}

pub(super) fn since(since: &crate::network::Since) -> Since {
    Since {
        right_until: since.right_until,
        wrong_from: since.wrong_from,
        checks: since.checks,
        confirmed: since.confirmed,
        undecided: since.undecided.clone(),
        unsteady: since.unsteady.clone(),
        limit: since.limit.as_ref().map(|limit| match limit {
            Limit::Interrupted => "interrupted",
            Limit::NotSaved => "not saved",
            Limit::NotRepeatable => "not repeatable",
            Limit::Scattered => "scattered",
            Limit::Failed(_) => "failed",
        }),
        saturated: since.changes.saturated.iter().map(saturated).collect(),
        extremes: since.changes.extremes.iter().map(extreme).collect(),
    }
}

fn saturated(unit: &Saturated) -> WireSaturated {
    WireSaturated {
        layer: unit.layer,
        unit: unit.unit,
        state: unit.state.name(),
        before: unit.before,
        examples: unit.then,
        at_the_end: unit.last,
        of: unit.examples,
    }
}

fn extreme(grown: &Grown) -> WireExtreme {
    WireExtreme {
        what: grown.quantity.name(),
        layer: grown.then.layer,
        unit: grown.then.unit,
        example: grown.then.example,
        before: grown.before,
        value: grown.then.value,
    }
}
