//! Judges an analytic gradient against a numeric one with error bars: agree, disagree or inconclusive, per coordinate and per block.
