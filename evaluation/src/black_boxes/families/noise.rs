//! Costs whose last bits change from call to call.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Family, family};
use crate::black_boxes::draw::{mix, swing};
use crate::black_boxes::models::{Logistic, Model};
use crate::black_boxes::problem::{Expected::Agree, Problem};

pub(super) fn families() -> Vec<Family> {
    let mut families = Vec::new();
    for level in [1e-15, 1e-12, 1e-9] {
        families.push(family(
            format!("last bits vary by {level:e}"),
            Agree,
            move |draw| {
                let calls = AtomicU64::new(draw.index as u64 * 1_000_000_007);
                let next = move || swing(calls.fetch_add(1, Ordering::Relaxed));
                Problem::new(
                    draw.many(3, 0.3, 1.3),
                    move |x| smooth(x) * (1.0 + level * next()),
                    |x| vec![x[0].cos() * x[1].exp(), x[0].sin() * x[1].exp(), 2.0 * x[2]],
                )
                .reference(smooth)
            },
        ));
    }
    families.push(family("summed in another order each call", Agree, |draw| {
        let model = Arc::new(Logistic::draw(draw, ORDERED, 8));
        let (gradient, reference) = (Arc::clone(&model), Arc::clone(&model));
        let calls = AtomicU64::new(draw.index as u64);
        let cost = move |p: &[f64]| shuffled(&model, p, calls.fetch_add(1, Ordering::Relaxed));
        Problem::new(draw.many(8, -1.0, 1.0), cost, move |p| gradient.gradient(p))
            .reference(move |p| reference.cost(p))
    }));
    families
}

/// A prime, so that every stride visits each example once.
const ORDERED: usize = 499;

/// The loss, its examples added in an order that depends on the number of the call.
fn shuffled(model: &Logistic, p: &[f64], call: u64) -> f64 {
    let examples = model.examples();
    let (start, stride) = (
        mix(call) as usize % examples,
        mix(!call) as usize % (examples - 1) + 1,
    );
    (0..examples)
        .map(|k| model.term(p, (start + k * stride) % examples))
        .sum()
}

fn smooth(x: &[f64]) -> f64 {
    x[0].sin() * x[1].exp() + x[2] * x[2]
}
