//! The command gradcheck: checks hand-written gradients at random initialisation and again after training, and says where they are wrong.
pub mod data;
pub mod gradient_file;
pub mod input_error;
pub mod suggest;
