//! Gradients that are a multiple of the numeric one, all of it or but for a little.
//!
//! Invariant: knows nothing of why, except for the names that the caller gives.

use super::fit::{self, residual};
use super::numbers::{factor, number, percent};
use super::tolerance::{TINY, advice};
use super::{Context, Diagnosis, Exhibit, NamedFactor};

/// Factors that need no context to be a mistake.
pub(super) const PLAIN_FACTORS: [(f64, &str, &str); 7] = [
    (-1.0, "sign", "the sign is flipped"),
    (2.0, "scale", "there is an extra factor of 2"),
    (0.5, "scale", "a factor of 2 is missing"),
    (4.0, "scale", "there is an extra factor of 4"),
    (0.25, "scale", "a factor of 4 is missing"),
    (
        -2.0,
        "scale",
        "the sign is flipped and there is an extra factor of 2",
    ),
    (3.0, "scale", "there is an extra factor of 3"),
];

/// How many entries must show a factor that has no name: to fewer, it can be fitted.
const ENOUGH: usize = 3;

/// g = c·d with a factor that has a name (docs/theory/causes.md, equations 34 and 35).
pub(super) fn named_factor(
    e: &Exhibit<'_>,
    _: &[Exhibit<'_>],
    context: &Context,
) -> Option<Diagnosis> {
    let Scaled { c, bar, residual } = scaled(e)?;
    let near = |named: f64| (c - named).abs() <= 4.0 * bar + 1e-12 * named.abs();
    let say = |cause, named: f64, meaning: &str| {
        Some(Diagnosis {
            cause,
            message: format!("is {}: {meaning}", times(named)),
            factor: Some(c),
            residual,
        })
    };
    let fits = |named: &&NamedFactor| near(named.value);
    if let Some(named) = context.factors.iter().find(|f| fits(f) && !f.unlikely) {
        return say(named.cause, named.value, &named.meaning);
    }
    let unlikely = context.factors.iter().find(fits);
    for (named, cause, meaning) in PLAIN_FACTORS {
        if near(named) {
            let or = unlikely.map_or_else(String::new, |named| {
                format!("; or, since it is the same number, {}", named.meaning)
            });
            return say(cause, named, &format!("{meaning}{or}"));
        }
    }
    unlikely.and_then(|named| say(named.cause, named.value, &named.meaning))
}

/// What a factor that has a name makes of the numeric gradient.
fn times(named: f64) -> String {
    match named {
        -1.0 => "minus the numeric gradient".to_owned(),
        _ => format!("{}× the numeric gradient", number(named)),
    }
}

/// g = c·d with whatever factor; of one number any factor fits, so that it takes three.
pub(super) fn some_factor(e: &Exhibit<'_>, _: &[Exhibit<'_>], _: &Context) -> Option<Diagnosis> {
    let Scaled { c, bar, residual } = scaled(e)?;
    if e.shown_by(&e.d.iter().map(|d| c * d).collect::<Vec<_>>()) < ENOUGH {
        return None;
    }
    let why = match (c - 1.0).abs() < TINY {
        true => format!(
            "a uniform error this small may come from a tolerance, or from a constant in single precision{}",
            advice(e)
        ),
        false => "there is an extra factor, or one is missing".to_owned(),
    };
    Some(Diagnosis {
        cause: "scale",
        message: format!("is {}× the numeric gradient: {why}", factor(c, bar)),
        factor: Some(c),
        residual,
    })
}

