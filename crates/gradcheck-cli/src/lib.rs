//! The command gradcheck: checks hand-written gradients at random initialisation and again after training, and says where they are wrong.
