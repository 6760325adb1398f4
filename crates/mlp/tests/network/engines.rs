//! The fast ways to evaluate the cost around a point, against the plain forward pass.

use finite_diff::objective::{Piece, Plain, Probe};
use finite_diff::{
    EvaluationError, Execution, Noise, Objective, Scheme, Stencil, complex_step, differentiate,
};
use mlp::{
    Activation, Architecture, Batch, DropoutMasks, Initialization, Loss, NetworkObjective,
    Parameters, initialize,
};
use num_complex::Complex;
use proptest::prelude::*;
use tensor_core::Matrix;

use crate::batch_for;
use crate::undecided::undecided;

#[derive(Debug)]
struct Case {
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

/// Probes all over the vector, near and far, in an order that jumps from unit to unit and back; one to three of a
/// coordinate at a time, now and then with one among them that leaves the numbers.
fn probes(case: &Case) -> Vec<Probe<f64>> {
    let theta = case.parameters.as_flat();
    let of_a_coordinate = |k: usize| {
        let coordinate = (k * 7919 + case.seed as usize) % theta.len();
        let coordinate = if k.is_multiple_of(3) {
            coordinate
        } else {
            k % theta.len()
        };
        (0..=k % 3).map(move |more| {
            let sign = if (k + more).is_multiple_of(2) {
                1.0
            } else {
                -1.0
            };
            let step = sign * 2f64.powi(-(((k + 3 * more) as i32 * 5) % 40));
            let probe = Probe {
                coordinate,
                replacement: 0.0,
            };
            match (k % 20, more) {
                (17, 1) => probe.at(theta, f64::INFINITY * sign),
                _ => probe.at(theta, step),
            }
        })
    };
    (0..45).flat_map(of_a_coordinate).collect()
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

/// What the engines owe each other where they put the network on different pieces: some pre-activation is 0 to
/// rounding, which they sum up in different orders, so that either side is right; and among the examples in which none
/// is, the pieces are the same.
fn same_where_decided(
    case: &Case,
    probe: &Probe<f64>,
    pieces: (Piece, Piece),
) -> Result<(), TestCaseError> {
    let Case {
        net,
        parameters,
        batch,
        masks,
        ..
    } = case;
    let theta = parameters.as_flat();
    let mut point = theta.to_vec();
    point[probe.coordinate] = probe.replacement;
    let undecided = undecided(net, (theta, &point), batch, masks.as_ref());
    prop_assert!(undecided.contains(&true), "{net}: {probe:?} {pieces:?}");
    let decided: Vec<usize> = (0..undecided.len())
        .filter(|&example| !undecided[example])
        .collect();
    if decided.is_empty() {
        return Ok(());
    }
    let batch = batch.select(&decided).unwrap();
    let masks = masks.as_ref().map(|masks| masks.select(&decided).unwrap());
    let plain = NetworkObjective::new(net, &batch, masks.as_ref()).unwrap();
    let fast = plain.incremental();
    let mut near = fast.neighborhood(theta).unwrap();
    let piece = near
        .piece_with(probe.coordinate, probe.replacement)
        .unwrap();
    prop_assert_eq!(piece, plain.piece(&point).unwrap(), "{}: {:?}", net, probe);
    Ok(())
}

/// The gradient by the complex step.
fn complex_step_of(
    net: &Architecture,
    parameters: &Parameters<f64>,
    batch: &Batch<f64>,
    masks: Option<&DropoutMasks<f64>>,
) -> Vec<f64> {
    let batch = batch.cast::<Complex<f64>>();
    let masks = masks.map(DropoutMasks::cast);
    let objective = NetworkObjective::new(net, &batch, masks.as_ref()).unwrap();
    let theta = parameters.as_flat();
    let all: Vec<usize> = (0..theta.len()).collect();
    let run = complex_step(&objective, theta, &all, &Execution::default()).unwrap();
    let derivative = |entry: &finite_diff::Entry| entry.outcome.estimated().unwrap().derivative;
    run.entries.iter().map(derivative).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn incremental_is_the_plain_forward(case in case()) {
        let Case { net, parameters, batch, masks, .. } = &case;
        let theta = parameters.as_flat();
        let plain = NetworkObjective::new(net, batch, masks.as_ref()).unwrap();
        let fast = plain.incremental();
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
            let same = value.to_bits() == expected.to_bits();
            prop_assert!(same || (value - expected).abs() <= 1e-14 * size,
                "{net}: {probe:?} {value:e} {expected:e}");
            // The same bits alone as in the batch, on any thread.
            let alone = other.value_with(probe.coordinate, probe.replacement).unwrap();
            prop_assert_eq!(alone.to_bits(), value.to_bits());
            let piece = other.piece_with(probe.coordinate, probe.replacement).unwrap();
            let expected = plain.piece(&point).unwrap();
            if piece != expected {
                same_where_decided(&case, probe, (piece, expected))?;
            }
            point[probe.coordinate] = theta[probe.coordinate];
        }
    }

    #[test]
    fn derivatives_are_those_of_the_plain_engine_within_the_bars(case in case()) {
        let Case { net, parameters, batch, masks, .. } = &case;
        let theta = parameters.as_flat();
        let plain = NetworkObjective::new(net, batch, masks.as_ref()).unwrap();
        let fast = plain.incremental();
        let all: Vec<usize> = (0..theta.len()).collect();
        let run = |objective: &dyn Objective<f64>| {
            differentiate(objective, theta, &all, &Scheme::CENTRAL, &Execution::default()).unwrap()
        };
        // The cost of a saturated output is e^−margin: what rounds the margin by ε rounds the cost by margin·ε of itself.
        let margin = (-plain.value(theta).unwrap().ln()).max(0.0);
        let (plain, fast) = (run(&plain), run(&fast));
        prop_assert_eq!(plain.evaluations, fast.evaluations);
        for (plain, fast) in plain.entries.iter().zip(&fast.entries) {
            let (p, f) = (plain.outcome.estimated().unwrap(), fast.outcome.estimated().unwrap());
            // The same steps and so the same truncation: what is left is noise.
            let noise = (1.0 + margin) * (p.noise + f.noise);
            prop_assert!((p.derivative - f.derivative).abs() <= 2.0 * noise,
                "{net} {}: {p:?} {f:?}", plain.coordinate);
            // Values that are all the same may differ in their last bits here (widths 3-8-2-12-3, GELU, seed 3776): noise.
            prop_assert!(!p.flat || f.derivative.abs() <= f.noise, "{net} {}: {f:?}", plain.coordinate);
        }
    }

    #[test]
    fn layerwise_bars_hold_the_true_derivative(case in case(), stencil in prop::sample::select(&Stencil::ALL[..])) {
        let Case { net, parameters, batch, masks, .. } = &case;
        let theta = parameters.as_flat();
        let plain = NetworkObjective::new(net, batch, masks.as_ref()).unwrap();
        if matches!(plain.piece(theta).unwrap(), Piece::Numbered { on_kink: true, .. }) {
            // There is no true derivative there.
            return Ok(());
        }
        let truth = complex_step_of(net, parameters, batch, masks.as_ref());
        // The noise that the judge measures is at least this.
        let scheme = Scheme { noise: Noise::Relative(4.0), ..Scheme::optimal(stencil) };
        let all: Vec<usize> = (0..theta.len()).collect();
        let run = differentiate(&plain.layerwise(), theta, &all, &scheme, &Execution::default()).unwrap();
        prop_assert_eq!(run.entries.len(), all.len());
        // Every derivative is at most so many probes; P of them would take as many each.
        let units: usize = net.widths()[1..].iter().sum();
        let offsets = stencil.offsets().len();
        prop_assert!(run.evaluations as usize <= 1 + units * offsets * 6);
        for (entry, truth) in run.entries.iter().zip(truth) {
            let found = entry.outcome.estimated().unwrap();
            // What a gradient of this size is rounded by.
            let rounding = 1e-14 * (1.0 + truth.abs());
            prop_assert!((found.derivative - truth).abs() <= 2.0 * found.error_bar() + rounding,
                "{net} {}: {found:?} {truth:e}", entry.coordinate);
        }
    }

    #[test]
    fn incremental_runs_on_complex_numbers(case in case()) {
        let Case { net, parameters, batch, masks, .. } = &case;
        let batch = batch.cast::<Complex<f64>>();
        let masks = masks.as_ref().map(DropoutMasks::cast);
        let plain = NetworkObjective::new(net, &batch, masks.as_ref()).unwrap();
        let fast = plain.incremental();
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

/// A unit that all others hang on dies, and leaves each of them a sum of nothing but zeros; as a sum and its rise, which
/// go through products of other shapes, that is 0 to rounding.
#[test]
fn a_sum_that_cancels_may_be_put_on_either_side() -> Result<(), TestCaseError> {
    for seed in 0..20 {
        let net = Architecture::new(&[1, 1, 7, 7, 1], Activation::Relu, Loss::MeanSquaredError);
        let net = net.unwrap();
        let mut parameters = initialize(&net, Initialization::He, seed).unwrap();
        parameters.weights_mut(1)[0] = 1.0;
        // The last example is blank: there all sums are 0 in any order.
        let x = Matrix::from_vec(1, 4, vec![0.3, 0.7, 1.1, 0.0]).unwrap();
        let y = Matrix::from_vec(1, 4, vec![1.0; 4]).unwrap();
        let batch = Batch::new(x, y).unwrap();
        let case = Case {
            net,
            parameters,
            batch,
            masks: None,
            seed,
        };
        let probe = Probe {
            coordinate: 0,
            replacement: -1.0,
        };
        let theta = case.parameters.as_flat();
        let mut point = theta.to_vec();
        point[0] = probe.replacement;
        let of_all = undecided(&case.net, (theta, &point), &case.batch, None);
        assert_eq!(of_all, [true, true, true, false]);
        let plain = NetworkObjective::new(&case.net, &case.batch, None).unwrap();
        let expected = plain.piece(&point).unwrap();
        assert!(matches!(expected, Piece::Numbered { on_kink: true, .. }));
        let fast = plain.incremental();
        let mut near = fast.neighborhood(theta).unwrap();
        let piece = near.piece_with(0, probe.replacement).unwrap();
        same_where_decided(&case, &probe, (piece, expected))?;
    }
    Ok(())
}

#[test]
fn a_probe_that_leaves_the_numbers_says_what_the_plain_forward_says() -> Result<(), EvaluationError>
{
    for loss in Loss::ALL {
        let net = Architecture::new(&[2, 3, 3, 2], Activation::Relu, *loss)?;
        let parameters = initialize(&net, Initialization::He, 3)?;
        let theta = parameters.as_flat();
        let batch = batch_for(&net, 5, 1);
        let objective = NetworkObjective::new(&net, &batch, None)?.incremental();
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
                assert_eq!(
                    near.piece_with(coordinate, replacement)?,
                    plain.piece_with(coordinate, replacement)?,
                    "{loss} {coordinate} {replacement}"
                );
            }
        }
        assert!(near.value_with(theta.len(), 0.0).is_err());
    }
    Ok(())
}

/// More inputs than go through one product, and more units than are measured or multiplied together.
fn large() -> (Architecture, Parameters<f64>, Batch<f64>) {
    let net = Architecture::new(&[300, 40, 9, 1], Activation::Relu, Loss::BinaryCrossEntropy);
    let net = net.unwrap().with_l2(0.3).unwrap();
    let parameters = initialize(&net, Initialization::He, 5).unwrap();
    let batch = batch_for(&net, 50, 5);
    (net, parameters, batch)
}

#[test]
fn layerwise_has_the_same_bits_for_any_number_of_threads_and_any_order() {
    let (net, parameters, batch) = large();
    let objective = NetworkObjective::new(&net, &batch, None)
        .unwrap()
        .layerwise();
    let run = |coordinates: &[usize], threads: usize| {
        let execution = Execution {
            threads: std::num::NonZeroUsize::new(threads),
            ..Execution::default()
        };
        let theta = parameters.as_flat();
        differentiate(&objective, theta, coordinates, &Scheme::CENTRAL, &execution).unwrap()
    };
    let all: Vec<usize> = (0..parameters.as_flat().len()).collect();
    let one = run(&all, 1);
    assert!(one.entries.iter().map(|e| e.coordinate).eq(all.clone()));
    for threads in 2..4 {
        assert_eq!(one, run(&all, threads), "{threads}");
    }
    // Some, in an order of their own and one of them twice: the same numbers, but of what fewer units need.
    let some: Vec<usize> = (0..700).map(|k| (k * 7919 + 3) % all.len()).collect();
    let some = [&some[..], &[255, 256, 257, 255]].concat();
    let few = run(&some, 2);
    assert_eq!(few.entries.len(), some.len());
    for (entry, &coordinate) in few.entries.iter().zip(&some) {
        assert_eq!(entry.coordinate, coordinate);
        let (a, b) = (entry.outcome, one.entries[coordinate].outcome);
        let (a, b) = (a.estimated().unwrap(), b.estimated().unwrap());
        // The products may add up in another order where they have other shapes.
        assert!((a.derivative - b.derivative).abs() <= b.error_bar());
    }
}

#[test]
fn layerwise_agrees_with_the_plain_engine_beyond_one_part() {
    let (net, parameters, batch) = large();
    let plain = NetworkObjective::new(&net, &batch, None).unwrap();
    let theta = parameters.as_flat();
    let some: Vec<usize> = (0..theta.len()).step_by(61).collect();
    let run = |objective: &dyn Objective<f64>| {
        differentiate(
            objective,
            theta,
            &some,
            &Scheme::CENTRAL,
            &Execution::default(),
        )
        .unwrap()
    };
    let (slow, fast) = (run(&plain), run(&plain.layerwise()));
    for (slow, fast) in slow.entries.iter().zip(&fast.entries) {
        let (s, f) = (
            slow.outcome.estimated().unwrap(),
            fast.outcome.estimated().unwrap(),
        );
        let bars = s.error_bar() + f.error_bar();
        assert!(
            (s.derivative - f.derivative).abs() <= 2.0 * bars,
            "{}: {s:?} {f:?}",
            slow.coordinate
        );
    }
}
