//! An L-layer perceptron with its backward pass written by hand: forward with caches, generic over the scalar, backward, dropout with explicit masks, training.
