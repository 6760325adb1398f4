//! The adjoint identity: vᵀ(J·u) = (Jᵀv)ᵀu for the two products of one J, whatever J is.
//!
//! It needs no step and no bar but rounding's, and tells that two passes contradict each other, not which of them is
//! right.

use finite_diff::sum::compensated_sum;
use finite_diff::{Domain, EvaluationError, Execution, Real};

use super::memo::Length;
use super::products::{Product, cotangent, flat};
use super::setup::Place;
use crate::check::measure_gradient_noise;
use crate::directions::drafts;
use crate::error::{CheckError, keep};
use crate::verdict::{Reason, Verdict};

/// The identity for one u and one v.
#[derive(Debug, Clone, PartialEq)]
pub struct Pairing {
    /// The block that u moves; `None` for one that moves all.
    pub block: Option<String>,
    /// vᵀ(J·u), from the Jacobian-vector product.
    pub forward: f64,
    /// (Jᵀv)ᵀu, from the vector-Jacobian product.
    pub reverse: f64,
    /// The largest difference between the two that rounding explains.
    pub tolerance: f64,
    /// The verdict on the pairing.
    pub verdict: Verdict,
}

/// The identity for a random u a block, one over all, and a random v each.
#[derive(Debug, Clone, PartialEq)]
pub struct AdjointReport {
    /// One pairing for each direction.
    pub pairings: Vec<Pairing>,
}

impl AdjointReport {
    /// The verdict on all pairings together.
    pub fn verdict(&self) -> Verdict {
        crate::verdict::overall(self.pairings.iter().map(|pairing| pairing.verdict))
    }
}

/// Holds J·u and Jᵀv against each other.
///
/// ```text
/// |vᵀ(Ju) − (Jᵀv)ᵀu| ≤ ρε(Σ|v_i (Ju)_i| + Σ|u_j (Jᵀv)_j|) + λ√(Σ v_i²σ_i² + Σ u_j²τ_j²)
/// ```
///
/// with ρ = 256 and λ = 6 of [`Constants`](crate::constants::Constants), and σ, τ the noise of the entries of both products as
/// measured next to the point (docs/theory/products.md, equation J3).
pub(super) fn check_adjoint<T: Real>(
    forward: Product<'_, T>,
    reverse: Product<'_, T>,
    outputs: usize,
    place: Place<'_, T>,
) -> Result<AdjointReport, CheckError> {
    let Place {
        point,
        domain,
        layout,
        settings,
    } = place;
    let seed = settings.seed;
    let forward = Pass {
        call: "the Jacobian-vector product",
        product: forward,
        entries: outputs,
        domain,
    };
    let reverse = Pass {
        call: "the vector-Jacobian product",
        product: reverse,
        entries: point.len(),
        domain,
    };
    // Nothing moves along u, so that bounds don't matter to it.
    let (drawn, _) = drafts(layout, seed, usize::MAX);
    let mut pairings = Vec::new();
    let is_fixed = |i: usize| domain.is_some_and(|domain| domain.is_fixed(i));
    for (number, draft) in drawn.iter().enumerate() {
        let mut u = draft.whole(seed, point);
        for (i, entry) in u.iter_mut().enumerate() {
            // Of what is fixed nothing is said, as it may have no derivative.
            *entry = if is_fixed(i) { 0.0 } else { *entry };
        }
        if u.iter().all(|entry| *entry == 0.0) {
            continue;
        }
        let u: Vec<T> = u.into_iter().map(T::narrow).collect();
        let v: Vec<T> = cotangent(outputs, seed.wrapping_add(number as u64));
        let execution = &settings.execution;
        let paired = |pass: &Pass<'_, T>, with: &[T], weights: &[T]| {
            if execution.is_stopped() {
                return Ok(None);
            }
            match pass.paired(point, with, weights, seed, execution) {
                Ok(paired) => Ok(Some(paired).filter(|_| !execution.is_stopped())),
                Err(error) => keep(error, execution).map(|()| None),
            }
        };
        let (left, right) = (paired(&forward, &u, &v)?, paired(&reverse, &v, &u)?);
        let (Some((left, of_left)), Some((right, of_right))) = (left, right) else {
            // Without its noise nothing can be said of it.
            pairings.push(Pairing {
                block: draft.block.clone(),
                forward: f64::NAN,
                reverse: f64::NAN,
                tolerance: f64::INFINITY,
                verdict: Verdict::Inconclusive(Reason::Interrupted),
            });
            continue;
        };
        let size: f64 = left.iter().chain(&right).map(|term| term.abs()).sum();
        let tolerance = settings.constants.rounding * settings.working_epsilon * size
            + settings.constants.deviations * (of_left + of_right).sqrt();
        let (forward, reverse) = (compensated_sum(left), compensated_sum(right));
        let verdict = match (forward - reverse).abs() {
            _ if size == 0.0 => Verdict::Inconclusive(Reason::Vacuous),
            // Which of the two made it, each is told by the function itself.
            _ if !size.is_finite() || !tolerance.is_finite() => {
                Verdict::Inconclusive(Reason::NonFinite)
            }
            apart if apart <= tolerance => Verdict::Agree,
            _ => Verdict::Disagree,
        };
        pairings.push(Pairing {
            block: draft.block.clone(),
            forward,
            reverse,
            tolerance,
            verdict,
        });
    }
    Ok(AdjointReport { pairings })
}

/// One of the two products.
struct Pass<'b, T> {
    call: &'static str,
    product: Product<'b, T>,
    entries: usize,
    domain: Option<&'b Domain>,
}

impl<T: Real> Pass<'_, T> {
    /// The terms of the product with `with`, times `weights`, and the variance of their sum by rounding, as measured
    /// next to the point.
    fn paired(
        &self,
        point: &[T],
        with: &[T],
        weights: &[T],
        seed: u64,
        execution: &Execution<'_>,
    ) -> Result<(Vec<f64>, f64), CheckError> {
        let failed = |source| CheckError::Backward {
            call: self.call,
            source,
        };
        let field = |point: &[T]| {
            let values = flat((self.product)(point, with)?);
            match values.len() == self.entries {
                true => Ok(values),
                false => Err(EvaluationError::from(Length {
                    expected: self.entries,
                    got: values.len(),
                })),
            }
        };
        let values = field(point).map_err(failed)?;
        // Nor does an entry count that nothing asks for: 0·NaN is not 0.
        let weighed = |w: T, y: f64| match w.widen() {
            0.0 => 0.0,
            w => w * y,
        };
        let terms = weights.iter().zip(&values).map(|(w, y)| weighed(*w, *y));
        let terms: Vec<f64> = terms.collect();
        let sigmas = measure_gradient_noise(field, point, self.domain, seed, execution)?;
        let sigmas = weights.iter().zip(sigmas);
        let variance = sigmas.map(|(w, sigma)| weighed(*w, sigma.unwrap_or(0.0)).powi(2));
        Ok((terms, variance.sum()))
    }
}
