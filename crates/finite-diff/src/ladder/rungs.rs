//! From the quotients of a ladder to its rungs: extrapolation, the bar of each, the sharpest of them.
//!
//! Pure functions of numbers; refuses to know J and its pieces.

use crate::Estimate;
use crate::stencil::observed_ratio;

/// How much more than two rungs differ by a one-sided one may be off where J is only as smooth as x^(3/2) at its
/// bound: each gap is 1/√2 of the next wider one, and all that follow add up to 1/(√2 − 1) of it.
const HIDDEN: f64 = std::f64::consts::SQRT_2 + 1.0;

/// The noise of (J(x+h) − J(x−h))/2h in units of ε_f/h: 1/√2, since the two are independent. ε_f is 3σ and K = 2 bars make
/// a difference, six of these; where rounding of both is of the worst sign, it is √2 of one bar.
pub(super) const CENTRAL: f64 = std::f64::consts::FRAC_1_SQRT_2;

/// The noise factor of (J(x+h) − J(x))/h, whose ends are h apart: √2.
const ONE_SIDED: f64 = std::f64::consts::SQRT_2;

/// The sharper of a short and a long extrapolation for each rung.
pub(super) fn one_sided(
    quotients: &[f64],
    h: f64,
    epsilon_f: &dyn Fn(f64) -> f64,
    observed: bool,
) -> Vec<Estimate> {
    let extrapolated =
        |ratios, gap| extrapolate(quotients, h, ratios, gap, ONE_SIDED, epsilon_f, observed);
    let mut rungs = extrapolated(&[2.0], 4.0);
    let mut long = extrapolated(&[2.0, 4.0, 8.0], 16.0);
    if observed {
        heed_closer_looks(&mut rungs, &mut long);
    }
    for (rung, long) in rungs.iter_mut().zip(long) {
        if long.error_bar() < rung.error_bar() {
            *rung = long;
        }
    }
    rungs
}

/// Rungs from the quotients D(h), D(2h), D(4h), …: repeated extrapolation, each time by a ratio ρ,
/// (ρ·v(h) − v(2h))/(ρ − 1), and as the bar of each what the next wider one differs by. On smooth
/// ground each such gap is `gap_ratio` times the one before. `amplification` is the noise of D(h) in
/// units of ε_f/h, `epsilon_f` the noise of J up to a distance.
///
/// Where the ratio is to be `observed`, a gap that shrinks by less than a quarter from one rung to the next
/// widens the bar, and one that noise hides is taken for as much as that ((B6) of docs/theory/bounds.md).
pub(super) fn extrapolate(
    quotients: &[f64],
    h: f64,
    ratios: &[f64],
    gap_ratio: f64,
    amplification: f64,
    epsilon_f: &dyn Fn(f64) -> f64,
    observed: bool,
) -> Vec<Estimate> {
    let mut values = quotients.to_vec();
    let mut amplification = amplification;
    let mut reach = 1.0;
    for ratio in ratios {
        values = values
            .windows(2)
            .map(|v| (ratio * v[0] - v[1]) / (ratio - 1.0))
            .collect();
        // v(2h) has half the noise of v(h), and the two are independent.
        amplification *= ratio.hypot(0.5) / (ratio - 1.0);
        reach *= 2.0;
    }
    let gaps: Vec<f64> = values.windows(2).map(|v| (v[1] - v[0]).abs()).collect();
    let noise = |k: usize| {
        let step = h * 2f64.powi(k as i32);
        amplification * epsilon_f(reach * step) / step
    };
    // The last rung has no gap above it, and shrinks as the one before.
    let ratio = |k: usize| {
        let k = k.min(gaps.len().saturating_sub(2));
        let wider = gaps.get(k + 1).copied().unwrap_or(0.0);
        observed_ratio(gaps[k], wider, noise(k) + noise(k + 1), gap_ratio)
    };
    (0..gaps.len())
        .map(|k| {
            // Two rungs can agree by accident; the gap above them guards against that.
            let above = gaps.get(k + 1).map_or(0.0, |wider| wider / gap_ratio);
            let apart = noise(k) + noise(k + 1);
            let (remainder, hidden) = match (observed, gaps[k] > apart) {
                (false, _) => (0.0, 0.0),
                (true, true) => (3.0 * gaps[k] / (ratio(k) - 1.0), 0.0),
                (true, false) => (0.0, HIDDEN * apart),
            };
            Estimate {
                derivative: values[k],
                truncation: gaps[k].max(above).max(remainder),
                noise: noise(k) + hidden,
                step: h * 2f64.powi(k as i32),
                flat: false,
                kink: false,
            }
        })
        .collect()
}

