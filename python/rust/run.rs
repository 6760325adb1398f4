//! The checks: what the Python side calls.

use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use finite_diff::execution::{Failed, Progress};
use finite_diff::objective::{Neighborhood, Probe};
use finite_diff::{
    DifferenceError, Domain, EvaluationError, Execution, Objective, ParameterLayout,
};
use gradient_check::directional::DirectionalSettings;
use gradient_check::subject::Gradient;
use gradient_check::{CheckError, Settings, Subject, VectorCheck, check_subject};
use numpy::PyReadonlyArray1;
use pyo3::exceptions::{PyKeyboardInterrupt, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use crate::call::{Answer, Caller, Number, Part, Raised, Shared, serve};
use crate::options::Options;
use crate::outcome::{of_report, outcome};

/// How often a bar is moved at most.
const MOVES: Duration = Duration::from_millis(100);

/// Checks a gradient: `functions(part, x, v)` gives J for `value`, many of it for `values`, and for `gradient` a list of
/// names, shapes and numbers.
#[pyfunction]
pub(crate) fn check<'py>(
    py: Python<'py>,
    functions: &Bound<'py, PyAny>,
    point: &Bound<'py, PyAny>,
    options: Options,
) -> PyResult<Bound<'py, PyDict>> {
    match numbers(point)? {
        Point::F64(point) => check_as(py, functions, &point, &options),
        Point::F32(point) => check_as(py, functions, &point, &options),
    }
}

/// Checks a gradient along random directions.
#[pyfunction]
pub(crate) fn check_directional<'py>(
    py: Python<'py>,
    functions: &Bound<'py, PyAny>,
    point: &Bound<'py, PyAny>,
    gradient: PyReadonlyArray1<'py, f64>,
    options: Options,
) -> PyResult<Bound<'py, PyDict>> {
    let gradient = gradient.as_array().to_vec();
    match numbers(point)? {
        Point::F64(point) => directional_as(py, functions, &point, &gradient, &options),
        Point::F32(point) => directional_as(py, functions, &point, &gradient, &options),
    }
}

/// Checks derivatives of a function of many values: `values`, and those of `jacobian`, `vjp` and `jvp` that there are.
#[pyfunction]
pub(crate) fn check_vector<'py>(
    py: Python<'py>,
    functions: &Bound<'py, PyAny>,
    point: &Bound<'py, PyAny>,
    options: Options,
) -> PyResult<Bound<'py, PyList>> {
    match numbers(point)? {
        Point::F64(point) => vector_as(py, functions, &point, &options),
        Point::F32(point) => vector_as(py, functions, &point, &options),
    }
}

enum Point {
    F64(Vec<f64>),
    F32(Vec<f32>),
}

fn numbers(point: &Bound<'_, PyAny>) -> PyResult<Point> {
    if let Ok(array) = point.extract::<PyReadonlyArray1<'_, f64>>() {
        return Ok(Point::F64(array.as_array().to_vec()));
    }
    if let Ok(array) = point.extract::<PyReadonlyArray1<'_, f32>>() {
        return Ok(Point::F32(array.as_array().to_vec()));
    }
    Err(PyTypeError::new_err(
        "the point must be a one-dimensional array of float64 or float32",
    ))
}

/// The functions of a check as the judge calls them.
struct Functions<'a, T> {
    caller: &'a Caller<T>,
    shared: &'a Shared,
    dim: usize,
    domain: Option<&'a Domain>,
    batch: usize,
}

impl<T: Number> Functions<'_, T> {
    /// What `part` gives at `point`, into which the function may write.
    fn at(&self, part: Part, point: &mut [T]) -> Result<Answer, EvaluationError> {
        let (written, answer) = self.caller.call(self.shared, part, point.to_vec(), &[])?;
        if let Some(written) = written {
            point.copy_from_slice(&written);
        }
        Ok(answer)
    }

    fn one(&self, point: &mut [T]) -> Result<T, EvaluationError> {
        match self.at(Part::Value, point)? {
            Answer::One(value) => Ok(T::narrow(value)),
            _ => Ok(T::narrow(f64::NAN)),
        }
    }

    fn many(&self, part: Part, points: Vec<T>, with: &[T]) -> Result<Vec<f64>, EvaluationError> {
        Ok(match self.caller.call(self.shared, part, points, with)?.1 {
            Answer::Many(values) => values,
            Answer::One(value) => vec![value],
            Answer::Named(arrays) => arrays.into_iter().flat_map(|array| array.values).collect(),
        })
    }
}

