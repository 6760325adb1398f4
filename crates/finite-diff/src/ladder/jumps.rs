//! How large a jump of the slope the two sides leave room for, so that a kink at x does not pass for smooth ground.
//!
//! A pure function of quotients (docs/theory/kinks.md, equation K4).

use crate::Estimate;

/// The central rungs of a black box, widened by half of the jump of the slope that the two sides leave room for.
///
/// With G(h) = D⁺(h) − D⁻(h), the jump a of a kink within h of x shows in A(h) = 2G(h) − G(2h), or in A(2h) where it lies
/// at ⅔h and A(h) vanishes: R(h) is off by no more than half of the larger of the two. It shows on all wider steps too, and
/// better, since the noise of A(h) is about 4ε_f/h; so the steps that bound it best speak for the narrower ones. On
/// smooth ground A(h) falls like h³, and (8A(h) − A(2h))/7, which shows a kink as well, like h⁵, and so on
/// (docs/theory/kinks.md, equation K4).
pub(super) fn with_jumps(
    central: Vec<Estimate>,
    gaps: &[f64],
    h: f64,
    epsilon_f: &dyn Fn(f64) -> f64,
) -> Vec<Estimate> {
    let mut room = jumps(gaps, &[2.0], h, epsilon_f);
    for ratios in [&[2.0, 8.0][..], &[2.0, 8.0, 32.0]] {
        for (room, long) in room.iter_mut().zip(jumps(gaps, ratios, h, epsilon_f)) {
            *room = room.smaller(long);
        }
    }
    for k in (0..room.len().saturating_sub(1)).rev() {
        room[k] = room[k].smaller(room[k + 1]);
    }
    let room = room.into_iter().chain(std::iter::repeat(Jump {
        seen: f64::INFINITY,
        hidden: f64::INFINITY,
    }));
    let widened = central.into_iter().zip(room);
    widened
        .map(|(rung, jump)| Estimate {
            truncation: rung.truncation + jump.seen / 2.0,
            noise: rung.noise + jump.hidden / 2.0,
            ..rung
        })
        .collect()
}

/// How large the jump of the slope at a kink may be.
#[derive(Clone, Copy)]
struct Jump {
    /// What is seen of it.
    seen: f64,
    /// What noise may hide of it.
    hidden: f64,
}

impl Jump {
    fn smaller(self, other: Self) -> Self {
        match self.seen + self.hidden <= other.seen + other.hidden {
            true => self,
            false => other,
        }
    }
}

/// The room for a kink on each step, by the gaps of the slopes on h, 2h, 4h, …, extrapolated with these ratios: of two
/// neighboring steps the larger one, as on one of them it may vanish by accident.
fn jumps(gaps: &[f64], ratios: &[f64], h: f64, epsilon_f: &dyn Fn(f64) -> f64) -> Vec<Jump> {
    let mut values = gaps.to_vec();
    for ratio in ratios {
        values = values
            .windows(2)
            .map(|v| (ratio * v[0] - v[1]) / (ratio - 1.0))
            .collect();
    }
    let noise = noise_of(ratios);
    let reach = 2f64.powi(ratios.len() as i32);
    let each: Vec<Jump> = values
        .iter()
        .enumerate()
        .map(|(k, value)| {
            let step = h * 2f64.powi(k as i32);
            Jump {
                seen: value.abs(),
                // Two standard deviations, ε_f being three: K = 2 bars make four of them.
                hidden: 2.0 / 3.0 * noise * epsilon_f(reach * step) / step,
            }
        })
        .collect();
    let larger = |pair: &[Jump]| match pair[0].smaller(pair[1]).seen == pair[0].seen {
        true => pair[1],
        false => pair[0],
    };
    each.windows(2).map(larger).collect()
}

/// The noise of the gaps G(h) = (J(x+h) − 2J(x) + J(x−h))/h extrapolated with these ratios, in units of ε_f/h: √17.5 after
/// the ratio 2. The values next to x are independent of one another, and J(x) is one and the same in all of them.
fn noise_of(ratios: &[f64]) -> f64 {
    // The weights of J(x ± h), J(x ± 2h), …; that of J(x) is twice their sum.
    let mut weights = vec![1.0];
    for ratio in ratios {
        // Those of v(2h), half as large, belong to the points one further away.
        let narrow = weights.iter().chain(&[0.0]);
        let wide = [0.0].iter().chain(&weights);
        weights = narrow
            .zip(wide)
            .map(|(narrow, wide)| (ratio * narrow - wide / 2.0) / (ratio - 1.0))
            .collect();
    }
    let sides: f64 = weights.iter().map(|weight| 2.0 * weight * weight).sum();
    (sides + (2.0 * weights.iter().sum::<f64>()).powi(2)).sqrt()
}
