//! The faults, one row each.
//!
//! # To add one
//! Add a row at its place in the list: the name as users type it, the causes of which a
//! correct diagnosis reports one first, when it has an effect, what it requires of a network, what is wrong in one
//! line (no period), and what it does:
//! - `Steps` with the step of the backward pass that it replaces, from `steps`: most faults are a
//!   function of one entry ([`OutputDelta`], [`HiddenDelta`], [`Entries`], [`OneWeight`]). If none of
//!   them fits, add a small type in the file of its step, or for the finished gradient a function
//!   for [`Finish`];
//! - `Elsewhere` if the pass is correct, but of something else.
//!
//! Then add its line to the README's table. `gradcheck faults` lists it, and the tests expect that it changes
//! the gradient of every network it applies to, and that the checker blames its blocks. That it names one of its causes is
//! measured by `cargo xtask zoo --only NAME`.
//!
//! Invariant: knows nothing of what finds them.

use mlp::Activation::{self, Identity, LeakyRelu, Relu, Sigmoid, Softplus, Tanh};

use crate::elsewhere::{in_single_precision, one_step_before};
use crate::fault::Fault;
use crate::fault::Shows::{
    self, Always, AtKinks, Faintly, WhenTrained, WithBiases, WithDropout, WithLargeActivations,
    WithLargeErrors,
};
use crate::fault::Wrong::{self, Elsewhere, Steps};
use crate::needs::Need::{self, *};
use crate::steps::Block::{Db, Dw};
use crate::steps::Layers::{Each, First, Last, Second};
use crate::steps::*;

/// Every fault, the course's first.
///
/// ```
/// assert!(mlp_faults::all().len() > 12);
/// assert_eq!(mlp_faults::all()[0].name(), "dw2-doubled");
/// ```
pub fn all() -> &'static [Fault] {
    ALL
}

/// The fault of that name.
///
/// ```
/// assert!(mlp_faults::find("l2-missing").is_some());
/// assert!(mlp_faults::find("none").is_none());
/// ```
pub fn find(name: &str) -> Option<&'static Fault> {
    ALL.iter().find(|fault| fault.name() == name)
}