impl<T: Number> Subject<T> for Functions<'_, T> {
    fn value(&self, point: &mut [T]) -> Result<T, EvaluationError> {
        self.one(point)
    }

    fn backward(&self, point: &mut [T], _: f64) -> Result<Gradient, EvaluationError> {
        Ok(match self.at(Part::Gradient, point)? {
            Answer::Named(arrays) => Gradient::Blocks(arrays),
            Answer::Many(flat) => Gradient::Flat(flat),
            Answer::One(value) => Gradient::Flat(vec![value]),
        })
    }

    fn takes_cotangent(&self) -> bool {
        false
    }

    fn objective(&self) -> Option<&dyn Objective<T>> {
        (self.batch > 1).then_some(self as &dyn Objective<T>)
    }

    fn domain(&self) -> Option<&Domain> {
        self.domain
    }
}

impl<T: Number> Objective<T> for Functions<'_, T> {
    fn dim(&self) -> usize {
        self.dim
    }

    fn value(&self, point: &[T]) -> Result<T, EvaluationError> {
        self.one(&mut point.to_vec())
    }

    /// What is read of a batch is compared with single calls.
    fn engine(&self) -> Option<&'static str> {
        (self.batch > 1).then_some("batched")
    }

    fn neighborhood<'a>(
        &'a self,
        point: &'a [T],
    ) -> Result<Box<dyn Neighborhood<T> + 'a>, EvaluationError> {
        Ok(match self.batch {
            0 | 1 => Box::new(finite_diff::objective::Reevaluation::new(self, point)),
            _ => Box::new(Batches {
                functions: self,
                point,
            }),
        })
    }

    fn domain(&self) -> Option<&Domain> {
        self.domain
    }
}

/// J around a point, many probes at a time.
struct Batches<'a, T> {
    functions: &'a Functions<'a, T>,
    point: &'a [T],
}

impl<T: Number> Neighborhood<T> for Batches<'_, T> {
    fn fork(&self) -> Result<Box<dyn Neighborhood<T> + '_>, EvaluationError> {
        Ok(Box::new(Batches { ..*self }))
    }

    fn center(&mut self) -> Result<T, EvaluationError> {
        Objective::value(self.functions, self.point)
    }

    fn value_with(&mut self, coordinate: usize, replacement: T) -> Result<T, EvaluationError> {
        let mut values = Vec::with_capacity(1);
        let probe = Probe {
            coordinate,
            replacement,
        };
        self.values_with(&[probe], &mut values)?;
        Ok(values.pop().unwrap_or_else(|| T::narrow(f64::NAN)))
    }

    fn values_with(
        &mut self,
        probes: &[Probe<T>],
        values: &mut Vec<T>,
    ) -> Result<(), EvaluationError> {
        let mut points = Vec::with_capacity(probes.len() * self.point.len());
        for probe in probes {
            let start = points.len();
            points.extend_from_slice(self.point);
            if let Some(entry) = points.get_mut(start + probe.coordinate) {
                *entry = probe.replacement;
            }
        }
        let answer = self.functions.many(Part::Values, points, &[])?;
        values.extend(answer.into_iter().map(T::narrow));
        Ok(())
    }

    fn batch(&self) -> usize {
        self.functions.batch
    }
}

