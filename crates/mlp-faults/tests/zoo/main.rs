//! Each fault is a fault, and without one the rules are right.

#![allow(
    clippy::unwrap_used,
    reason = "a failure is a failed test, in helpers too"
)]

use mlp::{
    Activation, Architecture, Batch, DropoutMasks, Gradient, Initialization, Loss, MlpError,
    Parameters, initialize,
};
use mlp_faults::{BackwardRules, Fault, Network, Shows, all, backward_with, changed_blocks, find};
use serde_json::Value;
use tensor_core::Matrix;

const EXAMPLES: usize = 12;

fn net(widths: &[usize], activation: Activation, loss: Loss) -> Architecture {
    Architecture::new(widths, activation, loss)
        .unwrap()
        .with_l2(0.5)
        .unwrap()
}

/// The network of the breast-cancer data, on which every fault must show that can.
fn usual() -> Architecture {
    net(&[30, 16, 8, 1], Activation::Relu, Loss::BinaryCrossEntropy)
}

/// Networks among which each fault finds one that it applies to.
fn nets() -> Vec<Architecture> {
    vec![
        usual(),
        net(&[6, 5, 5, 3], Activation::Tanh, Loss::SoftmaxCrossEntropy),
        net(&[4, 3], Activation::Gelu, Loss::MeanSquaredError),
        net(&[3, 1], Activation::Relu, Loss::BinaryCrossEntropy),
        net(&[5, 5, 5, 1], Activation::LeakyRelu, Loss::MeanSquaredError),
    ]
}

fn batch(net: &Architecture) -> Batch<f64> {
    let outputs = net.widths()[net.depth()];
    let wave = |i: usize, j: usize| ((i * 37 + j * 101) as f64 * 0.37).sin();
    let x = Matrix::from_fn(net.widths()[0], EXAMPLES, wave).unwrap();
    let y = Matrix::from_fn(outputs, EXAMPLES, |i, j| match outputs {
        1 => f64::from(wave(0, j) > 0.0),
        _ => f64::from(j % outputs == i),
    });
    Batch::new(x, y.unwrap()).unwrap()
}

/// Parameters and masks with which `shows` is met.
fn situation(net: &Architecture, shows: Shows) -> (Parameters<f64>, Option<DropoutMasks<f64>>) {
    let mut parameters = initialize(net, Initialization::He, 7).unwrap();
    match shows {
        Shows::Always | Shows::Faintly => {}
        Shows::WithBiases => {
            for layer in 1..=net.depth() {
                parameters.bias_mut(layer).fill(0.1);
            }
        }
        Shows::WithDropout => {
            let masks = DropoutMasks::draw(net, EXAMPLES, 0.5, 1).unwrap();
            return (parameters, Some(masks));
        }
        // Every hidden unit at 0.
        Shows::AtKinks => parameters.weights_mut(1).fill(0.0),
        // Large weights make sure answers, as training does.
        Shows::WhenTrained | Shows::WithLargeErrors | Shows::WithLargeActivations => parameters
            .as_flat_mut()
            .iter_mut()
            .for_each(|value| *value *= 4.0),
    }
    (parameters, None)
}

fn right(
    net: &Architecture,
    parameters: &Parameters<f64>,
    masks: Option<&DropoutMasks<f64>>,
) -> Gradient<f64> {
    let batch = batch(net);
    let pass = mlp::forward(net, parameters, &batch, masks).unwrap();
    mlp::backward(net, &pass, &batch).unwrap()
}

/// The blocks that the fault changes where it shows.
fn changed(fault: &Fault, net: &Architecture) -> Vec<String> {
    let (parameters, masks) = situation(net, fault.shows());
    let wrong = fault
        .gradient(net, &parameters, &batch(net), masks.as_ref())
        .unwrap();
    changed_blocks(net, &right(net, &parameters, masks.as_ref()), &wrong)
}

#[test]
fn without_an_override_the_rules_are_mlps_to_the_bit() {
    struct Right;
    impl BackwardRules for Right {}

    for net in &nets() {
        for shows in [
            Shows::Always,
            Shows::WithBiases,
            Shows::WithDropout,
            Shows::WhenTrained,
            Shows::AtKinks,
        ] {
            let (parameters, masks) = situation(net, shows);
            let batch = batch(net);
            let pass = mlp::forward(net, &parameters, &batch, masks.as_ref()).unwrap();
            let network = Network {
                architecture: net,
                pass: &pass,
                batch: &batch,
            };
            let gradient = backward_with(&Right, &network, &mut |_, _| {}).unwrap();
            assert_eq!(gradient, mlp::backward(net, &pass, &batch).unwrap());
        }
    }
}