// One line for each cell would no longer be a table.
#[rustfmt::skip]
static ALL: &[Fault] = &[
    // fault(name, causes, when it shows, what it needs,
    //     description,
    //     what it does),

    // # The course's two, and others in single blocks of the finished gradient
    fault("dw2-doubled", &["scale"], Always, &[],
        "dW2 is doubled (the course's first planted bug; dW1 where there is one layer)",
        Steps(&Entries(&[(Dw(Second), |g| 2.0 * g)]))),
    fault("db1-times-4", &["scale"], Always, &[],
        "db1 is four times too large (the course's second planted bug)",
        Steps(&Entries(&[(Db(First), |g| 4.0 * g)]))),
    fault("course", &["scale"], Always, &[],
        "dW2 is doubled and db1 four times too large: the course's exercise",
        Steps(&Entries(&[(Dw(Second), |g| 2.0 * g), (Db(First), |g| 4.0 * g)]))),
    // The L2 term too.
    fault("last-dw-halved", &["scale"], Always, &[],
        "dW of the last layer is halved",
        Steps(&Entries(&[(Dw(Last), |g| 0.5 * g)]))),
    fault("dw1-negated", &["sign"], Always, &[],
        "dW1 has the wrong sign",
        Steps(&Entries(&[(Dw(First), |g| -g)]))),
    // The gradient was not set to zero before this call.
    fault("accumulated", &["scale"], Always, &[],
        "the gradient is added to that of the call before: twice what it should be",
        Steps(&Entries(&[(Dw(Each), |g| g + g), (Db(Each), |g| g + g)]))),

    // # The mean over the examples
    fault("missing-1-over-m", &["missing-1-over-m"], Always, &[],
        "every dW is summed over the examples, not averaged: 1/m is missing",
        Steps(&ScaledWeights(Each, |m| m))),
    fault("bias-missing-1-over-m", &["missing-1-over-m"], Always, &[],
        "every db is summed over the examples, not averaged: 1/m is missing",
        Steps(&ScaledBiases(Each, |m| m))),
    fault("dw1-missing-1-over-m", &["missing-1-over-m"], Always, &[],
        "dW1 is summed over the examples, not averaged: 1/m is missing there",
        Steps(&ScaledWeights(First, |m| m))),
    fault("last-bias-missing-1-over-m", &["missing-1-over-m"], Always, &[],
        "db of the last layer is summed over the examples, not averaged: 1/m is missing there",
        Steps(&ScaledBiases(Last, |m| m))),
    fault("one-over-m-twice", &["one-over-m-twice"], Always, &[],
        "the derivative of the loss is divided by m already, and dW and db divide again",
        Steps(&OutputDelta(|e| e.dz / e.examples as f64))),

    // # The sign
    // The gradient of −J: the sign of descent is applied twice.
    fault("sign-flipped", &["sign"], Always, &[],
        "the whole gradient has the wrong sign",
        Steps(&Entries(&[(Dw(Each), |g| -g), (Db(Each), |g| -g)]))),
    // A difference with its operands swapped.
    fault("delta-negated", &["sign"], Always, &[],
        "dZ of the last layer is Y − A: all but the L2 term has the wrong sign",
        Steps(&OutputDelta(|e| -e.dz))),

    // # dZ of the last layer
    // As of a squared error whose ½ is in the cost.
    fault("delta-doubled", &["scale"], Always, &[],
        "dZ of the last layer is 2(A − Y), as of a loss without its ½",
        Steps(&OutputDelta(|e| 2.0 * e.dz))),
    fault("delta-without-y", &["output-delta"], Always, &[],
        "dZ of the last layer is A, not A − Y",
        Steps(&OutputDelta(|e| e.a))),
    // Softmax treated as a function of each entry alone.
    fault("softmax-diagonal-only", &["output-delta"], Always, &[Softmax],
        "dZ of the last layer is −Y∘(1 − A): softmax's Jacobian without what lies off the diagonal",
        Steps(&OutputDelta(|e| -e.y * (1.0 - e.a)))),
    // A mean over all entries, where the cost sums over the classes.
    fault("softmax-over-classes", &["outputs"], Always, &[Softmax],
        "dZ of the last layer is (A − Y)/n, n the number of classes",
        Steps(&OutputDelta(|e| e.dz / e.outputs as f64))),
    // The output is clipped before its logarithm: what a check at random initialization alone never sees.
    fault("clipped-output", &["saturation"], WhenTrained, &[Probabilities],
        "dZ of the last layer is 0 where the output is within 0.01 of 0 or 1: wrong only once trained",
        Steps(&OutputDelta(|e| if (0.01..=0.99).contains(&e.a) { e.dz } else { 0.0 }))),
    // Correct for examples that are nearly learned, wrong for the rest.
    fault("delta-clamped", &["saturation"], WithLargeErrors, &[],
        "dZ of the last layer is clamped to ±0.5",
        Steps(&OutputDelta(|e| e.dz.clamp(-0.5, 0.5)))),
    // An error of 1e-8 in everything that follows.
    fault("delta-in-single-precision", &["single-precision"], Always, &[],
        "dZ of the last layer is rounded to single precision",
        Steps(&OutputDelta(|e| f64::from(e.dz as f32)))),

    // # The derivative of the activation
    fault("activation-derivative-missing", &["activation-derivative"], Always, &[HiddenLayer, OtherThan(&[Identity])],
        "hidden layers pass dA on as dZ: φ′(Z) is missing",
        Steps(&HiddenDelta(|e| e.masked()))),
    fault("activation-derivative-twice", &["activation-derivative"], Always, &[HiddenLayer, OtherThan(&[Relu, Identity])],
        "φ′(Z) is applied twice",
        Steps(&HiddenDelta(|e| e.dz * e.slope(e.z)))),
    fault("activation-derivative-doubled", &["activation-derivative", "scale"], Always, &[HiddenLayer],
        "hidden layers pass 2φ′(Z)∘dA back",
        Steps(&HiddenDelta(|e| 2.0 * e.dz))),
    fault("wrong-activation-derivative", &["activation-derivative"], Always, &[HiddenLayer],
        "hidden layers use tanh's derivative (sigmoid's where the activation is tanh)",
        Steps(&HiddenDelta(|e| e.masked() * another(e.activation).derivative(e.z)))),
    // Another library's default, where ReLU has 0 and leaky ReLU 0.01.
    fault("wrong-leaky-slope", &["activation-derivative"], Always, &[HiddenLayer, Kink],
        "below zero, ReLU or leaky ReLU passes 0.2 dA back",
        Steps(&HiddenDelta(|e| e.masked() * if e.z <= 0.0 { 0.2 } else { 1.0 }))),
    // Another choice at the kink, and no other function anywhere else.
    fault("at-or-above-zero", &["activation-derivative"], AtKinks, &[HiddenLayer, Kink],
        "the derivative of ReLU or leaky ReLU at exactly 0 is 1 (≥ for >), which is a subgradient too",
        Steps(&HiddenDelta(|e| e.masked() * e.slope(if e.z == 0.0 { 1.0 } else { e.z })))),
    // ReLU's smooth neighbor.
    fault("softplus-derivative", &["activation-derivative"], Always, &[HiddenLayer, Kink],
        "ReLU or leaky ReLU goes back as softplus: φ′ is the sigmoid of Z",
        Steps(&HiddenDelta(|e| e.masked() * Softplus.derivative(e.z)))),
    // tanh′(2) is still 0.07.
    fault("saturated-derivative", &["saturation"], WithLargeActivations, &[HiddenLayer, Saturation],
        "φ′ of tanh or sigmoid is 0 where |Z| is above 2, as if the unit were saturated",
        Steps(&HiddenDelta(|e| if e.z.abs() > 2.0 { 0.0 } else { e.dz }))),
    // With ReLU A > 0 where Z > 0.
    fault("derivative-of-a", &["activation-derivative"], Always, &[HiddenLayer, OtherThan(&[Relu, LeakyRelu, Identity])],
        "φ′ is taken at A, not at Z",
        Steps(&HiddenDelta(|e| e.masked() * e.slope(e.activation.apply(e.z) * e.kept)))),
    // With ReLU, dZ keeps what is positive of dA.
    fault("derivative-of-da", &["activation-derivative"], Always, &[HiddenLayer, OtherThan(&[Identity])],
        "φ′ is taken at dA, not at Z",
        Steps(&HiddenDelta(|e| e.masked() * e.slope(e.da)))),

    // # Another matrix
    fault("wrong-layer-cache", &["wrong-cache"], Always, &[OtherThan(&[Identity]), SameWidth],
        "φ′ of a hidden layer is taken at the Z of another hidden layer of the same width",
        Steps(&OtherZ(same_width))),
    fault("z-for-a", &["wrong-cache"], Always, &[HiddenLayer, OtherThan(&[Identity])],
        "dW is made with Z of the layer before, not with its A",
        Steps(&ZForA)),
    // Elsewhere the shapes would not fit.
    fault("weights-not-transposed", &["wrong-weights"], Always, &[Square],
        "dA is passed back through W, not through its transpose, where W is square",
        Steps(&NotTransposed)),
    fault("wrong-layer-weights", &["wrong-weights"], Always, &[SameShape],
        "dA is passed back through the weights of another layer of the same shape",
        Steps(&OtherWeights(same_shape))),
    // A layer that updates itself in its backward method, before it passes dA on.
    fault("weights-updated-early", &["early-update"], Always, &[HiddenLayer],
        "dA is passed back through weights that have made their step of gradient descent already (rate 0.1)",
        Steps(&UpdatedWeights(0.1))),

    // # Axes and order
    // A library that stores matrices by columns.
    fault("flattened-by-columns", &["transposed"], Always, &[RowsAndColumns],
        "every dW is flattened by columns, while the parameters are flattened by rows",
        Steps(&Finish(flatten_by_columns))),
    // NumPy: `np.sum(dZ)` without `axis=1`, spread by broadcasting.
    fault("bias-summed-over-units", &["wrong-axis"], Always, &[Units],
        "every entry of db is the sum over all units of the layer",
        Steps(&OneBias(|db| db.iter().sum()))),
    fault("bias-averaged-over-units", &["wrong-axis"], Always, &[Units],
        "every entry of db is the mean over all units of the layer",
        Steps(&OneBias(|db| db.iter().sum::<f64>() / db.len() as f64))),
    fault("biases-swapped", &["swapped-blocks"], Always, &[SameWidth],
        "db of two hidden layers of the same width are swapped",
        Steps(&Finish(swap_biases))),
    fault("weights-swapped", &["swapped-blocks"], Always, &[SameShape],
        "dW of two layers of the same shape are swapped",
        Steps(&Finish(swap_weights))),
    fault("units-reversed", &["permuted"], Always, &[FirstUnits],
        "dW1 and db1 have the units of the layer in reverse order",
        Steps(&Finish(reverse_units))),

    // # Examples left out of every sum, though m counts them
    fault("last-example-dropped", &["example-dropped"], Always, &[],
        "the last example is left out",
        Steps(&OutputDelta(|e| if e.example + 1 == e.examples { 0.0 } else { e.dz }))),
    // A loop that starts at 1.
    fault("first-example-dropped", &["example-dropped"], Always, &[],
        "the first example is left out",
        Steps(&OutputDelta(|e| if e.example == 0 { 0.0 } else { e.dz }))),
    fault("one-example-dropped", &["example-dropped"], Always, &[],
        "an example from the middle is left out",
        Steps(&OutputDelta(|e| if e.example == e.examples / 2 { 0.0 } else { e.dz }))),
    // As after a stray `detach`.
    fault("not-connected", &["not-connected"], Always, &[HiddenLayer],
        "the layers before the last get no gradient",
        Steps(&NotConnected)),

    // # The L2 term
    fault("l2-missing", &["l2-missing"], Always, &[L2],
        "the L2 term is missing from every dW",
        Steps(&WeightDecay(|_, m| (0.0, m)))),
    // As if the square had no derivative.
    fault("l2-halved", &["l2-factor"], Always, &[L2],
        "the L2 term of every dW has λ/2m where λ/m belongs",
        Steps(&WeightDecay(|lambda, m| (lambda / 2.0, m)))),
    // The derivative of a square whose ½ is in the cost.
    fault("l2-doubled", &["l2-factor"], Always, &[L2],
        "the L2 term of every dW has 2λ/m where λ/m belongs",
        Steps(&WeightDecay(|lambda, m| (2.0 * lambda, m)))),
    // As of a cost whose L2 term is not averaged over the examples.
    fault("l2-without-1-over-m", &["l2-factor"], Always, &[L2],
        "the L2 term of every dW has λ where λ/m belongs",
        Steps(&WeightDecay(|lambda, _| (lambda, 1)))),
    fault("l2-on-biases", &["l2-on-biases"], WithBiases, &[L2],
        "every db has an L2 term, though the cost has none for biases",
        Steps(&BiasDecay)),

    // # Dropout
    fault("dropout-mask-forgotten", &["dropout-mask"], WithDropout, &[HiddenLayer],
        "the backward pass forgets the dropout masks",
        Steps(&HiddenDelta(|e| e.da * e.slope(e.z)))),
    // The same units are dropped.
    fault("dropout-not-rescaled", &["dropout-mask", "keep-prob"], WithDropout, &[HiddenLayer],
        "the backward pass applies the dropout masks without 1/keep_prob",
        Steps(&HiddenDelta(|e| e.da * f64::from(e.kept != 0.0) * e.slope(e.z)))),
    // It is in the masks already.
    fault("dropout-rescaled-twice", &["dropout-mask", "keep-prob"], WithDropout, &[HiddenLayer],
        "the backward pass divides by keep_prob twice",
        Steps(&HiddenDelta(|e| e.da * (e.kept * e.kept) * e.slope(e.z)))),

    // # One weight
    fault("single-weight-off", &["single-entry"], Always, &[],
        "the largest entry of dW1 is 1 % too large",
        Steps(&LargestWeight(|g| 1.01 * g))),
    // Below the usual tolerances.
    fault("single-weight-slightly-off", &["single-entry"], Always, &[],
        "the largest entry of dW1 is a millionth too large",
        Steps(&LargestWeight(|g| (1.0 + 1e-6) * g))),
    fault("single-weight-off-by-1", &["single-entry"], Always, &[],
        "the gradient of one weight is off by the scale of its block",
        Steps(&OneWeight(|g, scale| g + scale))),
    fault("single-weight-off-by-1e-2", &["single-entry"], Always, &[],
        "the gradient of one weight is off by 1e-2 of the scale of its block",
        Steps(&OneWeight(|g, scale| g + 1e-2 * scale))),
    fault("single-weight-off-by-1e-4", &["single-entry"], Always, &[],
        "the gradient of one weight is off by 1e-4 of the scale of its block",
        Steps(&OneWeight(|g, scale| g + 1e-4 * scale))),
    fault("single-weight-off-by-1e-6", &["single-entry"], Always, &[],
        "the gradient of one weight is off by 1e-6 of the scale of its block",
        Steps(&OneWeight(|g, scale| g + 1e-6 * scale))),
    fault("single-weight-missing", &["single-entry"], Always, &[],
        "the gradient of one weight is 0",
        Steps(&OneWeight(|_, _| 0.0))),

    // # Precision, noise, other parameters
    fault("single-precision", &["single-precision"], Always, &[],
        "the gradient is computed in single precision",
        Elsewhere(in_single_precision)),
    // About the smallest error that a careful check can detect, or less.
    fault("noise", &["noise", "unknown"], Faintly, &[],
        "every entry is off by 1e-9 of its block's scale, with a random sign",
        Steps(&Finish(|network, gradient| make_noise(network, gradient, 1e-9)))),
    // The caches are one training step old.
    fault("stale", &["stale"], Always, &[],
        "the gradient is that of the parameters before the last step of gradient descent (rate 0.1)",
        Elsewhere(|here| one_step_before(here, 0.1))),
    fault("stale-slightly", &["stale"], Always, &[],
        "the gradient is that of the parameters before the last step of gradient descent (rate 0.01)",
        Elsewhere(|here| one_step_before(here, 0.01))),
    fault("stale-barely", &["stale"], Always, &[],
        "the gradient is that of the parameters before the last step of gradient descent (rate 0.00001)",
        Elsewhere(|here| one_step_before(here, 0.00001))),

    // # Not a number
    // Passes every comparison with <.
    fault("nan", &["non-finite"], Always, &[],
        "the first entry of dW of the last layer is NaN",
        Steps(&Finish(not_a_number))),
];

const fn fault(
    name: &'static str,
    cause: &'static [&'static str],
    shows: Shows,
    needs: &'static [Need],
    description: &'static str,
    wrong: Wrong,
) -> Fault {
    Fault {
        name,
        cause,
        shows,
        needs,
        description,
        wrong,
    }
}

/// An activation with another derivative.
fn another(activation: Activation) -> Activation {
    if activation == Tanh { Sigmoid } else { Tanh }
}
