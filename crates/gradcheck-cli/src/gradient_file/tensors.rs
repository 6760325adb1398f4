//! The tensors of a `.safetensors` file.
//!
//! The crate of the format's authors reads the header and checks it against the size of the file.

use safetensors::{Dtype, SafeTensors};

use crate::gradient_file::elements::Element;
use crate::gradient_file::{GradientError, GradientProblem, NamedBlock};

use crate::input_error::{Place, message};
use crate::source_file::Room;
use crate::unique_keys::key_twice;

/// The tensors in `bytes`, sorted by name.
pub(super) fn blocks(
    bytes: &[u8],
    place: &Place,
    room: &mut Room,
) -> Result<Vec<NamedBlock>, GradientError> {
    // Of a key that stands twice in the header, the crate takes the last.
    if let Some(key) = header(bytes).and_then(key_twice) {
        return Err(place.clone().error(GradientProblem::KeyTwice(key)));
    }
    let tensors = SafeTensors::deserialize(bytes).map_err(|error| {
        let problem = GradientProblem::corrupt("safetensors", message(&error.to_string()));
        place.clone().error(problem)
    })?;
    let mut tensors = tensors.tensors();
    tensors.sort_by(|(left, _), (right, _)| left.cmp(right));
    tensors
        .into_iter()
        .map(|(name, tensor)| {
            let here = || place.clone().block(&name);
            let Some(element) = element(tensor.dtype()) else {
                let problem = GradientProblem::UnsupportedType(tensor.dtype().to_string());
                return Err(here().error(problem));
            };
            room.take::<f64>(tensor.data().len() / element.size())
                .map_err(|problem| here().error(problem).widen())?;
            let mut values = Vec::new();
            element.append(tensor.data(), false, &mut values);
            Ok(NamedBlock {
                name,
                shape: tensor.shape().to_vec(),
                values,
                stored: element.stored_as(),
            })
        })
        .collect()
}

/// The JSON text before the numbers; the first eight bytes of the file are its length.
fn header(bytes: &[u8]) -> Option<&str> {
    let (length, rest) = bytes.split_first_chunk()?;
    let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
    std::str::from_utf8(rest.get(..length)?).ok()
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
