//! From ∂ℓ_e/∂z_ie to the derivatives by a row of W_l and an entry of b_l, and from bars to bars.
//!
//! Refuses to know how the former came about.

use finite_diff::{Estimate, Outcome, Scheme};
use tensor_core::{Matrix, MatrixView, product_transpose_right};

use super::Group;
use super::unit::{Noisy, UnitDelta};
use crate::MlpError;
use crate::incremental::{Base, Work};
use crate::place::Place;

/// So many inputs at a time go through the products: with some hundred examples what they need then stays in
/// the second-level cache, and is no more memory than the system hands out without asking.
const INPUTS: usize = 256;

/// What is known of the rows of W_l and the entries of b_l of a group of units.
pub(super) struct Rows {
    /// For so many inputs each.
    parts: Vec<Part>,
    /// `None` for a unit that can't be moved as a whole: a step vanishes, or a loss is not finite.
    units: Vec<Option<Unit>>,
}

/// Sums over the examples for some of the inputs, one row a unit.
struct Part {
    /// Σ_e D_ie·a_je.
    derivatives: Matrix<f64>,
    /// Σ_e (t_ie + √m·ε·|D_ie|)·|a_je|.
    truncations: Matrix<f64>,
    /// Σ_e ν_ie²·a_je².
    variances: Matrix<f64>,
}

/// What is known of one unit beside its row.
struct Unit {
    /// The same three sums with 1 for a, for the bias.
    bias: Sums,
    moved: Vec<bool>,
    step: f64,
    probes: u64,
}

/// Sums over the examples, of one parameter.
#[derive(Clone, Copy)]
struct Sums {
    derivative: f64,
    truncation: f64,
    variance: f64,
}

/// The rows of a group of units.
pub(super) fn rows_of(
    base: &Base<'_, f64>,
    group: &Group,
    scheme: &Scheme,
    noisy: &Noisy,
    work: &mut Work<f64>,
) -> Result<Rows, MlpError> {
    let (examples, layer, count) = (base.examples(), group.layer, group.units.len());
    // What adding up m terms in floating point may lose, in units of ε (Higham & Mary 2019).
    let adding = (examples as f64).sqrt() * f64::EPSILON;
    let mut derivatives = Matrix::zeros(count, examples)?;
    let mut truncations = Matrix::zeros(count, examples)?;
    let mut variances = Matrix::zeros(count, examples)?;
    let mut units = Vec::with_capacity(count);
    for (at, &unit) in group.units.iter().enumerate() {
        let delta = UnitDelta::measure(base, layer, unit, scheme, noisy, work)?;
        units.push(delta.map(|delta| {
            let row = at * examples..(at + 1) * examples;
            let derivative = &mut derivatives.as_mut_slice()[row.clone()];
            derivative.copy_from_slice(&delta.derivative);
            let truncation = &mut truncations.as_mut_slice()[row.clone()];
            for (t, (found, d)) in truncation
                .iter_mut()
                .zip(delta.truncation.iter().zip(&*derivative))
            {
                *t = found + adding * d.abs();
            }
            let variance = &mut variances.as_mut_slice()[row];
            for (variance, noise) in variance.iter_mut().zip(&delta.noise) {
                *variance = noise * noise;
            }
            Unit {
                bias: Sums {
                    derivative: derivative.iter().sum(),
                    truncation: truncation.iter().sum(),
                    variance: variance.iter().sum(),
                },
                moved: delta.moved,
                step: delta.step,
                probes: delta.probes,
            }
        }));
    }
    let mut parts = Vec::new();
    let (mut size, mut square) = (Vec::new(), Vec::new());
    for inputs in base.a(layer - 1).as_slice().chunks(INPUTS * examples) {
        let view = |entries| MatrixView::from_slice(inputs.len() / examples, examples, entries);
        size.clear();
        size.extend(inputs.iter().map(|a| a.abs()));
        square.clear();
        square.extend(inputs.iter().map(|a| a * a));
        parts.push(Part {
            derivatives: product_transpose_right(derivatives.view(), view(inputs)?)?,
            truncations: product_transpose_right(truncations.view(), view(&size)?)?,
            variances: product_transpose_right(variances.view(), view(&square)?)?,
        });
    }
    Ok(Rows { parts, units })
}

impl Rows {
    /// How many probes they took.
    pub(super) fn probes(&self) -> u64 {
        self.units.iter().flatten().map(|unit| unit.probes).sum()
    }

    /// The derivative of J by one parameter of the unit at this position of the group; `None` where the unit
    /// can't be moved as a whole.
    pub(super) fn outcome(
        &self,
        at: usize,
        base: &Base<'_, f64>,
        coordinate: usize,
        place: Place,
        scheme: &Scheme,
    ) -> Option<Outcome> {
        let unit = self.units.get(at)?.as_ref()?;
        let (sums, (penalty, off)) = match place.col {
            Some(col) => {
                let (part, col) = (self.parts.get(col / INPUTS)?, col % INPUTS);
                let sums = Sums {
                    derivative: part.derivatives.row(at)[col],
                    truncation: part.truncations.row(at)[col],
                    variance: part.variances.row(at)[col],
                };
                (sums, penalty(base, base.theta[coordinate], scheme))
            }
            None => (unit.bias, (0.0, 0.0)),
        };
        let m = base.examples() as f64;
        let data = sums.derivative / m;
        let derivative = data + penalty;
        if !derivative.is_finite() {
            // Sums of finite numbers that are too large: nothing to hold against a gradient.
            return Some(Outcome::StepNotRepresentable { step: unit.step });
        }
        let rounding = f64::EPSILON * (data.abs() + penalty.abs());
        Some(Outcome::Estimated(Estimate {
            derivative,
            truncation: sums.truncation / m + off,
            noise: sums.variance.sqrt() / m + rounding,
            step: unit.step,
            flat: derivative == 0.0 && unit.is_flat(base, place),
        }))
    }
}

impl Unit {
    /// Whether no example in which the parameter enters Z moved.
    fn is_flat(&self, base: &Base<'_, f64>, place: Place) -> bool {
        let inputs = base.a(place.layer - 1);
        let enters = |example: usize| place.col.is_none_or(|col| inputs.row(col)[example] != 0.0);
        (0..self.moved.len()).all(|example| !self.moved[example] || !enters(example))
    }
}

/// The numeric derivative of λ/(2m)·w² at w, and its truncation bar.
fn penalty(base: &Base<'_, f64>, w: f64, scheme: &Scheme) -> (f64, f64) {
    let lambda = base.architecture.l2();
    if lambda == 0.0 {
        return (0.0, 0.0);
    }
    let half = lambda / (2.0 * base.examples() as f64);
    let h = scheme.step.at(w, &scheme.stencil);
    scheme.stencil.estimate(|offset| {
        let x = w + f64::from(offset) * h;
        // As a difference from w, so that the size of w costs no digits.
        (x, half * (x - w) * (x + w))
    })
}
