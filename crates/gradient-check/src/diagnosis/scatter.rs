//! Errors without a shape: small ones of either sign, as single precision and noise leave them.
//!
//! Invariant: knows no other cause.

use super::hypotheses::found;
use super::tolerance::{TINY, advice};
use super::{Context, Diagnosis, Exhibit};

/// The errors of g against d: how many lie beyond the tolerance on either side, and their root mean square
/// relative to the larger of |d| and the scale of the block.
#[derive(Clone, Copy)]
struct Scatter {
    above: usize,
    below: usize,
    relative: f64,
    /// Every entry of g is a single-precision number.
    single: bool,
    /// The errors are in proportion to the derivative or to the parameters.
    follows: bool,
}

impl Scatter {
    /// Errors of a handful of entries that lie on either side.
    fn has_either_sign(&self) -> bool {
        let (more, less) = (self.above.max(self.below), self.above.min(self.below));
        more + less >= 4 && less * 8 >= more
    }
}

/// The scatter of a block whose errors are all small beside it (docs/theory/causes.md, equation 38).
fn scatter(e: &Exhibit<'_>) -> Option<Scatter> {
    /// The largest relative error that counts as noise.
    const LARGEST: f64 = 1e-3;
    let (mut above, mut below, mut sum, mut count) = (0, 0, 0.0, 0.0);
    for i in 0..e.g.len() {
        let apart = e.g[i] - e.d[i];
        let relative = apart / e.d[i].abs().max(e.scale);
        if relative.is_nan() || relative.abs() > LARGEST {
            return None;
        }
        if apart.abs() > e.tolerance[i] {
            above += usize::from(apart > 0.0);
            below += usize::from(apart < 0.0);
            sum += relative.powi(2);
            count += 1.0;
        }
    }
    let apart: Vec<f64> = e.g.iter().zip(&e.d).map(|(g, d)| g - d).collect();
    let follows = |x: &[f64]| {
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let size = (dot(x, x) * dot(&apart, &apart)).sqrt();
        // A factor or a decay term leaves only noise, so that the correlation is all but 1; unrelated
        // errors of a few entries may well reach one half.
        apart.len() > 2 && size > 0.0 && (dot(&apart, x) / size).abs() > 0.95
    };
    let relative = f64::sqrt(sum / count);
    relative.is_finite().then(|| Scatter {
        above,
        below,
        relative,
        single: e.g.iter().all(|g| f64::from(*g as f32) == *g),
        follows: follows(&e.d) || follows(&e.theta),
    })
}

/// What errors as large as these and of either sign are called (docs/theory/causes.md, equation 39).
fn called(e: &Exhibit<'_>, scatter: &Scatter) -> Option<Diagnosis> {
    let single = f64::from(f32::EPSILON);
    let advice = advice(e);
    // Unless the caller declares that both sides are exact, as much can be a tolerance, or single precision on either side.
    let somewhere = match advice.is_empty() || scatter.relative > TINY {
        true => "the backward pass computes in single precision somewhere",
        false => "a tolerance, or single precision on either side, would explain them",
    };
    // Half of ε is what one rounding may be off by; sums of few terms average some of it away, and a
    // few layers multiply it.
    let as_large = (single / 32.0..=64.0 * single).contains(&scatter.relative);
    let (cause, message) = if scatter.single && scatter.relative <= 64.0 * single {
        (
            "single-precision",
            "every entry is a single-precision number: the backward pass computes in single precision somewhere"
                .to_owned(),
        )
    } else if as_large {
        (
            "single-precision",
            format!("the errors are in the seventh digit and of either sign: {somewhere}"),
        )
    } else {
        (
            "noise",
            "the errors are small, of either sign, and proportional to neither the gradient nor the parameters: the \
             backward pass contains something random or rounded"
                .to_owned(),
        )
    };
    found(cause, scatter.relative, message + &advice)
}

/// Small errors of either sign in every wrong block, of which there are several: a few entries of a block
/// tell little of it alone. Says then what a block of them is to be called.
pub(super) fn scattered_everywhere(
    all: &[Exhibit<'_>],
) -> Option<impl Fn(&Exhibit<'_>) -> Option<Diagnosis>> {
    let wrong = || all.iter().filter(|e| e.is_off());
    let scatters: Vec<Scatter> = wrong().map(scatter).collect::<Option<_>>()?;
    let together = Scatter {
        above: scatters.iter().map(|s| s.above).sum(),
        below: scatters.iter().map(|s| s.below).sum(),
        relative: scatters.iter().map(|s| s.relative).fold(0.0, f64::max),
        single: scatters.iter().all(|s| s.single),
        // A few entries may by accident.
        follows: scatters.iter().filter(|s| s.follows).count() * 2 > scatters.len(),
    };
    (scatters.len() > 1 && together.has_either_sign() && !together.follows).then_some(
        move |e: &Exhibit<'_>| {
            let own = scatter(e)?;
            let own = Scatter {
                relative: own.relative,
                ..together
            };
            called(e, &own)
        },
    )
}

/// g is right to about seven digits and no further, or off by less, with errors of either sign.
pub(super) fn scattered(e: &Exhibit<'_>, _: &[Exhibit<'_>], _: &Context) -> Option<Diagnosis> {
    let scatter = scatter(e)?;
    if scatter.follows {
        return None;
    }
    let several = scatter.above + scatter.below > 1;
    if scatter.has_either_sign() || (scatter.single && several) {
        called(e, &scatter)
    } else {
        None
    }
}
