//! Costs that no longer change, because their terms are rounded away.

use super::{Family, family};
use crate::black_boxes::problem::{Expected::NotWrong, Problem};

pub(super) fn families() -> Vec<Family> {
    vec![
        family("saturated: cross-entropy, a sure class", NotWrong, |draw| {
            let sure = draw.within(38.0, 45.0);
            let point = vec![draw.within(-1.0, 1.0), sure, draw.within(-2.0, 1.0)];
            Problem::new(
                point,
                |z| log_sum_exp(z) - z[1],
                |z| {
                    let by = log_sum_exp(z);
                    let others = [(z[0] - by).exp(), (z[2] - by).exp()];
                    vec![others[0], -others[0] - others[1], others[1]]
                },
            )
            .reference(|z| ((z[0] - z[1]).exp() + (z[2] - z[1]).exp()).ln_1p())
            .units(vec![1.0; 3])
            .untold(0..3)
        }),
        family("saturated: 1 − tanh at 20", NotWrong, |draw| {
            Problem::new(
                vec![draw.within(19.0, 25.0)],
                |x| 1.0 - x[0].tanh(),
                |x| vec![-1.0 / x[0].cosh().powi(2)],
            )
            .reference(|x| 2.0 / ((2.0 * x[0]).exp() + 1.0))
            .units(vec![1.0])
            .untold([0])
        }),
        family("saturated: ln(1 + eˣ) at −100", NotWrong, |draw| {
            Problem::new(
                vec![draw.within(-120.0, -60.0)],
                |x| (1.0 + x[0].exp()).ln(),
                |x| vec![x[0].exp() / (1.0 + x[0].exp())],
            )
            .reference(|x| x[0].exp().ln_1p())
            .units(vec![1.0])
            .untold([0])
        }),
    ]
}

fn log_sum_exp(z: &[f64]) -> f64 {
    let most = z.iter().fold(f64::NEG_INFINITY, |most, z| most.max(*z));
    most + z.iter().map(|z| (z - most).exp()).sum::<f64>().ln()
}