#[test]
fn each_fault_changes_the_gradient_wherever_it_applies() {
    for fault in all() {
        let applies = |net: &&Architecture| fault.applies_to(net).is_ok();
        let nets = nets();
        assert!(
            nets.iter().any(|net| applies(&net)),
            "{} applies nowhere",
            fault.name()
        );
        for net in nets.iter().filter(applies) {
            assert!(
                !changed(fault, net).is_empty(),
                "{} changes nothing in {net}",
                fault.name()
            );
        }
    }
}

#[test]
fn what_does_not_apply_to_the_usual_network_says_why() {
    let reasons: Vec<_> = all()
        .iter()
        .filter_map(|fault| Some((fault.name(), fault.applies_to(&usual()).err()?)))
        .collect();
    let expected = [
        (
            "softmax-diagonal-only",
            "it needs softmax outputs, but the loss is bce",
        ),
        (
            "softmax-over-classes",
            "it needs softmax outputs, but the loss is bce",
        ),
        (
            "activation-derivative-twice",
            "the result is correct with the activation relu",
        ),
        (
            "saturated-derivative",
            "it needs units that saturate, but the activation is relu",
        ),
        (
            "derivative-of-a",
            "the result is correct with the activation relu",
        ),
        (
            "wrong-layer-cache",
            "it needs two hidden layers of the same width, as in 6-5-5-1",
        ),
        (
            "weights-not-transposed",
            "it needs a square weight matrix above the first layer, as in 6-5-5-1",
        ),
        (
            "wrong-layer-weights",
            "it needs two layers whose weights have the same shape, as in 6-5-5-5-1",
        ),
        (
            "biases-swapped",
            "it needs two hidden layers of the same width, as in 6-5-5-1",
        ),
        (
            "weights-swapped",
            "it needs two layers whose weights have the same shape, as in 6-5-5-5-1",
        ),
    ];
    assert_eq!(
        reasons,
        expected.map(|(name, reason)| (name, reason.to_owned()))
    );
}

#[test]
fn faults_that_show_later_do_not_show_before() {
    for net in &nets() {
        let (parameters, masks) = situation(net, Shows::Always);
        let right = right(net, &parameters, masks.as_ref());
        // The others may show by chance: sure answers, large errors.
        let later = [Shows::WithBiases, Shows::WithDropout, Shows::AtKinks];
        for fault in all().iter().filter(|fault| later.contains(&fault.shows())) {
            if fault.applies_to(net).is_err() {
                continue;
            }
            let wrong = fault.gradient(net, &parameters, &batch(net), None).unwrap();
            assert_eq!(wrong, right, "{} in {net}", fault.name());
        }
    }
}

#[test]
fn the_blocks_are_the_ones_it_says() {
    let check = |name, blocks: &str| {
        assert_eq!(
            changed(find(name).unwrap(), &usual()).join(" "),
            blocks,
            "{name}"
        );
    };
    check("dw2-doubled", "W2");
    check("db1-times-4", "b1");
    check("course", "b1 W2");
    check("missing-1-over-m", "W1 W2 W3");
    check("bias-missing-1-over-m", "b1 b2 b3");
    check("sign-flipped", "W1 b1 W2 b2 W3 b3");
    check("activation-derivative-missing", "W1 b1 W2 b2");
    check("z-for-a", "W2 W3");
    check("bias-summed-over-units", "b1 b2");
    check("weights-updated-early", "W1 b1 W2 b2");
    check("not-connected", "W1 b1 W2 b2");
    check("l2-missing", "W1 W2 W3");
    check("l2-on-biases", "b1 b2 b3");
    check("single-weight-slightly-off", "W1");
    check("nan", "W3");
    check("last-dw-halved", "W3");
    check("dw1-negated", "W1");
    check("dw1-missing-1-over-m", "W1");
    check("last-bias-missing-1-over-m", "b3");
    check("softplus-derivative", "W1 b1 W2 b2");
    check("at-or-above-zero", "W1 b1 b2");
    check("units-reversed", "W1 b1");
    check("l2-without-1-over-m", "W1 W2 W3");
    check("accumulated", "W1 b1 W2 b2 W3 b3");
    check("delta-negated", "W1 b1 W2 b2 W3 b3");
    check("dropout-rescaled-twice", "W1 b1 W2 b2");
    check("noise", "W1 b1 W2 b2 W3 b3");
}

