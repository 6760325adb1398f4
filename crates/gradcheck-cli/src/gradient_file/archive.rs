//! The arrays of a `.npz` file, which is a zip archive of `.npy` files.
//!
//! The crate `rawzip` reads the container; the unpacked data is read up to a limit and never held as a whole.

use std::io::Read;

use flate2::bufread::DeflateDecoder;
use rawzip::{CompressionMethod, ZipArchive, ZipSliceEntry};

use crate::gradient_file::npy::Broken;
use crate::gradient_file::{GradientError, GradientProblem, NamedBlock, npy};
use crate::input_error::Place;
use crate::source_file::{FileProblem, Limited, ReadLimit, Room};

/// The arrays of the archive `bytes`, in its order. Entries other than `.npy` are skipped, as NumPy does.
pub(super) fn blocks(
    bytes: &[u8],
    place: &Place,
    limit: ReadLimit,
    room: &mut Room,
) -> Result<Vec<NamedBlock>, GradientError> {
    let wrong = |detail: &str| place.clone().error(corrupt(detail));
    let archive = ZipArchive::from_slice(bytes)
        .map_err(|_| wrong("it is not a zip archive, or its end is cut off"))?;
    let mut blocks = Vec::new();
    // The limit holds for all entries together: several may share their bytes.
    let mut left = limit.in_bytes();
    let (mut count, mut packed) = (0, 0_u64);
    for entry in archive.entries() {
        let entry = entry.map_err(|_| wrong("its directory is cut off"))?;
        count += 1;
        packed = packed.saturating_add(entry.compressed_size_hint());
        if packed > bytes.len() as u64 {
            return Err(wrong("its entries overlap, or it is cut off"));
        }
        let name = String::from_utf8_lossy(entry.file_path().as_bytes()).into_owned();
        let Some(name) = name.strip_suffix(".npy") else {
            continue;
        };
        let place = place.clone().block(name);
        if entry.flags().is_encrypted() {
            let problem = GradientProblem::UnsupportedArchive("encryption");
            return Err(place.error(problem));
        }
        let method = entry.compression_method();
        let block = match archive.get_entry(entry.wayfinder()) {
            Ok(entry) => {
                let (block, after) = array(&entry, method, name, (left, limit), room);
                left = after;
                block
            }
            Err(_) => Err(corrupt("an entry is cut off")),
        };
        blocks.push(block.map_err(|problem| place.error(problem))?);
    }
    if count != archive.entries_hint() {
        return Err(wrong("its directory is cut off"));
    }
    Ok(blocks)
}

/// The array in one entry, and how much may still be unpacked after it.
fn array(
    entry: &ZipSliceEntry<'_>,
    method: CompressionMethod,
    name: &str,
    (left, limit): (u64, ReadLimit),
    room: &mut Room,
) -> (Result<NamedBlock, GradientProblem>, u64) {
    let packed = entry.data();
    let content: &mut dyn Read = match method {
        CompressionMethod::STORE => &mut entry.verifying_reader(packed),
        CompressionMethod::DEFLATE => &mut entry.verifying_reader(DeflateDecoder::new(packed)),
        _ => {
            let problem = GradientProblem::UnsupportedArchive("this compression method");
            return (Err(problem), left);
        }
    };
    let mut content = Limited::resume(content, left, limit);
    let block = npy::block(&mut content, name, room).map_err(|broken| match broken {
        Broken::Wrong(problem) => problem,
        Broken::Off(error) => match error.downcast::<FileProblem>() {
            Ok(problem) => problem.into(),
            Err(error) => corrupt(match error.downcast::<rawzip::Error>() {
                Ok(_) => "an entry's size or checksum is wrong",
                Err(_) => "an entry can't be unpacked",
            }),
        },
    });
    (block, content.left())
}

fn corrupt(detail: &str) -> GradientProblem {
    GradientProblem::corrupt("npz", detail)
}
