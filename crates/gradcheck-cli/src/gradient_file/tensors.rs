//! The tensors of a `.safetensors` file.
//!
//! The crate of the format's authors reads the header and holds it against the file's size.

use safetensors::{Dtype, SafeTensors};

use crate::gradient_file::elements::Element;
use crate::gradient_file::{GradientError, GradientProblem, NamedBlock};
use crate::input_error::Place;

/// The tensors in `bytes`, sorted by name.
pub(super) fn blocks(bytes: &[u8], place: &Place) -> Result<Vec<NamedBlock>, GradientError> {
    let tensors = SafeTensors::deserialize(bytes).map_err(|error| {
        let detail = error.to_string();
        place.clone().error(GradientProblem::Corrupt {
            format: "safetensors",
            detail,
        })
    })?;
    let mut tensors = tensors.tensors();
    tensors.sort_by(|(left, _), (right, _)| left.cmp(right));
    tensors
        .into_iter()
        .map(|(name, tensor)| {
            let Some(element) = element(tensor.dtype()) else {
                let problem = GradientProblem::UnsupportedType(tensor.dtype().to_string());
                return Err(place.clone().block(name).error(problem));
            };
            let values = element.values(tensor.data(), false);
            Ok(NamedBlock {
                name,
                shape: tensor.shape().to_vec(),
                values,
            })
        })
        .collect()
}

fn element(dtype: Dtype) -> Option<Element> {
    Some(match dtype {
        Dtype::F64 => Element::Float64,
        Dtype::F32 => Element::Float32,
        Dtype::F16 => Element::Float16,
        Dtype::BF16 => Element::BFloat16,
        Dtype::I8 => Element::Signed(1),
        Dtype::I16 => Element::Signed(2),
        Dtype::I32 => Element::Signed(4),
        Dtype::I64 => Element::Signed(8),
        Dtype::U8 => Element::Unsigned(1),
        Dtype::U16 => Element::Unsigned(2),
        Dtype::U32 => Element::Unsigned(4),
        Dtype::U64 => Element::Unsigned(8),
        _ => return None,
    })
}