#[test]
fn names_and_descriptions_are_fit_to_print() {
    for (i, fault) in all().iter().enumerate() {
        let name = fault.name();
        assert!(
            name.chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        );
        assert!(
            all()[..i].iter().all(|other| other.name() != name),
            "{name} twice"
        );
        assert!(!fault.description().is_empty() && !fault.description().contains('\n'));
        assert!(!fault.description().ends_with('.'), "{name}");
        assert!(
            include_str!("../../README.md")
                .contains(&format!("| `{name}` | {} |", fault.description()))
        );
        assert_eq!(find(name).unwrap().name(), name);
        assert!(!fault.cause().is_empty(), "{name}");
        for cause in fault.cause() {
            let kebab = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            assert!(cause.chars().all(kebab), "{name}: {cause}");
        }
    }
}

/// One weight, the same at every call, and off by what is said.
#[test]
fn one_weight_is_off_by_so_much_of_its_block() {
    let net = usual();
    let (parameters, _) = situation(&net, Shows::Always);
    let right = right(&net, &parameters, None);
    for (name, relative) in [
        ("single-weight-off-by-1", 1.0),
        ("single-weight-off-by-1e-2", 1e-2),
        ("single-weight-off-by-1e-4", 1e-4),
        ("single-weight-off-by-1e-6", 1e-6),
    ] {
        let wrong = || {
            let fault = find(name).unwrap();
            fault.gradient(&net, &parameters, &batch(&net), None)
        };
        let wrong = (wrong().unwrap(), wrong().unwrap());
        assert_eq!(wrong.0, wrong.1);
        let pairs = right.as_flat().iter().zip(wrong.0.as_flat());
        let off: Vec<f64> = pairs
            .map(|(r, w)| w - r)
            .filter(|off| *off != 0.0)
            .collect();
        assert_eq!(off.len(), 1, "{name}");
        let layer = (1..=net.depth()).find(|l| right.dw(*l) != wrong.0.dw(*l));
        let dw = right.dw(layer.unwrap());
        let squares: f64 = dw.as_slice().iter().map(|entry| entry * entry).sum();
        let scale = (squares / dw.as_slice().len() as f64).sqrt();
        assert!((off[0] / (relative * scale) - 1.0).abs() < 1e-6, "{name}");
    }
}

#[test]
fn bad_input_is_mlps_error() {
    let (small, large) = (&nets()[3], usual());
    let (parameters, _) = situation(small, Shows::Always);
    for fault in all() {
        let error = fault
            .gradient(&large, &parameters, &batch(small), None)
            .unwrap_err();
        assert!(
            matches!(error, MlpError::OtherNetwork { .. }),
            "{}: {error}",
            fault.name()
        );
    }
}

/// The one published example of a wrong gradient: the notebook's, and the difference it prints.
#[test]
fn the_courses_bugs_are_the_courses() {
    let golden: Value =
        serde_json::from_str(include_str!("../golden/course-exercise.json")).unwrap();
    let numbers = |key: &str| -> Vec<f64> {
        golden[key]
            .as_array()
            .unwrap()
            .iter()
            .map(|x| x.as_f64().unwrap())
            .collect()
    };
    let net = Architecture::new(&[4, 5, 3, 1], Activation::Relu, Loss::BinaryCrossEntropy).unwrap();
    let parameters = Parameters::from_flat(&net, numbers("theta")).unwrap();
    let x = Matrix::from_vec(4, 3, numbers("x_row_major")).unwrap();
    let batch = Batch::new(x, Matrix::from_vec(1, 3, numbers("y")).unwrap()).unwrap();
    let gradient = find("course")
        .unwrap()
        .gradient(&net, &parameters, &batch, None)
        .unwrap();
    let expected = numbers("gradient_with_both_bugs");
    for (got, expected) in gradient.as_flat().iter().zip(&expected) {
        assert!((got - expected).abs() < 1e-14, "{got} is not {expected}");
    }

    let norm = |values: &mut dyn Iterator<Item = f64>| values.map(|x| x * x).sum::<f64>().sqrt();
    let right = numbers("gradient");
    let apart = norm(&mut right.iter().zip(gradient.as_flat()).map(|(a, b)| a - b));
    let sum = norm(&mut right.iter().copied()) + norm(&mut gradient.as_flat().iter().copied());
    let published = golden["published_difference_with_both_bugs"]
        .as_f64()
        .unwrap();
    assert!(
        (apart / sum - published).abs() < 1e-7,
        "{} is not {published}",
        apart / sum
    );
}
