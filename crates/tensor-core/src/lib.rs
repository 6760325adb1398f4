//! Scalars and row-major matrices over nalgebra, generic over f32, f64 and Complex<f64>, for forward passes that can be differentiated by the complex step.
