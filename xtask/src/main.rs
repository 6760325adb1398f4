//! The workshop of the project.
fn main() {}
