//! The compiled part of the Python package `gradient_check`: arrays and callables in, plain data out.
//!
//! All that has to do with Python's types, trees of arrays and errors in the user's words is Python, in
//! `gradient_check/`. Invariant: judges nothing; what is measured and said is the crate `gradient-check`'s.
#![deny(unsafe_code)]

mod call;
mod options;
mod outcome;
mod run;

use pyo3::prelude::*;

/// Checks derivatives of functions of one flat vector; see `_native.pyi`.
#[pymodule]
mod _native {
    #[pymodule_export]
    use crate::run::{check, check_directional, check_vector};

    #[pymodule_init]
    fn init(module: &super::Bound<'_, super::PyModule>) -> super::PyResult<()> {
        use pyo3::types::PyModuleMethods;
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