/// What every check does alike: the layout, the domain, the threads, and what comes out with whether it was interrupted.
fn run<'py, T: Number, R: Send>(
    py: Python<'py>,
    functions: &Bound<'py, PyAny>,
    point: &[T],
    options: &Options,
    reports_writes: bool,
    work: impl FnOnce(&Functions<'_, T>, &ParameterLayout, Execution<'_>) -> Result<R, CheckError>
    + Send,
) -> PyResult<(R, bool)> {
    let layout = options
        .layout()
        .map_err(|error| PyValueError::new_err(error.to_string()))?;
    let domain = domain::<T>(options, point.len())?;
    let shared = Shared::default();
    let failed = Failed::new();
    let last = Mutex::new(Instant::now());
    let progress = |progress: Progress| moved(options.progress.as_ref(), &last, progress);
    let execution = Execution {
        threads: NonZeroUsize::new(options.threads),
        progress: options.progress.is_some().then_some(&progress),
        cancel: Some(&shared.cancel),
        failure: Some(&failed),
    };
    let result = serve(functions, options.anywhere, &shared, |caller| {
        let functions = Functions {
            caller,
            shared: &shared,
            dim: point.len(),
            domain: domain.as_ref(),
            batch: options.batch,
        };
        work(&functions, &layout, execution)
    })?;
    let left = failed.take().map(CheckError::Difference);
    if !reports_writes && shared.wrote.load(Ordering::Relaxed) {
        return Err(PyValueError::new_err(
            "the function under test modifies its argument: let it work on a copy",
        ));
    }
    match (result, shared.signal()) {
        // Ctrl-C leaves what was measured; whatever else ends a program, or a test, is passed on.
        (Ok(result), Some(signal)) if signal.is_instance_of::<PyKeyboardInterrupt>(py) => {
            Ok((result, true))
        }
        (_, Some(signal)) => Err(signal),
        (Ok(result), None) => match left {
            Some(error) => Err(raised(py, &error, &layout)),
            None => Ok((result, false)),
        },
        (Err(error), None) => Err(raised(py, &error, &layout)),
    }
}

/// The user's own exception, with a note where it was raised; else what the check could not do.
fn raised(py: Python<'_>, error: &CheckError, layout: &ParameterLayout) -> PyErr {
    let Some(Raised(own)) = error.caused_by::<Raised>() else {
        return PyValueError::new_err(match error {
            CheckError::Engine { name, .. } => format!(
                "f gives another derivative in a batch than for one point at a time, at {name}: with batched=True the i-th number \
                 that it returns is that of the i-th point, whatever else is in the batch"
            ),
            other => other.to_string(),
        });
    };
    let own = own.clone_ref(py);
    if let Some(place) = place(error, layout) {
        // Notes are there from Python 3.11 on; a traceback without one is still the user's.
        let _ = own.value(py).call_method1("add_note", (place,));
    }
    own
}

/// Where an evaluation failed that only the check asked for.
fn place(error: &CheckError, layout: &ParameterLayout) -> Option<String> {
    let source = match error {
        CheckError::Difference(source) | CheckError::At { source, .. } => source,
        _ => return None,
    };
    let note = match source {
        DifferenceError::Probe { coordinate, .. } => {
            let name = layout.coordinate(*coordinate).map_or_else(
                || coordinate.to_string(),
                |coordinate| coordinate.to_string(),
            );
            format!("at a small step in {name}, for a difference quotient")
        }
        DifferenceError::Near { .. } | DifferenceError::Along { .. } => {
            "next to the point, where gradient_check evaluates it to measure its noise".to_owned()
        }
        _ => return None,
    };
    Some(format!(
        "Raised by the function under test {note}. If it may not be evaluated there, set `lower` and `upper`, or name in \
         `fixed` what must not move."
    ))
}

fn moved(progress: Option<&Py<PyAny>>, last: &Mutex<Instant>, now: Progress) {
    let Some(progress) = progress else { return };
    // Whoever finds it taken leaves the move to the other.
    let Ok(mut last) = last.try_lock() else {
        return;
    };
    if last.elapsed() < MOVES && now.done < now.total {
        return;
    }
    *last = Instant::now();
    drop(last);
    Python::attach(|py| {
        // A bar that can't be drawn is no reason to end a check.
        let _ = progress.call1(py, (now.done, now.total));
    });
}

fn domain<T: Number>(options: &Options, dim: usize) -> PyResult<Option<Domain>> {
    if options.lower.is_none() && options.upper.is_none() {
        return Ok(None);
    }
    // In the type of the point, as a bound of 0.7 is for a parameter of float32(0.7).
    let side = |bounds: &Option<Vec<f64>>, free: f64| -> Vec<T> {
        match bounds {
            Some(bounds) => bounds.iter().map(|bound| T::narrow(*bound)).collect(),
            None => vec![T::narrow(free); dim],
        }
    };
    let (lower, upper) = (
        side(&options.lower, f64::NEG_INFINITY),
        side(&options.upper, f64::INFINITY),
    );
    Domain::new(&lower, &upper)
        .map(Some)
        .map_err(|error| PyValueError::new_err(error.to_string()))
}

