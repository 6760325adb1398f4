//! The binary `gradcheck`.
fn main() {}