/// Where a narrower rung is off by more than noise, a wider one is off by as much and by what lies between
/// the two; and so is one of lower order where the `long` extrapolation is. What does not converge where one looks
/// closer is no word ((B7) of docs/theory/bounds.md).
fn heed_closer_looks(short: &mut [Estimate], long: &mut [Estimate]) {
    let resolved = |estimate: &&Estimate| estimate.truncation > 1.5 * estimate.noise;
    let heed = |rung: &mut Estimate, closer: &Estimate| {
        let between = (rung.derivative - closer.derivative).abs();
        rung.truncation = rung.truncation.max(between + closer.truncation);
    };
    for rungs in [&mut *long, &mut *short] {
        for k in 1..rungs.len() {
            let (narrower, wider) = rungs.split_at_mut(k);
            let Some(rung) = wider.first_mut() else { break };
            narrower.iter().filter(resolved).for_each(|n| heed(rung, n));
        }
    }
    for (short, long) in short.iter_mut().zip(long) {
        if resolved(&&*long) {
            heed(short, long);
        }
    }
}

/// The rung with the smallest bar after it was widened until no narrower one contradicts it, and
/// whether any was contradicted. The narrowest comes first.
pub(super) fn sharpest(rungs: &[Estimate]) -> Option<(Estimate, bool)> {
    let mut contradicted = false;
    let mut best: Option<Estimate> = None;
    for (k, rung) in rungs.iter().enumerate() {
        let mut widened = *rung;
        for narrower in &rungs[..k] {
            let excess =
                (rung.derivative - narrower.derivative).abs() - narrower.error_bar() - rung.noise;
            if excess > widened.truncation {
                // By twice the bars of both, as everywhere: noise is known to a factor only.
                contradicted |= excess > 2.0 * rung.truncation + narrower.error_bar();
                widened.truncation = excess;
            }
        }
        if best.is_none_or(|b| widened.error_bar() < b.error_bar()) {
            best = Some(widened);
        }
    }
    best.map(|best| (best, contradicted))
}

/// The number of neighboring pairs of steps that make a run.
const RUN: usize = 5;

/// With so many steps, each twice the one before, a truncation error is small on some of them, unless J varies on a
/// length below all of them.
const ENOUGH_RUNS: usize = 3 * RUN;

/// What two pairs differ by grows by 8³ over a run where it is truncation, and not at all where it is noise, of which a
/// sum of two absolute values is less than a 64th of another one in a few of a thousand cases.
const GROWS: f64 = 64.0;

/// The least noise ε_f that J must have for central quotients to differ as they do: on every run of five steps some
/// neighbors are apart by more than |D(h) − D(2h)| = 1.5ε_f/h explains. Truncation adds to it on wide steps and a kink on
/// those that cross it, but not on all. Three times what one run shows, as everywhere ε_f is 3σ. 0 where there are too few
/// steps to tell, and where the run that shows the least grows as a truncation error does.
pub(super) fn plateau(quotients: &[f64], h: f64) -> f64 {
    if quotients.len() < ENOUGH_RUNS {
        return 0.0;
    }
    // On steps on which J rounds to one number its noise does not show.
    let still = quotients.iter().take_while(|d| **d == 0.0).count();
    let apart: Vec<f64> = quotients
        .windows(2)
        .enumerate()
        .skip(still)
        .map(|(k, pair)| (pair[1] - pair[0]).abs() * h * 2f64.powi(k as i32) / 1.5)
        .collect();
    let largest = |run: &[f64]| run.iter().fold(0.0, |most: f64, apart| most.max(*apart));
    let quietest = apart
        .windows(RUN)
        .min_by(|a, b| largest(a).total_cmp(&largest(b)));
    match quietest {
        Some(run @ [a, b, _, c, d]) if c + d <= GROWS * (a + b) => 3.0 * largest(run),
        _ => 0.0,
    }
}
