//! The fast ways to evaluate the cost around a point, against the plain forward pass.

use finite_diff::{
    EvaluationError, Execution, Objective, Plain, Probe, Scheme, complex_step, differentiate,
};
use mlp::{
    Activation, Architecture, Batch, DropoutMasks, Engine, Initialization, Loss, NetworkObjective,
    Parameters, initialize,
};
use num_complex::Complex;
use proptest::prelude::*;
use tensor_core::Matrix;

use crate::batch_for;

#[derive(Debug)]
pub struct Case {
    net: Architecture,
    parameters: Parameters<f64>,
    batch: Batch<f64>,
    masks: Option<DropoutMasks<f64>>,
    seed: u64,
}

prop_compose! {
    /// Wide enough to come to the fast product, batches long enough for more than one tile, and now and then
    /// biases of zero with blank examples, so that units stand exactly at their kinks.
    fn case()(
        hidden in prop::collection::vec(1usize..14, 0..4),
        ends in (1usize..8, 1usize..8),
        activation in prop::sample::select(Activation::ALL),
        loss in prop::sample::select(Loss::ALL),
        lambda in prop_oneof![Just(0.0), 0.01..2.0f64],
        examples in 1usize..70,
        keep_prob in prop_oneof![2 => Just(None), 1 => (0.3..1.0f64).prop_map(Some)],
        blank in prop_oneof![3 => Just(false), 1 => Just(true)],
        seed in 0u64..10_000,
    ) -> Case {
        let (inputs, outputs) = (ends.0, ends.1.max(loss.min_outputs()));
        let widths: Vec<_> = [inputs].into_iter().chain(hidden).chain([outputs]).collect();
        let net = Architecture::new(&widths, activation, loss).unwrap().with_l2(lambda).unwrap();
        let mut parameters = initialize(&net, Initialization::He, seed).unwrap();
        let mut batch = batch_for(&net, examples, seed as usize);
        if blank {
            let x = batch.x();
            let x = Matrix::from_fn(x.rows(), x.cols(), |i, j| if j % 3 == 0 { 0.0 } else { x[(i, j)] });
            batch = Batch::new(x.unwrap(), batch.y().clone()).unwrap();
        } else {
            for (i, value) in parameters.as_flat_mut().iter_mut().enumerate() {
                *value += 0.1 * (i as f64 + seed as f64).cos();
            }
        }
        let masks = keep_prob.map(|keep| DropoutMasks::draw(&net, examples, keep, seed).unwrap());
        Case { net, parameters, batch, masks, seed }
    }
}

/// Probes all over the vector, near and far, in an order that jumps from unit to unit and back.
fn probes(case: &Case) -> Vec<Probe<f64>> {
    let theta = case.parameters.as_flat();
    (0..60)
        .map(|k: usize| {
            let coordinate = (k * 7919 + case.seed as usize) % theta.len();
            let step = 2f64.powi(-((k as i32 * 5) % 40)) * if k % 2 == 0 { 1.0 } else { -1.0 };
            Probe {
                coordinate: if k % 3 == 0 {
                    coordinate
                } else {
                    k % theta.len()
                },
                replacement: 0.0,
            }
            .at(theta, step)
        })
        .collect()
}

trait At {
    fn at(self, theta: &[f64], step: f64) -> Self;
}

