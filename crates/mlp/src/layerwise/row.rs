//! From ∂ℓ_e/∂z_ie to the derivatives by a row of W_l and an entry of b_l, and from bars to bars.
//!
//! Refuses to know how the former came about.

use finite_diff::{Estimate, Outcome, Scheme};
use tensor_core::{Matrix, product_transpose_right};

use super::Group;
use super::unit::{Noisy, UnitDelta};
use crate::MlpError;
use crate::incremental::{Base, Work};
use crate::place::Place;

/// |A| and A² of the layers that feed the groups: A_{l−1} at l − 1.
pub(super) struct Powers(Vec<Option<(Matrix<f64>, Matrix<f64>)>>);

impl Powers {
    pub(super) fn of(base: &Base<'_, f64>, groups: &[Group]) -> Result<Self, MlpError> {
        let mut powers: Vec<_> = (0..base.depth()).map(|_| None).collect();
        for group in groups {
            let place = &mut powers[group.layer - 1];
            if place.is_none() {
                let a = base.a(group.layer - 1);
                let (mut size, mut square) = (Matrix::from_view(a)?, Matrix::from_view(a)?);
                size.as_mut_slice().iter_mut().for_each(|a| *a = a.abs());
                square.as_mut_slice().iter_mut().for_each(|a| *a *= *a);
                *place = Some((size, square));
            }
        }
        Ok(Self(powers))
    }
}

/// What is known of a row of W_l and its entry of b_l.
pub(super) enum Row {
    /// The numeric derivatives.
    Moved(MovedRow),
    /// It can't be moved as a whole: a step vanishes, or a loss is not finite.
    Immovable,
}

impl Row {
    pub(super) fn probes(&self) -> u64 {
        match self {
            Self::Moved(row) => row.probes,
            Self::Immovable => 0,
        }
    }
}

/// The derivatives of the mean loss by W_l[i, ·] and, last, by b_l[i].
pub(super) struct MovedRow {
    derivative: Vec<f64>,
    truncation: Vec<f64>,
    noise: Vec<f64>,
    moved: Vec<bool>,
    step: f64,
    probes: u64,
}

/// The rows of a group of units.
pub(super) fn rows_of(
    base: &Base<'_, f64>,
    group: &Group,
    scheme: &Scheme,
    noisy: &Noisy,
    powers: &Powers,
    work: &mut Work<f64>,
) -> Result<Vec<Row>, MlpError> {
    let (examples, layer) = (base.examples(), group.layer);
    let m = examples as f64;
    // What adding up m terms in floating point may lose, in units of ε (Higham & Mary 2019).
    let adding = m.sqrt() * f64::EPSILON;
    let mut deltas = Vec::with_capacity(group.units.len());
    let mut stacked = [(); 3].map(|()| Vec::with_capacity(group.units.len() * examples));
    for &unit in &group.units {
        let delta = UnitDelta::measure(base, layer, unit, scheme, noisy, work)?;
        match &delta {
            Some(delta) => {
                let [derivatives, truncations, variances] = &mut stacked;
                derivatives.extend_from_slice(&delta.derivative);
                let off = delta.truncation.iter().zip(&delta.derivative);
                truncations.extend(off.map(|(truncation, d)| truncation + adding * d.abs()));
                variances.extend(delta.noise.iter().map(|noise| noise * noise));
            }
            None => stacked
                .iter_mut()
                .for_each(|s| s.resize(s.len() + examples, 0.0)),
        }
        deltas.push(delta);
    }
    let Some(Some((size, square))) = powers.0.get(layer - 1) else {
        return Ok(group.units.iter().map(|_| Row::Immovable).collect());
    };
    let inputs = base.a(layer - 1);
    let [derivatives, truncations, variances] = stacked;
    let matrix = |entries| Matrix::from_vec(group.units.len(), examples, entries);
    let (derivatives, truncations, variances) = (
        matrix(derivatives)?,
        matrix(truncations)?,
        matrix(variances)?,
    );
    let dw = product_transpose_right(derivatives.view(), inputs)?;
    let truncation = product_transpose_right(truncations.view(), size.view())?;
    let variance = product_transpose_right(variances.view(), square.view())?;
    Ok(deltas
        .into_iter()
        .enumerate()
        .map(|(at, delta)| {
            let Some(delta) = delta else {
                return Row::Immovable;
            };
            let with_bias = |weights: &[f64], examples: &[f64]| {
                let mut means = Vec::with_capacity(weights.len() + 1);
                means.extend(weights.iter().map(|sum| sum / m));
                means.push(examples.iter().sum::<f64>() / m);
                means
            };
            let mut noise = with_bias(variance.row(at), variances.row(at));
            // A sum of squares over m becomes their root over m.
            noise.iter_mut().for_each(|mean| *mean = (*mean / m).sqrt());
            Row::Moved(MovedRow {
                derivative: with_bias(dw.row(at), derivatives.row(at)),
                truncation: with_bias(truncation.row(at), truncations.row(at)),
                noise,
                moved: delta.moved,
                step: delta.step,
                probes: delta.probes,
            })
        })
        .collect())
}

impl MovedRow {
    /// The derivative of J by one parameter of the row.
    pub(super) fn outcome(
        &self,
        base: &Base<'_, f64>,
        coordinate: usize,
        place: Place,
        scheme: &Scheme,
    ) -> Outcome {
        let at = place.col.unwrap_or(self.derivative.len() - 1);
        let (penalty, off) = match place.col {
            Some(_) => penalty(base, base.theta[coordinate], scheme),
            None => (0.0, 0.0),
        };
        let derivative = self.derivative[at] + penalty;
        let rounding = f64::EPSILON * (self.derivative[at].abs() + penalty.abs());
        if !derivative.is_finite() {
            // Sums of finite numbers that are too large: nothing to hold against a gradient.
            return Outcome::StepNotRepresentable { step: self.step };
        }
        Outcome::Estimated(Estimate {
            derivative,
            truncation: self.truncation[at] + off,
            noise: self.noise[at] + rounding,
            step: self.step,
            flat: derivative == 0.0 && self.is_flat(base, place),
        })
    }

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
