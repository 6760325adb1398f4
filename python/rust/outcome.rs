//! What a check gives back: text, JSON, and the coordinates as arrays.

use gradient_check::verdict::Comparison;
use gradient_check::{Report, Verdict};
use numpy::PyArray1;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use serde::Serialize;

/// The number that stands for a verdict in an array: the place of its name in `VERDICTS` of the Python side.
fn code(verdict: Verdict) -> i8 {
    match verdict {
        Verdict::Agree => 0,
        Verdict::Disagree => 1,
        Verdict::Inconclusive(_) => 2,
    }
}

/// A report as a dict: `name`, `verdict`, `text`, `json`, `left_open`, `interrupted`.
pub(crate) fn outcome<'py>(
    py: Python<'py>,
    name: &str,
    verdict: Verdict,
    text: &str,
    report: &impl Serialize,
) -> PyResult<Bound<'py, PyDict>> {
    let json = serde_json::to_string(report)
        .map_err(|error| PyRuntimeError::new_err(error.to_string()))?;
    let dict = PyDict::new(py);
    dict.set_item("name", name)?;
    dict.set_item("verdict", code(verdict))?;
    dict.set_item(
        "reason",
        match verdict {
            Verdict::Inconclusive(reason) => Some(reason.name()),
            _ => None,
        },
    )?;
    dict.set_item("text", text)?;
    dict.set_item("json", json)?;
    Ok(dict)
}

/// The report of a gradient or a Jacobian, with its coordinates as arrays.
pub(crate) fn of_report<'py>(
    py: Python<'py>,
    name: &str,
    report: &Report,
) -> PyResult<Bound<'py, PyDict>> {
    let dict = outcome(py, name, report.verdict, &report.to_string(), report)?;
    let compared = &report.comparisons;
    let numbers =
        |of: &dyn Fn(&Comparison) -> f64| PyArray1::from_iter(py, compared.iter().map(of));
    let nan = |value: Option<f64>| value.unwrap_or(f64::NAN);
    let places = compared.iter().map(|c| c.coordinate as i64);
    dict.set_item("index", PyArray1::from_iter(py, places))?;
    dict.set_item("analytic", numbers(&|c| c.analytic))?;
    dict.set_item("numeric", numbers(&|c| nan(c.numeric)))?;
    dict.set_item("error_bar", numbers(&|c| nan(c.error_bar)))?;
    dict.set_item("tolerance", numbers(&|c| c.tolerance))?;
    let verdicts = compared.iter().map(|c| code(c.verdict));
    dict.set_item("verdicts", PyArray1::from_iter(py, verdicts))?;
    dict.set_item("left_open", report.left_open().total())?;
    dict.set_item("interrupted", report.interrupted)?;
    Ok(dict)
}