/// The factor that another block has: of so few entries any factor may be had, but not that one.
pub(super) fn factor_of_another(
    e: &Exhibit<'_>,
    all: &[Exhibit<'_>],
    context: &Context,
) -> Option<Diagnosis> {
    let others = all.iter().filter(|other| other.block != e.block);
    others.filter(|other| other.is_off()).find_map(|other| {
        let found = some_factor(other, all, context)?;
        let Scaled { c, bar, .. } = scaled(other)?;
        let p: Vec<f64> = e.d.iter().map(|d| c * d).collect();
        let noise = |i: usize| e.tolerance[i] * (1.0 + c.abs()) + 4.0 * bar * e.d[i].abs();
        let residual = e.explains(&p, noise)?;
        Some(Diagnosis { residual, ..found })
    })
}

/// g = c·d but for a rest that is small beside the error: a sign or a plain factor, and something else
/// (docs/theory/causes.md, equation 41).
pub(super) fn factor_and_rest(
    e: &Exhibit<'_>,
    _: &[Exhibit<'_>],
    _: &Context,
) -> Option<Diagnosis> {
    /// The largest rest, as a part of the error, that leaves the factor the explanation of it.
    const LARGEST_REST: f64 = 0.05;
    let size = |values: &mut dyn Iterator<Item = f64>| values.map(|v| v * v).sum::<f64>().sqrt();
    let pairs = || e.g.iter().zip(&e.d);
    let error = size(&mut pairs().map(|(g, d)| g - d));
    let rest = |c: f64| size(&mut pairs().map(|(g, d)| g - c * d));
    let (c, cause, meaning) = PLAIN_FACTORS
        .into_iter()
        .min_by(|(a, ..), (b, ..)| rest(*a).total_cmp(&rest(*b)))?;
    let shown = e.shown_by(&e.d.iter().map(|d| c * d).collect::<Vec<_>>());
    let left = rest(c) / error;
    if shown < ENOUGH || left.is_nan() || left > LARGEST_REST {
        return None;
    }
    // Of each entry that is not small beside the others.
    let share = pairs()
        .filter(|(_, d)| d.abs() >= 0.1 * e.scale)
        .map(|(g, d)| (g / (c * d) - 1.0).abs())
        .fold(0.0, f64::max);
    Some(Diagnosis {
        cause,
        message: format!(
            "is {} to within {}: {meaning}, and something else is wrong by that much",
            times(c),
            percent(share)
        ),
        factor: Some(c),
        residual: rest(c) / size(&mut e.g.iter().copied()),
    })
}

/// A factor that leaves nothing but noise.
pub(super) struct Scaled {
    pub(super) c: f64,
    /// How far c may be off by noise.
    pub(super) bar: f64,
    pub(super) residual: f64,
}

/// c, its bar and the residual, where g = c·d to the noise.
pub(super) fn scaled(e: &Exhibit<'_>) -> Option<Scaled> {
    let c = fit::factor(&e.g, &e.d, &e.tolerance)?;
    let p: Vec<f64> = e.d.iter().map(|d| c.value * d).collect();
    let residual = e.explains(&p, |i| e.tolerance[i] * (1.0 + c.value.abs()))?;
    Some(Scaled {
        c: c.value,
        bar: c.bar,
        residual,
    })
}

/// g − d = κ·θ: a decay term on one side only.
pub(super) fn decay(e: &Exhibit<'_>, all: &[Exhibit<'_>], context: &Context) -> Option<Diagnosis> {
    let apart: Vec<f64> = e.g.iter().zip(&e.d).map(|(g, d)| g - d).collect();
    let kappa = fit::factor(&apart, &e.theta, &e.tolerance)?;
    if kappa.value.abs() <= 4.0 * kappa.bar {
        return None;
    }
    let p: Vec<f64> = e.theta.iter().map(|theta| kappa.value * theta).collect();
    let whole: Vec<f64> = p.iter().zip(&e.d).map(|(p, d)| p + d).collect();
    let noise = e.noise_under(&whole);
    let residual = residual(&apart, &p, &noise).filter(|_| e.shows_beyond(&noise))?;
    let near = |c: f64| (kappa.value - c).abs() <= 4.0 * kappa.bar + 1e-9 * c.abs();
    let matrix = e.block.shape().len() > 1;
    let (cause, meaning) = match context.decay {
        Some(decay) if near(-decay) => (
            "l2-missing",
            "the L2 term is in the cost but not in the gradient".to_owned(),
        ),
        Some(decay) if near(decay) && matrix => (
            "l2-factor",
            "the L2 term is in the gradient twice".to_owned(),
        ),
        Some(decay) if near(decay) => (
            "l2-on-biases",
            "the L2 term is in the gradient of the biases but not in the cost".to_owned(),
        ),
        // Of one number any factor fits, and one that is 0 fits every factor.
        _ if e.shown_by(&whole) < 2 => return None,
        // Where the derivative is in proportion to the parameters, a factor is simpler.
        _ if some_factor(e, all, context).is_some() => return None,
        Some(decay) => (
            "l2-factor",
            format!(
                "the L2 term of the gradient is {} × that of the cost",
                factor(1.0 + kappa.value / decay, (kappa.bar / decay).abs())
            ),
        ),
        None => (
            "l2-missing",
            "only one of cost and gradient has a weight decay term".to_owned(),
        ),
    };
    Some(Diagnosis {
        cause,
        message: format!(
            "the analytic minus the numeric gradient is {:.4e} × the parameter itself: {meaning}",
            kappa.value
        ),
        factor: Some(kappa.value),
        residual,
    })
}
