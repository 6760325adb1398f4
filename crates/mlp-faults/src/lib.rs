//! Backward passes of a multilayer perceptron that are wrong on purpose, one fault a file, to test gradient checkers with.
