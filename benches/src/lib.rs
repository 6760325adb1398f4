//! Criterion benchmarks of the perturbation loop; see `benches/`.
