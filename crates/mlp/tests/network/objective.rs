//! The network as an objective.

use finite_diff::Objective;
use mlp::{
    Activation, Architecture, DropoutMasks, Initialization, Loss, NetworkObjective, cost,
    initialize, layout,
};
use num_complex::Complex;

use crate::batch_for;

#[test]
fn the_objective_is_the_cost() {
    let net = Architecture::new(&[3, 4, 2], Activation::Gelu, Loss::SoftmaxCrossEntropy).unwrap();
    let parameters = initialize(&net, Initialization::Xavier, 9).unwrap();
    let batch = batch_for(&net, 6, 2);
    let masks = DropoutMasks::draw(&net, 6, 0.5, 4).unwrap();
    let objective = NetworkObjective::new(&net, &batch, Some(&masks)).unwrap();
    assert_eq!(objective.dim(), parameters.as_flat().len());
    let value = objective.value(parameters.as_flat()).unwrap();
    assert_eq!(
        value,
        cost(&net, &parameters, &batch, Some(&masks)).unwrap()
    );

    let (complex, masks) = (batch.cast::<Complex<f64>>(), masks.cast());
    let objective = NetworkObjective::new(&net, &complex, Some(&masks)).unwrap();
    let point = parameters.cast::<Complex<f64>>().into_flat();
    assert!((objective.value(&point).unwrap().re - value).abs() < 1e-14);
    assert!(objective.value(&point[1..]).is_err());

    let other = DropoutMasks::draw(&net, 5, 0.5, 4).unwrap();
    assert!(NetworkObjective::new(&net, &batch, Some(&other)).is_err());
}

#[test]
fn the_layout_has_the_blocks() {
    let net = Architecture::new(&[3, 4, 2], Activation::Gelu, Loss::SoftmaxCrossEntropy).unwrap();
    let layout = layout(&net);
    assert_eq!(layout.len(), net.parameter_count());
    for (block, spec) in layout.blocks().iter().zip(net.blocks()) {
        assert_eq!(block.name(), spec.name);
        assert_eq!(block.shape(), spec.shape);
        assert_eq!(block.stage(), Some(spec.layer));
    }
}
