//! The zoo: one fault a file.
//!
//! Refuses to know what finds them.

mod accumulated;
mod activation_derivative_doubled;
mod activation_derivative_missing;
mod activation_derivative_twice;
mod at_or_above_zero;
mod bias_averaged_over_units;
mod bias_missing_1_over_m;
mod bias_summed_over_units;
mod biases_swapped;
mod clipped_output;
mod course;
mod db1_times_4;
mod delta_clamped;
mod delta_doubled;
mod delta_in_single_precision;
mod delta_negated;
mod delta_without_y;
mod derivative_of_a;
mod derivative_of_da;
mod dropout_mask_forgotten;
mod dropout_not_rescaled;
mod dropout_rescaled_twice;
mod dw1_missing_1_over_m;
mod dw1_negated;
mod dw2_doubled;
mod first_example_dropped;
mod flattened_by_columns;
mod l2_doubled;
mod l2_halved;
mod l2_missing;
mod l2_on_biases;
mod l2_without_1_over_m;
mod last_bias_missing_1_over_m;
mod last_dw_halved;
mod last_example_dropped;
mod missing_1_over_m;
mod nan;
mod noise;
mod not_connected;
mod one_example_dropped;
mod one_over_m_twice;
mod saturated_derivative;
mod sign_flipped;
mod single_precision;
mod single_weight_missing;
mod single_weight_off;
mod single_weight_off_by_1;
mod single_weight_off_by_1e_2;
mod single_weight_off_by_1e_4;
mod single_weight_off_by_1e_6;
mod single_weight_slightly_off;
mod softmax_diagonal_only;
mod softmax_over_classes;
mod softplus_derivative;
mod stale;
mod stale_barely;
mod stale_slightly;
mod units_reversed;
mod weights_not_transposed;
mod weights_swapped;
mod wrong_activation_derivative;
mod wrong_layer_cache;
mod wrong_layer_weights;
mod wrong_leaky_slope;
mod z_for_a;

use crate::Fault;

/// The course's first, then in the order of the backward pass.
pub(crate) static ALL: &[&dyn Fault] = &[
    &dw2_doubled::Dw2Doubled,
    &db1_times_4::Db1Times4,
    &course::Course,
    &last_dw_halved::LastDwHalved,
    &dw1_negated::Dw1Negated,
    &accumulated::Accumulated,
    &missing_1_over_m::MissingOneOverM,
    &bias_missing_1_over_m::BiasMissingOneOverM,
    &dw1_missing_1_over_m::Dw1Missing1OverM,
    &last_bias_missing_1_over_m::LastBiasMissing1OverM,
    &one_over_m_twice::OneOverMTwice,
    &sign_flipped::SignFlipped,
    &delta_negated::DeltaNegated,
    &delta_doubled::DeltaDoubled,
    &delta_without_y::DeltaWithoutY,
    &softmax_diagonal_only::SoftmaxDiagonalOnly,
    &softmax_over_classes::SoftmaxOverClasses,
    &clipped_output::ClippedOutput,
    &delta_clamped::DeltaClamped,
    &delta_in_single_precision::DeltaInSinglePrecision,
    &activation_derivative_missing::ActivationDerivativeMissing,
    &activation_derivative_twice::ActivationDerivativeTwice,
    &activation_derivative_doubled::ActivationDerivativeDoubled,
    &wrong_activation_derivative::WrongActivationDerivative,
    &wrong_leaky_slope::WrongLeakySlope,
    &at_or_above_zero::AtOrAboveZero,
    &softplus_derivative::SoftplusDerivative,
    &saturated_derivative::SaturatedDerivative,
    &derivative_of_a::DerivativeOfA,
    &derivative_of_da::DerivativeOfDa,
    &wrong_layer_cache::WrongLayerCache,
    &z_for_a::ZForA,
    &weights_not_transposed::WeightsNotTransposed,
    &wrong_layer_weights::WrongLayerWeights,
    &flattened_by_columns::FlattenedByColumns,
    &bias_summed_over_units::BiasSummedOverUnits,
    &bias_averaged_over_units::BiasAveragedOverUnits,
    &biases_swapped::BiasesSwapped,
    &weights_swapped::WeightsSwapped,
    &units_reversed::UnitsReversed,
    &last_example_dropped::LastExampleDropped,
    &first_example_dropped::FirstExampleDropped,
    &one_example_dropped::OneExampleDropped,
    &not_connected::NotConnected,
    &l2_missing::L2Missing,
    &l2_halved::L2Halved,
    &l2_doubled::L2Doubled,
    &l2_without_1_over_m::L2Without1OverM,
    &l2_on_biases::L2OnBiases,
    &dropout_mask_forgotten::DropoutMaskForgotten,
    &dropout_not_rescaled::DropoutNotRescaled,
    &dropout_rescaled_twice::DropoutRescaledTwice,
    &single_weight_off::SingleWeightOff,
    &single_weight_slightly_off::SingleWeightSlightlyOff,
    &single_weight_off_by_1::SingleWeightOffBy1,
    &single_weight_off_by_1e_2::SingleWeightOffBy1e2,
    &single_weight_off_by_1e_4::SingleWeightOffBy1e4,
    &single_weight_off_by_1e_6::SingleWeightOffBy1e6,
    &single_weight_missing::SingleWeightMissing,
    &single_precision::SinglePrecision,
    &noise::Noise,
    &stale::Stale,
    &stale_slightly::StaleSlightly,
    &stale_barely::StaleBarely,
    &nan::Nan,
];
