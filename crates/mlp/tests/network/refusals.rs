//! Bad input: each gives the error that says so, none panics.

use mlp::{
    Activation, Architecture, Batch, DropoutMasks, Gradient, Initialization, Loss, MlpError,
    Optimizer, Parameters, TrainingOptions, backward, cost, cost_at, forward, initialize, train,
};
use tensor_core::Matrix;

use crate::batch_for;

/// The error is of this variant, and its message says this.
macro_rules! refuses {
    ($result:expr, $variant:pat, $message:literal) => {{
        let error = $result.unwrap_err();
        assert!(matches!(error, $variant), "{error:?}");
        assert_eq!(error.to_string(), $message);
    }};
}

fn net(widths: &[usize]) -> Architecture {
    Architecture::new(widths, Activation::Relu, Loss::BinaryCrossEntropy).unwrap()
}

fn column(values: &[f64]) -> Matrix<f64> {
    Matrix::from_vec(values.len(), 1, values.to_vec()).unwrap()
}

#[test]
fn architectures() {
    let new = |widths: &[usize], loss| Architecture::new(widths, Activation::Relu, loss);
    let bce = Loss::BinaryCrossEntropy;
    refuses!(
        new(&[], bce),
        MlpError::TooFewWidths { got: 0 },
        "there are too few layer widths (0): give at least two, the features and the outputs, as in 30-16-1"
    );
    assert!(new(&[3], bce).is_err());
    refuses!(
        new(&[3, 0, 1], bce),
        MlpError::ZeroWidth { layer: 1, .. },
        "layer 1 of 3-0-1 has no units: every width must be at least 1"
    );
    refuses!(
        new(&[3, 1], Loss::SoftmaxCrossEntropy),
        MlpError::LossWidth { .. },
        "the loss softmax needs at least 2 outputs, but the last width is 1"
    );
    for widths in [
        [usize::MAX, 2, 1],
        [1 << 40, 1 << 40, 1],
        [1, usize::MAX, 1],
    ] {
        let error = new(&widths, bce).unwrap_err();
        assert!(
            matches!(error, MlpError::TooManyParameters { .. }),
            "{error:?}"
        );
    }
    for lambda in [-1.0, f64::NAN, f64::INFINITY] {
        let error = net(&[2, 1]).with_l2(lambda).unwrap_err();
        assert!(matches!(error, MlpError::Lambda { .. }), "{error:?}");
    }
}

#[test]
fn networks_that_do_not_fit_into_memory() {
    let net = net(&[1 << 30, 1 << 20, 1]);
    assert!(matches!(
        initialize(&net, Initialization::He, 0),
        Err(MlpError::Shape(_))
    ));
    assert!(matches!(
        Gradient::<f64>::zeros(&net),
        Err(MlpError::Shape(_))
    ));
    let masks = DropoutMasks::<f64>::draw(&net, 1 << 40, 0.5, 0);
    assert!(matches!(masks, Err(MlpError::Shape(_))));
}

#[test]
fn batches() {
    refuses!(
        Batch::new(
            Matrix::zeros(2, 3).unwrap(),
            Matrix::<f64>::zeros(1, 4).unwrap()
        ),
        MlpError::ExamplesDiffer { .. },
        "X is 2×3, but Y is 1×4: both need one column per example"
    );
    let empty = Matrix::<f64>::zeros(2, 0).unwrap();
    assert_eq!(
        Batch::new(empty.clone(), empty).unwrap_err(),
        MlpError::NoExamples
    );
    refuses!(
        Batch::new(column(&[1.0, f64::INFINITY]), column(&[1.0])),
        MlpError::NotFiniteData { .. },
        "X[1,0] is inf: the data must be finite"
    );
    let batch = Batch::new(column(&[1.0]), column(&[1.0])).unwrap();
    refuses!(
        batch.select(&[0, 1]),
        MlpError::NoSuchExample { .. },
        "there is no example[1] in a batch of 1: examples are counted from 0"
    );
    assert_eq!(batch.select(&[]).unwrap_err(), MlpError::NoExamples);
}

#[test]
fn data_that_does_not_fit() {
    let net = net(&[2, 1]);
    let parameters = initialize(&net, Initialization::He, 0).unwrap();
    let cost_of = |x: &[f64], y: &[f64]| {
        cost(
            &net,
            &parameters,
            &Batch::new(column(x), column(y)).unwrap(),
            None,
        )
    };
    refuses!(
        cost_of(&[1.0, 2.0, 3.0], &[1.0]),
        MlpError::DataShape { what: "X", .. },
        "X is 3×1, but a network of widths 2-1 needs 2 rows"
    );
    refuses!(
        cost_of(&[1.0, 2.0], &[1.0, 0.0]),
        MlpError::DataShape { what: "Y", .. },
        "Y is 2×1, but a network of widths 2-1 needs 1 rows"
    );
    refuses!(
        cost_of(&[1.0, 2.0], &[-1.0]),
        MlpError::Label { .. },
        "Y[0,0] is -1, but the loss bce requires labels from 0 to 1"
    );
    let softmax = Loss::SoftmaxCrossEntropy.check_labels(column(&[1.0, 1.0]).view());
    refuses!(
        softmax,
        MlpError::LabelSum { .. },
        "the labels of example[0] add up to 2, but the loss softmax requires one probability \
         per output, which add up to 1 (usually one-hot)"
    );
    assert!(
        Loss::MeanSquaredError
            .check_labels(column(&[-7.0]).view())
            .is_ok()
    );
}