impl At for Probe<f64> {
    fn at(self, theta: &[f64], step: f64) -> Self {
        Self {
            replacement: theta[self.coordinate] + step,
            ..self
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn incremental_is_the_plain_forward(case in case()) {
        let Case { net, parameters, batch, masks, .. } = &case;
        let theta = parameters.as_flat();
        let plain = NetworkObjective::new(net, batch, masks.as_ref()).unwrap();
        let fast = plain.with_engine(Engine::Incremental);
        let mut near = fast.neighborhood(theta).unwrap();
        let center = near.center().unwrap();
        prop_assert_eq!(center.to_bits(), plain.value(theta).unwrap().to_bits());

        let probes = probes(&case);
        let mut together = Vec::new();
        near.values_with(&probes, &mut together).unwrap();
        let mut other = near.fork().unwrap();
        let mut point = theta.to_vec();
        for (probe, &value) in probes.iter().zip(&together) {
            point[probe.coordinate] = probe.replacement;
            let expected = plain.value(&point).unwrap();
            let size = 1.0 + center.abs() + expected.abs();
            prop_assert!((value - expected).abs() <= 1e-14 * size,
                "{net}: {probe:?} {value:e} {expected:e}");
            // The same bits alone as in the batch, on any thread.
            let alone = other.value_with(probe.coordinate, probe.replacement).unwrap();
            prop_assert_eq!(alone.to_bits(), value.to_bits());
            let piece = other.piece_with(probe.coordinate, probe.replacement).unwrap();
            prop_assert_eq!(piece, plain.piece(&point).unwrap(), "{}: {:?}", net, probe);
            point[probe.coordinate] = theta[probe.coordinate];
        }
    }

    #[test]
    fn derivatives_are_those_of_the_plain_engine_within_the_bars(case in case()) {
        let Case { net, parameters, batch, masks, .. } = &case;
        let theta = parameters.as_flat();
        let plain = NetworkObjective::new(net, batch, masks.as_ref()).unwrap();
        let fast = plain.with_engine(Engine::Incremental);
        let all: Vec<usize> = (0..theta.len()).collect();
        let run = |objective: &dyn Objective<f64>| {
            differentiate(objective, theta, &all, &Scheme::CENTRAL, &Execution::default()).unwrap()
        };
        let (plain, fast) = (run(&plain), run(&fast));
        prop_assert_eq!(plain.evaluations, fast.evaluations);
        for (plain, fast) in plain.entries.iter().zip(&fast.entries) {
            let (p, f) = (plain.outcome.estimated().unwrap(), fast.outcome.estimated().unwrap());
            // The same steps and so the same truncation: what is left is noise.
            prop_assert!((p.derivative - f.derivative).abs() <= 2.0 * (p.noise + f.noise),
                "{net} {}: {p:?} {f:?}", plain.coordinate);
            prop_assert!(!p.flat || f.flat || f.derivative == 0.0);
        }
    }

    #[test]
    fn incremental_runs_on_complex_numbers(case in case()) {
        let Case { net, parameters, batch, masks, .. } = &case;
        let batch = batch.cast::<Complex<f64>>();
        let masks = masks.as_ref().map(DropoutMasks::cast);
        let plain = NetworkObjective::new(net, &batch, masks.as_ref()).unwrap();
        let fast = plain.with_engine(Engine::Incremental);
        let all: Vec<usize> = (0..parameters.as_flat().len()).collect();
        let run = |objective: &dyn Objective<Complex<f64>>| {
            complex_step(objective, parameters.as_flat(), &all, &Execution::default()).unwrap()
        };
        let (plain, fast) = (run(&plain), run(&fast));
        let derivative = |entry: &finite_diff::Entry| entry.outcome.estimated().unwrap().derivative;
        let largest = plain.entries.iter().map(|e| derivative(e).abs()).fold(1e-3, f64::max);
        for (plain, fast) in plain.entries.iter().zip(&fast.entries) {
            let (p, f) = (derivative(plain), derivative(fast));
            prop_assert!((p - f).abs() <= 1e-13 * largest, "{net} {}: {p:e} {f:e}", plain.coordinate);
        }
    }
}

#[test]
fn a_probe_that_leaves_the_numbers_says_what_the_plain_forward_says() -> Result<(), EvaluationError>
{
    for loss in Loss::ALL {
        let net = Architecture::new(&[2, 3, 3, 2], Activation::Relu, *loss)?;
        let parameters = initialize(&net, Initialization::He, 3)?;
        let theta = parameters.as_flat();
        let batch = batch_for(&net, 5, 1);
        let objective = NetworkObjective::new(&net, &batch, None)?.with_engine(Engine::Incremental);
        let mut near = objective.neighborhood(theta)?;
        let plain = Plain(&objective);
        let mut plain = plain.neighborhood(theta)?;
        for replacement in [1e200, -1e200, f64::MAX, f64::NAN, f64::INFINITY] {
            for coordinate in 0..theta.len() {
                let (fast, slow) = (
                    near.value_with(coordinate, replacement)?,
                    plain.value_with(coordinate, replacement)?,
                );
                assert_eq!(
                    fast.is_finite(),
                    slow.is_finite(),
                    "{loss} {coordinate} {replacement}"
                );
                assert!(fast.is_finite() || fast.to_bits() == slow.to_bits());
            }
        }
        assert!(near.value_with(theta.len(), 0.0).is_err());
    }
    Ok(())
}