fn check_as<'py, T: Number>(
    py: Python<'py>,
    functions: &Bound<'py, PyAny>,
    point: &[T],
    options: &Options,
) -> PyResult<Bound<'py, PyDict>> {
    let (report, interrupted) = run(
        py,
        functions,
        point,
        options,
        true,
        |functions, layout, execution| {
            check_subject(functions, point, layout, &settings(options, execution))
        },
    )?;
    let dict = of_report(py, "gradient", &report)?;
    dict.set_item("interrupted", interrupted || report.interrupted)?;
    Ok(dict)
}

fn settings<'a>(options: &Options, execution: Execution<'a>) -> Settings<'a> {
    Settings {
        scheme: options.scheme(),
        selection: options.selection(),
        working_epsilon: options.working_epsilon,
        claim: options.claim(),
        seed: options.seed,
        directional_test: options.directional_test,
        keep_comparisons: true,
        execution,
        ..Settings::default()
    }
}

fn directional_as<'py, T: Number>(
    py: Python<'py>,
    functions: &Bound<'py, PyAny>,
    point: &[T],
    gradient: &[f64],
    options: &Options,
) -> PyResult<Bound<'py, PyDict>> {
    let (report, interrupted) = run(
        py,
        functions,
        point,
        options,
        false,
        |functions, layout, execution| {
            let settings = DirectionalSettings {
                directions: options.directions,
                seed: options.seed,
                working_epsilon: options.working_epsilon,
                claim: options.claim(),
                execution,
                ..DirectionalSettings::default()
            };
            gradient_check::check_directional(functions, gradient, point, layout, &settings)
        },
    )?;
    let dict = outcome(
        py,
        "directional",
        report.verdict,
        &report.to_string(),
        &report,
    )?;
    dict.set_item("interrupted", interrupted)?;
    Ok(dict)
}

fn vector_as<'py, T: Number>(
    py: Python<'py>,
    functions: &Bound<'py, PyAny>,
    point: &[T],
    options: &Options,
) -> PyResult<Bound<'py, PyList>> {
    let has = |part: &str| options.parts.iter().any(|given| given == part);
    let (report, interrupted) = run(
        py,
        functions,
        point,
        options,
        false,
        |functions, layout, execution| {
            let mut check =
                VectorCheck::new(|x: &[T]| functions.many(Part::Values, x.to_vec(), &[]));
            if has("jacobian") {
                check = check.jacobian(|x: &[T]| functions.many(Part::Jacobian, x.to_vec(), &[]));
            }
            if has("vjp") {
                check = check.vjp(|x: &[T], v: &[T]| functions.many(Part::Vjp, x.to_vec(), v));
            }
            if has("jvp") {
                check = check.jvp(|x: &[T], u: &[T]| functions.many(Part::Jvp, x.to_vec(), u));
            }
            if let Some((name, shape)) = &options.output {
                check = check.output(name, shape);
            }
            check = check
                .settings(settings(options, execution))
                .at(point)
                .layout(layout.clone());
            let narrow =
                |bounds: &Vec<f64>| bounds.iter().map(|x| T::narrow(*x)).collect::<Vec<T>>();
            if let Some(lower) = &options.lower {
                check = check.lower(narrow(lower));
            }
            if let Some(upper) = &options.upper {
                check = check.upper(narrow(upper));
            }
            check.run()
        },
    )?;
    let list = PyList::empty(py);
    let reports = [
        ("jacobian", &report.jacobian),
        ("vjp", &report.vjp),
        ("jvp", &report.jvp),
    ];
    for (name, report) in reports {
        if let Some(report) = report {
            let dict = of_report(py, name, report)?;
            dict.set_item("interrupted", interrupted || report.interrupted)?;
            list.append(dict)?;
        }
    }
    if let Some(adjoint) = &report.adjoint {
        let pairings: Vec<serde_json::Value> = adjoint
            .pairings
            .iter()
            .map(|pairing| {
                serde_json::json!({
                    "block": pairing.block,
                    "forward": pairing.forward,
                    "reverse": pairing.reverse,
                    "tolerance": pairing.tolerance,
                    "verdict": pairing.verdict.to_string(),
                })
            })
            .collect();
        let json =
            serde_json::json!({ "verdict": adjoint.verdict().to_string(), "pairings": pairings });
        let dict = outcome(
            py,
            "adjoint",
            adjoint.verdict(),
            &adjoint.to_string(),
            &json,
        )?;
        dict.set_item("interrupted", interrupted)?;
        list.append(dict)?;
    }
    Ok(list)
}
