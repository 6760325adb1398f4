//! The zoo: one fault a file.
//!
//! Refuses to know what finds them.

mod activation_derivative_missing;
mod bias_missing_1_over_m;
mod bias_summed_over_units;
mod biases_swapped;
mod clipped_output;
mod course;
mod db1_times_4;
mod delta_without_y;
mod derivative_of_a;
mod derivative_of_da;
mod dropout_mask_forgotten;
mod dropout_not_rescaled;
mod dw2_doubled;
mod flattened_by_columns;
mod l2_halved;
mod l2_missing;
mod l2_on_biases;
mod last_example_dropped;
mod missing_1_over_m;
mod nan;
mod not_connected;
mod one_over_m_twice;
mod sign_flipped;
mod single_precision;
mod single_weight_off;
mod single_weight_slightly_off;
mod softmax_diagonal_only;
mod stale;
mod weights_not_transposed;
mod wrong_activation_derivative;
mod wrong_layer_cache;
mod z_for_a;

use crate::Fault;

/// The course's first, then in the order of the backward pass.
pub(crate) static ALL: &[&dyn Fault] = &[
    &dw2_doubled::Dw2Doubled,
    &db1_times_4::Db1Times4,
    &course::Course,
    &missing_1_over_m::MissingOneOverM,
    &bias_missing_1_over_m::BiasMissingOneOverM,
    &one_over_m_twice::OneOverMTwice,
    &sign_flipped::SignFlipped,
    &delta_without_y::DeltaWithoutY,
    &softmax_diagonal_only::SoftmaxDiagonalOnly,
    &clipped_output::ClippedOutput,
    &activation_derivative_missing::ActivationDerivativeMissing,
    &wrong_activation_derivative::WrongActivationDerivative,
    &derivative_of_a::DerivativeOfA,
    &derivative_of_da::DerivativeOfDa,
    &wrong_layer_cache::WrongLayerCache,
    &z_for_a::ZForA,
    &weights_not_transposed::WeightsNotTransposed,
    &flattened_by_columns::FlattenedByColumns,
    &bias_summed_over_units::BiasSummedOverUnits,
    &biases_swapped::BiasesSwapped,
    &last_example_dropped::LastExampleDropped,
    &not_connected::NotConnected,
    &l2_missing::L2Missing,
    &l2_halved::L2Halved,
    &l2_on_biases::L2OnBiases,
    &dropout_mask_forgotten::DropoutMaskForgotten,
    &dropout_not_rescaled::DropoutNotRescaled,
    &single_weight_off::SingleWeightOff,
    &single_weight_slightly_off::SingleWeightSlightlyOff,
    &single_precision::SinglePrecision,
    &stale::Stale,
    &nan::Nan,
];