#[test]
fn parameters_and_passes_of_another_network() {
    let (small, large) = (net(&[2, 1]), net(&[2, 3, 1]));
    refuses!(
        Parameters::from_flat(&small, vec![0.0; 4]),
        MlpError::ParameterCount { .. },
        "4 parameters were given, but a network of widths 2-1 has 3"
    );
    let parameters = initialize(&small, Initialization::He, 0).unwrap();
    let batch = batch_for(&small, 2, 0);
    refuses!(
        forward(&large, &parameters, &batch, None),
        MlpError::OtherNetwork { .. },
        "parameters of widths 2-1 were given for a network of widths 2-3-1: both must be of the same network"
    );
    assert!(cost_at(&large, parameters.as_flat(), &batch, None).is_err());
    let mut pass = forward(&small, &parameters, &batch, None).unwrap();
    assert!(backward(&large, &pass, &batch).is_err());
    let other = batch_for(&small, 3, 0);
    assert!(backward(&small, &pass, &other).is_err());
    pass.layers.clear();
    refuses!(
        backward(&small, &pass, &batch),
        MlpError::NoSuchLayer { .. },
        "there is no layer 1: the layers of the network are counted from 1 to 0"
    );
    assert_eq!(pass.logits().shape(), (0, 0));
    let mut gradient = Gradient::<f64>::zeros(&small).unwrap();
    assert!(
        gradient
            .set_layer(2, column(&[1.0]).view(), &[1.0])
            .is_err()
    );
    assert!(
        gradient
            .set_layer(1, column(&[1.0]).view(), &[1.0])
            .is_err()
    );
}

#[test]
fn masks() {
    let net = net(&[2, 3, 1]);
    for keep_prob in [0.0, -0.5, 1.5, f64::NAN] {
        let error = DropoutMasks::<f64>::draw(&net, 2, keep_prob, 0).unwrap_err();
        assert!(
            matches!(error, MlpError::KeepProbability { .. }),
            "{error:?}"
        );
    }
    let parameters = initialize(&net, Initialization::He, 0).unwrap();
    let batch = batch_for(&net, 2, 0);
    let masks = DropoutMasks::draw(&net, 4, 0.5, 0).unwrap();
    refuses!(
        cost(&net, &parameters, &batch, Some(&masks)),
        MlpError::MaskShape { layer: 1, .. },
        "the dropout mask of layer 1 is 3×4, but its activations are 3×2"
    );
    let none = DropoutMasks::from_matrices(Vec::new(), 0.5).unwrap();
    refuses!(
        cost(&net, &parameters, &batch, Some(&none)),
        MlpError::MaskCount { .. },
        "0 dropout masks were given for 1 hidden layers: give one for each"
    );
}

#[test]
fn training_options() {
    let net = net(&[2, 1]);
    let batch = batch_for(&net, 4, 0);
    let run = |options: TrainingOptions| {
        let parameters = initialize(&net, Initialization::He, 0).unwrap();
        train(&net, parameters, &batch, &options)
    };
    let default = TrainingOptions::default;
    for learning_rate in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let error = run(TrainingOptions {
            learning_rate,
            ..default()
        })
        .unwrap_err();
        assert!(matches!(error, MlpError::LearningRate { .. }), "{error:?}");
    }
    let error = run(TrainingOptions {
        batch_size: Some(0),
        ..default()
    })
    .unwrap_err();
    assert_eq!(error, MlpError::BatchSize);
    let error = run(TrainingOptions {
        keep_prob: 2.0,
        ..default()
    })
    .unwrap_err();
    assert!(matches!(error, MlpError::KeepProbability { .. }));
}

#[test]
fn a_cost_that_leaves_the_numbers() {
    let net = Architecture::new(&[2, 1], Activation::Relu, Loss::MeanSquaredError).unwrap();
    let parameters = initialize(&net, Initialization::He, 0).unwrap();
    let options = TrainingOptions {
        optimizer: Optimizer::Sgd,
        learning_rate: 1e6,
        ..TrainingOptions::default()
    };
    let error = train(&net, parameters, &batch_for(&net, 4, 0), &options).unwrap_err();
    let MlpError::Diverged { step, .. } = error else {
        unreachable!("{error:?}")
    };
    assert!(step > 1);
    assert!(
        error
            .to_string()
            .contains(&format!("at step {step} of training: lower the learning"))
    );
}

#[test]
fn unknown_names_list_the_known() {
    refuses!(
        "relo".parse::<Activation>(),
        MlpError::UnknownName { .. },
        "unknown activation `relo`: choose from relu, leaky-relu, tanh, sigmoid, softplus, gelu, \
         identity"
    );
    assert!("".parse::<Loss>().is_err());
    assert!("RELU".parse::<Activation>().is_err());
}
